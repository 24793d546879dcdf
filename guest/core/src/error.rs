//! What can go wrong, as types that carry what a caller needs to act.
//!
//! They mirror `error` in `wit/transactions.wit`, which says what to do about each.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::environment::StoreError;

/// What kind of name a call was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// The name of a container.
    Container,
    /// The id of a session.
    SessionId,
    /// The name of a package.
    Package,
    /// A key in a package.
    Key,
}

/// A session, named in an error. The id is a secret: keep it out of logs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionName {
    /// The name of its container.
    pub container: String,
    /// Its id.
    pub session: String,
}

/// Something that another transaction changed first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conflict {
    /// The session.
    pub session: SessionName,
    /// The package; none when the session as a whole conflicts.
    pub package: Option<String>,
    /// The key; none when the package as a whole conflicts.
    pub key: Option<String>,
}

/// Why a call failed. Unless a case says otherwise, nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The transaction was committed, aborted or dropped.
    Finished,
    /// The transaction is waiting for the store in another call.
    Busy,
    /// The savepoint was released, or rolled back past.
    SavepointInvalid,
    /// A name is empty or too long.
    InvalidName {
        /// What was being named.
        kind: NameKind,
        /// Its length in bytes.
        length: usize,
        /// The most bytes it may have.
        limit: usize,
    },
    /// An option is out of its range.
    InvalidOption {
        /// The option.
        name: &'static str,
        /// The largest value allowed.
        maximum: u64,
        /// The value given.
        given: u64,
    },
    /// A value is not JSON text.
    InvalidJson {
        /// The key whose value was refused.
        key: String,
        /// What is wrong, with line and column.
        reason: String,
    },
    /// What a number was to be added to is no counter, or the sum would be none.
    NotACounter {
        /// The package.
        package: String,
        /// The key.
        key: String,
        /// The counter there, if it is one.
        held: Option<i64>,
        /// What was to be added.
        added: i64,
    },
    /// The transaction has joined as many sessions as it may.
    TooManySessions(u32),
    /// Others changed what this transaction depends on; nothing was written.
    Conflict(Vec<Conflict>),
    /// Sessions expired or were evicted since they were loaded; nothing was written.
    Gone(Vec<SessionName>),
    /// Sessions were destroyed; nothing was written.
    Ended(Vec<SessionName>),
    /// A session would exceed the size limit; nothing was written, and the transaction is still open.
    TooLarge {
        /// The session.
        session: SessionName,
        /// The size of its record in bytes.
        size: u64,
        /// The most bytes its record may have.
        limit: u64,
    },
    /// The record in the store cannot be read.
    Damaged {
        /// The session.
        session: SessionName,
        /// What is wrong with it.
        reason: String,
    },
    /// The record was written in a format of this version, which is not known here.
    UnknownFormat(u32),
    /// The store failed as a whole; nothing was written.
    Store(StoreError),
    /// The commit was sent, no answer came, and reading again did not settle it.
    OutcomeUnknown(Vec<SessionName>),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl fmt::Display for Error {
    /// For a person. Session ids are left out: they are secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finished => f.write_str("the transaction is finished"),
            Self::Busy => f.write_str("the transaction is busy in another call"),
            Self::SavepointInvalid => f.write_str("the savepoint is no longer valid"),
            Self::InvalidName { kind, length: 0, .. } => write!(f, "the name is empty: {kind:?}"),
            Self::InvalidName { kind, length, limit } => {
                write!(f, "the name has {length} bytes, over the limit of {limit}: {kind:?}")
            }
            Self::InvalidOption { name, maximum, given } => {
                write!(f, "the option {name} is {given}, and may be {maximum} at most")
            }
            Self::InvalidJson { reason, .. } => write!(f, "the value is not JSON: {reason}"),
            Self::NotACounter { held: None, .. } => f.write_str("the value is no whole number to add to"),
            Self::NotACounter { .. } => {
                f.write_str("the sum is beyond the numbers that JSON carries exactly")
            }
            Self::TooManySessions(limit) => write!(f, "a transaction may join {limit} sessions at most"),
            Self::Conflict(conflicts) => write!(f, "{} conflicts with other transactions", conflicts.len()),
            Self::Gone(sessions) => write!(f, "{} sessions expired or were evicted", sessions.len()),
            Self::Ended(sessions) => write!(f, "{} sessions were destroyed", sessions.len()),
            Self::TooLarge { size, limit, .. } => {
                write!(f, "the session's record has {size} bytes, over the limit of {limit}")
            }
            Self::Damaged { reason, .. } => write!(f, "the session's record is damaged: {reason}"),
            Self::UnknownFormat(format) => write!(f, "the session's record has the unknown format {format}"),
            Self::Store(error) => write!(f, "the store failed: {error:?}"),
            Self::OutcomeUnknown(sessions) => {
                write!(f, "it is not known whether {} sessions were written", sessions.len())
            }
        }
    }
}

impl core::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> SessionName {
        SessionName { container: "cart".into(), session: "secret".into() }
    }

    /// One error of each kind, with what it tells a person.
    fn errors() -> Vec<(Error, &'static str)> {
        let conflict = Conflict { session: name(), package: None, key: None };
        let not_a_counter =
            |held| Error::NotACounter { package: "secret".into(), key: "secret".into(), held, added: 1 };
        let invalid_name = |length| Error::InvalidName { kind: NameKind::Key, length, limit: 1024 };
        vec![
            (Error::Finished, "the transaction is finished"),
            (Error::Busy, "the transaction is busy in another call"),
            (Error::SavepointInvalid, "the savepoint is no longer valid"),
            (invalid_name(0), "the name is empty: Key"),
            (invalid_name(2000), "the name has 2000 bytes, over the limit of 1024: Key"),
            (
                Error::InvalidOption { name: "timeout", maximum: 10, given: 11 },
                "the option timeout is 11, and may be 10 at most",
            ),
            (
                Error::InvalidJson { key: "secret".into(), reason: "line 1 column 2".into() },
                "the value is not JSON: line 1 column 2",
            ),
            (not_a_counter(None), "the value is no whole number to add to"),
            (not_a_counter(Some(1)), "the sum is beyond the numbers that JSON carries exactly"),
            (Error::TooManySessions(1000), "a transaction may join 1000 sessions at most"),
            (Error::Conflict(vec![conflict]), "1 conflicts with other transactions"),
            (Error::Gone(vec![name()]), "1 sessions expired or were evicted"),
            (Error::Ended(vec![name(), name()]), "2 sessions were destroyed"),
            (
                Error::TooLarge { session: name(), size: 11, limit: 10 },
                "the session's record has 11 bytes, over the limit of 10",
            ),
            (
                Error::Damaged { session: name(), reason: "it has no first line".into() },
                "the session's record is damaged: it has no first line",
            ),
            (Error::UnknownFormat(7), "the session's record has the unknown format 7"),
            (StoreError::Denied("no".into()).into(), "the store failed: Denied(\"no\")"),
            (Error::OutcomeUnknown(vec![name()]), "it is not known whether 1 sessions were written"),
        ]
    }

    #[test]
    fn every_error_tells_people_its_figures_and_keeps_ids_to_itself() {
        for (error, message) in errors() {
            assert_eq!(error.to_string(), message);
            assert!(!message.contains("secret"));
        }
    }
}
