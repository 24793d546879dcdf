//! The errors of the core. They correspond to the cases of `error` in the WIT interface `transactions`.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::environment::StoreError;

/// What a name in an error names.
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

/// A session, as named in an error. Its id is a secret: do not log it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionName {
    /// The name of its container.
    pub container: String,
    /// Its id.
    pub session: String,
}

/// What another transaction changed first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conflict {
    /// The session.
    pub session: SessionName,
    /// The package, or `None` when the whole session conflicts.
    pub package: Option<String>,
    /// The key, or `None` when the whole package conflicts.
    pub key: Option<String>,
}

/// Why a call failed. Unless a variant says otherwise, a failed call has changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The transaction was committed or aborted, or its handle was dropped. Begin a new one.
    Finished,
    /// The transaction is waiting for the store in another call. Use a transaction from one task at a time.
    Busy,
    /// The savepoint was released, or the transaction was rolled back to an earlier one.
    SavepointInvalid,
    /// A name is empty or too long.
    InvalidName {
        /// What the name was meant for.
        kind: NameKind,
        /// The length of the name in bytes; 0 when it is empty.
        length: usize,
        /// The maximum length in bytes.
        limit: usize,
    },
    /// An option is out of its range.
    InvalidOption {
        /// The name of the option.
        name: &'static str,
        /// The largest value allowed.
        maximum: u64,
        /// The value given.
        given: u64,
    },
    /// A value is not valid JSON.
    InvalidJson {
        /// The key that the value was meant for.
        key: String,
        /// What is wrong with the text, with line and column.
        reason: String,
    },
    /// A number cannot be added to a key: the key does not hold a counter, or the sum would be out of range.
    NotACounter {
        /// The package.
        package: String,
        /// The key.
        key: String,
        /// The counter under the key, if it holds one; then the sum would be out of range.
        held: Option<i64>,
        /// The number to add.
        added: i64,
    },
    /// The transaction would join more sessions than this limit. Split the work over several transactions.
    TooManySessions(u32),
    /// Other transactions changed what this one depends on, or kept it from finishing. Nothing was written,
    /// and nothing will be. Run the transaction again on fresh data.
    Conflict(Vec<Conflict>),
    /// These sessions timed out or were evicted since they were loaded. Nothing was written. Their data is
    /// lost.
    Gone(Vec<SessionName>),
    /// These sessions were destroyed, or their ids were renewed without a grace. Nothing was written. Do not
    /// begin them again under the same ids.
    Ended(Vec<SessionName>),
    /// The record of a session would exceed the size limit. Nothing was written, and the transaction is still
    /// open: remove something and commit again, or roll back.
    TooLarge {
        /// The session.
        session: SessionName,
        /// The size that the record would have, in bytes.
        size: u64,
        /// The maximum size in bytes.
        limit: u64,
    },
    /// The record in the store cannot be read. It must not be mistaken for an empty session: inspect it, then
    /// remove it.
    Damaged {
        /// The session.
        session: SessionName,
        /// What is wrong with the record.
        reason: String,
    },
    /// The record has a format version that this version of the core does not know. Upgrade.
    UnknownFormat(u32),
    /// The store failed, and nothing was written.
    Store(StoreError),
    /// The commit was sent, its reply was lost, and reading the store again did not show whether it was
    /// applied. Either all of its changes are applied or none; a commit that begins a session may still be
    /// applied later. Read the sessions again before deciding what to do.
    OutcomeUnknown(Vec<SessionName>),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl fmt::Display for Error {
    /// Leaves out session ids, keys and values: they are secrets.
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
                write!(f, "the option {name} must not be {given}; the maximum is {maximum}")
            }
            Self::InvalidJson { reason, .. } => write!(f, "the value is not JSON: {reason}"),
            Self::NotACounter { held: None, .. } => f.write_str("the value is not a counter"),
            Self::NotACounter { .. } => f.write_str("the sum is out of the range of counters"),
            Self::TooManySessions(limit) => write!(f, "a transaction can join at most {limit} sessions"),
            Self::Conflict(conflicts) => {
                let s = if conflicts.len() == 1 { "" } else { "s" };
                write!(f, "{} conflict{s} with other transactions", conflicts.len())
            }
            Self::Gone(sessions) => write!(f, "timed out or evicted: {}", count(sessions)),
            Self::Ended(sessions) => write!(f, "ended: {}", count(sessions)),
            Self::TooLarge { size, limit, .. } => {
                write!(f, "the session's record has {size} bytes, over the limit of {limit}")
            }
            Self::Damaged { reason, .. } => write!(f, "the session's record is damaged: {reason}"),
            Self::UnknownFormat(format) => write!(f, "the session's record has the unknown format {format}"),
            Self::Store(error) => write!(f, "the store failed: {error:?}"),
            Self::OutcomeUnknown(sessions) => {
                write!(f, "it is not known whether the commit was applied to {}", count(sessions))
            }
        }
    }
}

impl core::error::Error for Error {}

fn count(sessions: &[SessionName]) -> String {
    match sessions.len() {
        1 => "1 session".into(),
        number => format!("{number} sessions"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> SessionName {
        SessionName { container: "cart".into(), session: "secret".into() }
    }

    /// One error of each kind, with its text.
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
                "the option timeout must not be 11; the maximum is 10",
            ),
            (
                Error::InvalidJson { key: "secret".into(), reason: "line 1 column 2".into() },
                "the value is not JSON: line 1 column 2",
            ),
            (not_a_counter(None), "the value is not a counter"),
            (not_a_counter(Some(1)), "the sum is out of the range of counters"),
            (Error::TooManySessions(1000), "a transaction can join at most 1000 sessions"),
            (Error::Conflict(vec![conflict]), "1 conflict with other transactions"),
            (Error::Gone(vec![name()]), "timed out or evicted: 1 session"),
            (Error::Ended(vec![name(), name()]), "ended: 2 sessions"),
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
            (
                Error::OutcomeUnknown(vec![name()]),
                "it is not known whether the commit was applied to 1 session",
            ),
        ]
    }

    #[test]
    fn every_error_shows_its_numbers_and_no_secrets() {
        for (error, message) in errors() {
            assert_eq!(error.to_string(), message);
            assert!(!message.contains("secret"));
        }
    }
}
