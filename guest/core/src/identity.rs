//! The identity of a joined session.

use alloc::rc::Rc;
use alloc::string::String;

/// The identity of a joined session: what a renewal or a destroy changes, and a rollback restores.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The session's current id.
    pub id: String,
    /// The store key of that id.
    pub key: Rc<str>,
    /// Whether the transaction destroyed the session.
    pub destroyed: bool,
    /// The number of seconds after a renewal in which the old id still finds the session.
    pub grace: u32,
    /// The newest savepoint for which the journal has a note of the identity; see [`crate::journal`].
    pub noted_for: u64,
}
