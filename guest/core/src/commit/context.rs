//! What the steps of a commit share.

use alloc::vec::Vec;
use core::time::Duration;

use super::part::Part;
use super::watched::Watched;
use crate::environment::{Environment, Outcome, StoreError, Write};
use crate::error::Error;
use crate::lifetime::{Expiries, Expiry};
use crate::record::Mark;
use crate::state::Isolation;

/// How often a write is sent that gets no answer. Each may have waited for the store's deadline.
pub const MAX_UNANSWERED: usize = 4;

/// One commit.
pub struct Commit<'s, E> {
    pub environment: &'s E,
    pub expiries: &'s Expiries,
    pub isolation: Isolation,
    pub now: Duration,
    /// What is written; the first is the primary.
    pub parts: Vec<Part<'s>>,
    /// What was only read, and must not have changed.
    pub watched: Vec<Watched<'s>>,
    /// The marks of the attempts, the newest last.
    pub marks: Vec<Mark>,
    /// How many races were lost that no other commit won.
    pub futile_rounds: usize,
    /// Whether a creation got no answer that may still arrive, whenever nothing is there.
    pub is_in_flight: bool,
}

impl<E: Environment> Commit<'_, E> {
    /// Sends writes. Returns nothing when the store turned out to know no expiry, so that nothing was done and
    /// the writes have to be made anew.
    pub fn send(&self, writes: Vec<Write>) -> Result<Option<Vec<Outcome>>, Error> {
        let count = writes.len();
        match self.environment.write_many(writes) {
            Ok(mut outcomes) => {
                // An answer that is missing is an answer that was not seen.
                outcomes.resize(count, Outcome::Unknown);
                Ok(Some(outcomes))
            }
            Err(StoreError::Unsupported(_)) if self.learn_that_records_are_kept() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes in that the store refused to expire records. Returns whether that is news.
    fn learn_that_records_are_kept(&self) -> bool {
        let learn = |part: &Part<'_>| self.expiries.learn(&part.session.settings, Expiry::RecordAlone);
        self.parts.iter().filter(|part| learn(part)).count() > 0
    }

    /// That nobody can tell whether the commit happened.
    pub fn unknown(&self) -> Error {
        let mut names: Vec<_> = self.parts.iter().map(|part| part.session.name()).collect();
        names.dedup();
        Error::OutcomeUnknown(names)
    }
}
