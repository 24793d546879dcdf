//! Which session a joined session is.

use alloc::rc::Rc;
use alloc::string::String;

/// Which session it is, and whether it still lives in this transaction.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its id now.
    pub id: String,
    /// The key of that id.
    pub key: Rc<str>,
    /// Whether the transaction destroyed it.
    pub destroyed: bool,
    /// The seconds for which its old id leads to its new one after a renewal.
    pub grace: u32,
    /// The savepoint since which it can be restored; see [`crate::journal`].
    pub saved_for: u64,
}
