//! Checks that what was only read has not changed.

use alloc::string::String;
use alloc::vec::Vec;

use super::context::Commit;
use crate::environment::{Environment, Write};
use crate::error::Error;
use crate::record::{Mark, RecordError};
use crate::stored::{self, ReadOptions, Stored};

/// How many times sessions are read again whose records change during the validation, though not in what was
/// read.
const MAX_VALIDATIONS: usize = 8;

impl<E: Environment> Commit<'_, E> {
    /// Reads the sessions that were only read again, until two reads in a row find the same states: then
    /// there was a time at which all of them were as the transaction read them.
    ///
    /// # Errors
    /// [`Error::Conflict`], and those of the store.
    pub fn validate(&mut self, mark: Option<&Mark>) -> Result<(), Error> {
        if self.read_only.is_empty() {
            return Ok(());
        }
        let keys: Vec<String> =
            self.read_only.iter().map(|read_only| String::from(&*read_only.session.loaded_key)).collect();
        for _ in 0..MAX_VALIDATIONS {
            let options = ReadOptions { is_for_writing: false, own: &self.marks, holding: mark };
            let found = stored::read(self.environment, &keys, None, options)?;
            if self.remove_void(&keys, &found)? {
                continue;
            }
            let (mut is_stable, mut conflicts) = (true, Vec::new());
            for (read_only, stored) in self.read_only.iter_mut().zip(found) {
                let stored = stored.map_err(|error| error.of_session(read_only.session.name()))?;
                if stored.state_id() != read_only.state_id {
                    is_stable = false;
                    read_only.state_id = stored.state_id();
                    conflicts.extend(read_only.conflicts(&stored, self.now.as_secs())?);
                }
            }
            if !conflicts.is_empty() {
                return Err(Error::Conflict(conflicts));
            }
            if is_stable {
                return Ok(());
            }
        }
        Err(Error::Conflict(self.read_only.iter().map(|read_only| read_only.session.conflict()).collect()))
    }

    /// Removes void pending changes of other commits: a client that took the decision before the primary was
    /// lost may still settle them, and what was read must not change. Returns whether there were any.
    fn remove_void(&self, keys: &[String], found: &[Result<Stored, RecordError>]) -> Result<bool, Error> {
        let is_own = |key: &str| self.participants.iter().any(|participant| *participant.key == *key);
        let void = keys.iter().zip(found);
        let mut writes: Vec<Write> =
            void.filter_map(|(key, stored)| stored.as_ref().ok()?.write_that_removes_void(key)).collect();
        writes.retain(|write| !is_own(&write.key));
        if writes.is_empty() {
            return Ok(false);
        }
        // The next read shows whether these writes were applied.
        self.environment.write_many(writes)?;
        Ok(true)
    }
}
