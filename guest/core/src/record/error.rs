//! Errors in records.

use alloc::string::String;
use core::fmt;

use crate::error::{Error, SessionName};

/// Why bytes are not a usable record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordError {
    /// They are not a complete record; with the reason.
    Damaged(String),
    /// They are a record in another format, with this version.
    UnknownFormat(u32),
}

impl RecordError {
    pub(super) fn damaged(reason: &str) -> Self {
        Self::Damaged(reason.into())
    }

    pub(super) fn of_package(name: &str, reason: &str) -> Self {
        Self::Damaged(["the package \"", name, "\": ", reason].concat())
    }

    /// The error for a record whose pending change is decided in a record with this error.
    pub(crate) fn of_primary(error: &Self) -> Self {
        match error {
            Self::Damaged(reason) => {
                Self::Damaged(["the primary record of its pending change: ", reason].concat())
            }
            Self::UnknownFormat(format) => Self::UnknownFormat(*format),
        }
    }

    /// The same error, with the name of the session.
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
