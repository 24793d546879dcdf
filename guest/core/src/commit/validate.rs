//! What was only read must be as it was.

use alloc::string::String;
use alloc::vec::Vec;

use super::context::Commit;
use crate::environment::{Environment, Write};
use crate::error::Error;
use crate::record::{Mark, RecordError};
use crate::stored::{self, Reading, Stored};

/// How often sessions are read again that change while they are validated, though not in what was read.
const MAX_VALIDATIONS: usize = 8;

impl<E: Environment> Commit<'_, E> {
    /// Reads again what was only read, until nothing has changed from one look to the next: then there was a
    /// moment at which everything was as it was read.
    ///
    /// # Errors
    /// [`Error::Conflict`], and those of the store.
    pub fn validate(&mut self, mark: Option<&Mark>) -> Result<(), Error> {
        if self.watched.is_empty() {
            return Ok(());
        }
        let keys: Vec<String> =
            self.watched.iter().map(|watched| String::from(&*watched.session.loaded_key)).collect();
        for _ in 0..MAX_VALIDATIONS {
            let reading = Reading { is_for_writing: false, own: &self.marks, holds: mark };
            let found = stored::read(self.environment, &keys, None, reading)?;
            if self.take_away_void(&keys, &found)? {
                continue;
            }
            let (mut is_stable, mut conflicts) = (true, Vec::new());
            for (watched, stored) in self.watched.iter_mut().zip(found) {
                let stored = stored.map_err(|error| error.of_session(watched.session.name()))?;
                if stored.stamp() != watched.stamp {
                    is_stable = false;
                    watched.stamp = stored.stamp();
                    conflicts.extend(watched.conflicts(&stored, self.now.as_secs())?);
                }
            }
            if !conflicts.is_empty() {
                return Err(Error::Conflict(conflicts));
            }
            if is_stable {
                return Ok(());
            }
        }
        Err(Error::Conflict(self.watched.iter().map(|watched| watched.session.conflict()).collect()))
    }

    /// Takes away changes of others that were found void: they may still be settled by somebody who took the decision
    /// before its record was lost, and what was read must stay true. Returns whether there are any.
    fn take_away_void(&self, keys: &[String], found: &[Result<Stored, RecordError>]) -> Result<bool, Error> {
        let is_own = |key: &str| self.parts.iter().any(|part| *part.key == *key);
        let others = keys.iter().zip(found).filter(|(key, _)| !is_own(key));
        let writes: Vec<Write> =
            others.filter_map(|(key, stored)| stored.as_ref().ok()?.write_without_void(key)).collect();
        if writes.is_empty() {
            return Ok(false);
        }
        // Whatever comes of it, the next look tells.
        self.environment.write_many(writes)?;
        Ok(true)
    }
}
