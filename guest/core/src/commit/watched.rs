//! A session that was read and is not written.

use alloc::vec;
use alloc::vec::Vec;

use super::conflicts;
use crate::error::{Conflict, Error};
use crate::joined::JoinedSession;
use crate::state::Isolation;
use crate::stored::{Stamp, Stored};

/// A session that was read and is not written.
pub struct Watched<'s> {
    pub session: &'s JoinedSession,
    /// The state of its record that was seen last.
    pub stamp: Stamp,
}

impl<'s> Watched<'s> {
    pub fn new(session: &'s JoinedSession) -> Self {
        Self { session, stamp: session.loaded.stamp() }
    }

    /// What is not any more as it was read.
    pub fn conflicts(&self, stored: &Stored, now: u64) -> Result<Vec<Conflict>, Error> {
        let whole = || Ok(vec![self.session.conflict()]);
        let live = stored.record.as_ref().filter(|record| !record.header().has_ended());
        let is_remembered = stored.record.as_ref().and_then(|record| record.header().ended_until);
        match (self.session.loaded_record(), live) {
            (None, None) if is_remembered.is_some_and(|until| until > now) => whole(),
            (None, None) => Ok(Vec::new()),
            // To begin and end a session, or to move it before it begins, is nothing only where nothing is.
            (None, Some(_)) if self.session.identity.destroyed || self.session.is_renewed() => whole(),
            (Some(_), None) => whole(),
            (Some(loaded), Some(live)) if loaded.header().life != live.header().life => whole(),
            (_, Some(live)) => conflicts::conflicts(self.session, live, Isolation::Serializable),
        }
    }
}
