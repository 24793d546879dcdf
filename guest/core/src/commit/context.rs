//! The state that the steps of a commit share.

use alloc::vec::Vec;
use core::time::Duration;

use super::participant::Participant;
use super::read_only::ReadOnlySession;
use crate::environment::{Environment, Outcome, StoreError, Write};
use crate::error::Error;
use crate::lifetime::{Expiries, Expiry};
use crate::record::Mark;
use crate::state::Isolation;

/// How many times a write without a reply is sent. Each time may take as long as the store's deadline.
pub const MAX_SENDS: usize = 4;

/// A commit in progress.
pub struct Commit<'s, E> {
    pub environment: &'s E,
    pub expiries: &'s Expiries,
    pub isolation: Isolation,
    pub now: Duration,
    /// The records to write. The first is the primary.
    pub participants: Vec<Participant<'s>>,
    /// By the indices of sessions: the position of the participant from whose record the session moves.
    pub moving: Vec<Option<usize>>,
    /// The longest timeout of the sessions, in seconds; 0 means never.
    pub longest_timeout: u32,
    /// The sessions that were only read, and must not have changed.
    pub read_only: Vec<ReadOnlySession<'s>>,
    /// The sessions that were only read, and may have changed, as long as the first attempt succeeds: all reads are
    /// from one time, and nobody knows what this commit begins. Later attempts validate them.
    pub read_at_once: Vec<ReadOnlySession<'s>>,
    /// The marks of the attempts, newest last.
    pub marks: Vec<Mark>,
    /// The number of failed attempts in which no other commit won either.
    pub attempts_without_winner: usize,
    /// Whether others had changed a session, and the changes were applied to theirs.
    pub is_merged: bool,
    /// Whether a write that creates a record has no outcome yet. It may be applied at any later time at which
    /// the key is absent.
    pub creation_may_arrive: bool,
}

impl<E: Environment> Commit<'_, E> {
    /// Sends writes. Returns `None` when the store refused the expiry: nothing was written, and the writes
    /// have to be built again.
    pub fn send(&self, writes: Vec<Write>) -> Result<Option<Vec<Outcome>>, Error> {
        let count = writes.len();
        match self.environment.write_many(writes) {
            Ok(mut outcomes) => {
                // A missing outcome is an unknown one.
                outcomes.resize(count, Outcome::Unknown);
                Ok(Some(outcomes))
            }
            Err(StoreError::Unsupported(_)) if self.note_that_records_never_expire() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Notes that the store cannot expire records. Returns whether that was not known yet.
    fn note_that_records_never_expire(&self) -> bool {
        let learn = |participant: &Participant<'_>| {
            self.expiries.learn(&participant.session.settings, Expiry::RecordAlone)
        };
        self.participants.iter().filter(|participant| learn(participant)).count() > 0
    }

    /// The error for a commit whose outcome cannot be found out.
    pub fn unknown(&self) -> Error {
        let mut names: Vec<_> =
            self.participants.iter().map(|participant| participant.session.name()).collect();
        names.dedup();
        Error::OutcomeUnknown(names)
    }
}

/// The error for a record whose server cannot be reached.
pub fn unavailable() -> Error {
    StoreError::Unavailable("the server of a session cannot be reached".into()).into()
}
