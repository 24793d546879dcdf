//! The error of a commit in which several sessions fail.

use alloc::vec::Vec;

use crate::error::{Conflict, Error, SessionName};

/// Why a session makes a commit fail.
pub enum Failure {
    /// It ended.
    Ended(SessionName),
    /// It timed out or was evicted, or another life has begun under its key.
    Gone(SessionName),
    /// Others changed what the transaction depends on.
    Conflict(Vec<Conflict>),
    /// Something else.
    Other(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

/// The failures of all sessions.
#[derive(Default)]
pub struct Failures {
    ended: Vec<SessionName>,
    gone: Vec<SessionName>,
    conflicts: Vec<Conflict>,
    other: Option<Error>,
}

impl Failures {
    pub fn add(&mut self, failure: Failure) {
        match failure {
            Failure::Ended(name) => self.ended.push(name),
            Failure::Gone(name) => self.gone.push(name),
            Failure::Conflict(conflicts) => self.conflicts.extend(conflicts),
            Failure::Other(error) => _ = self.other.get_or_insert(error),
        }
    }

    /// Returns one error for the application. Failures that a retry cannot repair come first.
    ///
    /// # Errors
    /// When there is any failure.
    pub fn into_result(self) -> Result<(), Error> {
        if !self.ended.is_empty() {
            Err(Error::Ended(self.ended))
        } else if !self.gone.is_empty() {
            Err(Error::Gone(self.gone))
        } else if let Some(error) = self.other {
            Err(error)
        } else if !self.conflicts.is_empty() {
            Err(Error::Conflict(self.conflicts))
        } else {
            Ok(())
        }
    }
}
