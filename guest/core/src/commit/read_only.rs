//! Sessions that a transaction read and does not write.

use alloc::vec;
use alloc::vec::Vec;

use super::conflicts;
use crate::error::{Conflict, Error};
use crate::joined::JoinedSession;
use crate::state::Isolation;
use crate::stored::{StateId, Stored};

/// A session that the transaction read and does not write.
pub struct ReadOnlySession<'s> {
    pub session: &'s JoinedSession,
    /// The state of its record when it was last read.
    pub state_id: StateId,
}

impl<'s> ReadOnlySession<'s> {
    pub fn new(session: &'s JoinedSession) -> Self {
        Self { session, state_id: session.loaded.state_id() }
    }

    /// Returns what has changed of what was read.
    pub fn conflicts(&self, stored: &Stored, now: u64) -> Result<Vec<Conflict>, Error> {
        let whole = || Ok(vec![self.session.conflict()]);
        let live = stored.record.as_ref().filter(|record| !record.header().has_ended());
        let is_remembered = stored.record.as_ref().and_then(|record| record.header().ended_until);
        match (self.session.loaded_record(), live) {
            (None, None) if is_remembered.is_some_and(|until| until > now) => whole(),
            (None, None) => Ok(Vec::new()),
            // Beginning and ending a session in one transaction, or renewing it before it begins, has no
            // effect only where no session is.
            (None, Some(_)) if self.session.identity.destroyed || self.session.is_renewed() => whole(),
            (Some(_), None) => whole(),
            (Some(loaded), Some(live)) if loaded.header().life != live.header().life => whole(),
            (_, Some(live)) => conflicts::conflicts(self.session, live, Isolation::Serializable),
        }
    }
}
