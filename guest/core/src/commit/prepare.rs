//! The first step of a commit over several records: storing the pending changes.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::context::{Commit, MAX_SENDS, unavailable};
use crate::environment::{Change, Environment, Outcome, StoreError, Version, Write};
use crate::error::Error;
use crate::record::{Mark, RecordError};
use crate::stored::{self, Stored};

/// The status of a write that was sent and got no reply.
enum PrepareStatus {
    /// It was applied.
    Done,
    /// It was not applied, and still can be: it may be sent again.
    Possible,
    /// It was not applied, and never can be.
    Impossible,
}

impl<E: Environment> Commit<'_, E> {
    /// Prepares all records but the primary. Prepares the primary as well if it does not exist yet, or if
    /// sessions that were only read will be validated. Returns `false` when another commit was faster.
    ///
    /// # Errors
    /// [`Error::TooLarge`] before anything is sent, and those of the store.
    pub fn prepare(&mut self, mark: &Mark) -> Result<bool, Error> {
        let count = self.participants.len();
        let primary_exists =
            self.participants.first().is_some_and(|primary| primary.base().version.is_some());
        if primary_exists {
            let first = usize::from(self.read_only.is_empty());
            return self.prepare_parts(first..count, mark);
        }
        // A decision in a record that does not exist cannot be prevented, so the primary is created first.
        for position in 1..count {
            self.prepared_write(position, mark, &self.undecided_mark())?;
        }
        Ok(self.prepare_parts(0..1, mark)? && (count == 1 || self.prepare_parts(1..count, mark)?))
    }

    fn prepare_parts(&mut self, positions: Range<usize>, mark: &Mark) -> Result<bool, Error> {
        let mut open: Vec<usize> = positions.collect();
        // All pending parts name the state of the primary before this commit, though it may be prepared as
        // well.
        let expects = self.undecided_mark();
        for _ in 0..MAX_SENDS {
            let writes = open.iter().map(|n| self.prepared_write(*n, mark, &expects));
            let writes = writes.collect::<Result<Vec<_>, _>>()?;
            let sizes: Vec<usize> = writes.iter().map(size_of).collect();
            let Some(outcomes) = self.send(writes)? else { return Ok(false) };
            let unanswered = self.apply_outcomes(&open, outcomes, &sizes)?;
            open = self.check_unanswered(&unanswered, mark)?;
            if open.is_empty() {
                return Ok(self.participants.iter().all(|participant| !participant.is_stale));
            }
        }
        Err(StoreError::Unavailable("the store did not reply".into()).into())
    }

    /// Notes the outcomes of writes. Returns the positions of those that are unknown.
    fn apply_outcomes(
        &mut self,
        positions: &[usize],
        outcomes: Vec<Outcome>,
        sizes: &[usize],
    ) -> Result<Vec<usize>, Error> {
        let (mut unanswered, mut result) = (Vec::new(), Ok(()));
        for ((position, outcome), size) in positions.iter().zip(outcomes).zip(sizes) {
            let Some(participant) = self.participants.get_mut(*position) else { continue };
            match outcome {
                Outcome::Applied(version) => participant.prepare(version),
                Outcome::Stale | Outcome::Missing => participant.is_stale = true,
                Outcome::Unknown => unanswered.push(*position),
                Outcome::TooLarge(limit) => {
                    let (session, size) = (participant.session.name(), *size as u64);
                    result = Err(Error::TooLarge { session, size, limit });
                }
                Outcome::Skipped => {}
                Outcome::Unavailable => result = result.and(Err(unavailable())),
            }
        }
        result.map(|()| unanswered)
    }

    /// Finds out whether writes without a reply were applied. Returns the positions of those that may be sent
    /// again.
    fn check_unanswered(&mut self, unanswered: &[usize], mark: &Mark) -> Result<Vec<usize>, Error> {
        if unanswered.is_empty() {
            return Ok(Vec::new());
        }
        let participant = |position: &usize| self.participants.get(*position);
        let keys: Vec<String> =
            unanswered.iter().filter_map(participant).map(|participant| (*participant.key).into()).collect();
        let found = stored::read_as_stored(self.environment, &keys, None)?;
        let mut open = Vec::new();
        for (position, found) in unanswered.iter().zip(found) {
            let Some(participant) = self.participants.get_mut(*position) else { continue };
            match prepare_status(&found, mark, participant.base().version.as_ref()) {
                PrepareStatus::Possible => open.push(*position),
                PrepareStatus::Impossible => participant.is_stale = true,
                PrepareStatus::Done => {
                    if let Some(version) = found.ok().and_then(|stored| stored.version) {
                        participant.prepare(version);
                    }
                }
            }
        }
        Ok(open)
    }
}

fn size_of(write: &Write) -> usize {
    match &write.change {
        Change::Put { value, .. } => value.len(),
        _ => 0,
    }
}

fn prepare_status(
    found: &Result<Stored, RecordError>,
    mark: &Mark,
    expected: Option<&Version>,
) -> PrepareStatus {
    let Ok(stored) = found else { return PrepareStatus::Impossible };
    let pending = stored.record.as_ref().and_then(|record| record.pending());
    if pending.is_some_and(|pending| pending.mark == *mark) {
        PrepareStatus::Done
    } else if stored.version.as_ref() == expected {
        PrepareStatus::Possible
    } else {
        PrepareStatus::Impossible
    }
}
