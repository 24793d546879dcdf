//! Why bytes are not a record that can be used.

use alloc::string::String;
use core::fmt;

use crate::error::{Error, SessionName};

/// Why bytes are not a record that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordError {
    /// They are no record, or not a whole one; with the reason for a person.
    Damaged(String),
    /// They are a record of another format, of this version.
    UnknownFormat(u32),
}

impl RecordError {
    pub(super) fn damaged(reason: &str) -> Self {
        Self::Damaged(reason.into())
    }

    pub(super) fn of_package(name: &str, reason: &str) -> Self {
        Self::Damaged(["the package \"", name, "\": ", reason].concat())
    }

    /// That a change waits for a record that cannot be read itself.
    pub(crate) fn of_primary(error: &Self) -> Self {
        match error {
            Self::Damaged(reason) => {
                Self::Damaged(["the record that decides about its pending change: ", reason].concat())
            }
            Self::UnknownFormat(format) => Self::UnknownFormat(*format),
        }
    }

    /// The same as an error about a session.
    pub(crate) fn of_session(self, session: SessionName) -> Error {
        match self {
            Self::Damaged(reason) => Error::Damaged { session, reason },
            Self::UnknownFormat(format) => Error::UnknownFormat(format),
        }
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(reason) => write!(f, "the record is damaged: {reason}"),
            Self::UnknownFormat(format) => write!(f, "the record has the unknown format {format}"),
        }
    }
}

impl core::error::Error for RecordError {}
