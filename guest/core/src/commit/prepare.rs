//! The first step of a commit over several records: each says what it becomes if the commit is decided.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::context::{Commit, MAX_UNANSWERED};
use crate::environment::{Environment, Outcome, StoreError};
use crate::error::Error;
use crate::record::{Mark, RecordError};
use crate::stored::{self, Stored};

/// Where a write stands that got no answer.
enum Seen {
    /// It was done.
    Done,
    /// It may still be done: it can be sent again.
    Open,
    /// It can never be done.
    Lost,
}

impl<E: Environment> Commit<'_, E> {
    /// Prepares all records but the primary; the primary, too, if it does not exist yet, or if sessions that
    /// were only read are going to be validated. Returns false when a race was lost.
    ///
    /// # Errors
    /// [`Error::TooLarge`] before anything is sent, and those of the store.
    pub fn prepare(&mut self, mark: &Mark) -> Result<bool, Error> {
        let count = self.parts.len();
        let primary_exists = self.parts.first().is_some_and(|primary| primary.base().version.is_some());
        if primary_exists {
            let first = usize::from(self.watched.is_empty());
            return self.prepare_parts(first..count, mark);
        }
        // What waits for a record that is not there cannot be made impossible: the primary comes first.
        for number in 1..count {
            self.prepared_write(number, mark, &self.undecided_mark())?;
        }
        Ok(self.prepare_parts(0..1, mark)? && (count == 1 || self.prepare_parts(1..count, mark)?))
    }

    fn prepare_parts(&mut self, numbers: Range<usize>, mark: &Mark) -> Result<bool, Error> {
        let mut open: Vec<usize> = numbers.collect();
        // All name the state in which the primary is now, though it may be prepared itself.
        let expects = self.undecided_mark();
        for _ in 0..MAX_UNANSWERED {
            let writes = open.iter().map(|n| self.prepared_write(*n, mark, &expects));
            let writes = writes.collect::<Result<Vec<_>, _>>()?;
            let sizes: Vec<usize> = writes.iter().map(size_of).collect();
            let Some(outcomes) = self.send(writes)? else { return Ok(false) };
            let unanswered = self.take_in(&open, outcomes, &sizes)?;
            open = self.look_for(&unanswered, mark)?;
            if open.is_empty() {
                return Ok(self.parts.iter().all(|part| !part.is_lost));
            }
        }
        Err(StoreError::Unavailable("the store does not answer".into()).into())
    }

    /// Takes in what became of writes. Returns which got no answer.
    fn take_in(
        &mut self,
        numbers: &[usize],
        outcomes: Vec<Outcome>,
        sizes: &[usize],
    ) -> Result<Vec<usize>, Error> {
        let (mut unanswered, mut result) = (Vec::new(), Ok(()));
        for ((number, outcome), size) in numbers.iter().zip(outcomes).zip(sizes) {
            let Some(part) = self.parts.get_mut(*number) else { continue };
            match outcome {
                Outcome::Applied(version) => part.prepare(version),
                Outcome::Stale | Outcome::Missing => part.is_lost = true,
                Outcome::Unknown => unanswered.push(*number),
                Outcome::TooLarge(limit) => {
                    let (session, size) = (part.session.name(), *size as u64);
                    result = Err(Error::TooLarge { session, size, limit });
                }
                Outcome::Skipped => {}
                Outcome::Unavailable => result = result.and(Err(unavailable())),
            }
        }
        result.map(|()| unanswered)
    }

    /// Looks whether writes that got no answer were done. Returns which may still be sent again.
    fn look_for(&mut self, unanswered: &[usize], mark: &Mark) -> Result<Vec<usize>, Error> {
        if unanswered.is_empty() {
            return Ok(Vec::new());
        }
        let part = |number: &usize| self.parts.get(*number);
        let keys: Vec<String> = unanswered.iter().filter_map(part).map(|part| (*part.key).into()).collect();
        let found = stored::read_as_stored(self.environment, &keys, None)?;
        let mut open = Vec::new();
        for (number, found) in unanswered.iter().zip(found) {
            let Some(part) = self.parts.get_mut(*number) else { continue };
            match seen(&found, mark, part.base().version.as_ref()) {
                Seen::Open => open.push(*number),
                Seen::Lost => part.is_lost = true,
                Seen::Done => {
                    if let Some(version) = found.ok().and_then(|stored| stored.version) {
                        part.prepare(version);
                    }
                }
            }
        }
        Ok(open)
    }
}

fn size_of(write: &crate::environment::Write) -> usize {
    match &write.change {
        crate::environment::Change::Put { value, .. } => value.len(),
        _ => 0,
    }
}

/// That the server of one record is away.
pub fn unavailable() -> Error {
    StoreError::Unavailable("the server of a session cannot be reached".into()).into()
}

fn seen(
    found: &Result<Stored, RecordError>,
    mark: &Mark,
    expected: Option<&crate::environment::Version>,
) -> Seen {
    let Ok(stored) = found else { return Seen::Lost };
    let pending = stored.record.as_ref().and_then(|record| record.pending());
    if pending.is_some_and(|pending| pending.mark == *mark) {
        Seen::Done
    } else if stored.version.as_ref() == expected {
        Seen::Open
    } else {
        Seen::Lost
    }
}
