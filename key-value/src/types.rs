//! The types of the key-value interface.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// How long an entry lives from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// Until it is deleted, or evicted on stores that evict.
    NeverExpires,
    /// This number of seconds, at least 1. Values over 30 days must work.
    Seconds(u32),
}

/// The version of an entry, in bytes that only the store understands. Callers may only test versions for equality.
///
/// A store gives each state of a key another version: a key that changes from A to B and back to A, or is deleted and
/// created again, gets a new version each time. Sliding an entry's lifetime does not change its version.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version(pub Vec<u8>);

impl Version {
    /// The empty version, which [`Outcome::Applied`] has after a delete.
    pub fn of_nothing() -> Self {
        Self(Vec::new())
    }
}

/// An entry under a key. `Debug` shows the size of the value, never its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// The bytes that were put.
    pub value: Vec<u8>,
    /// The version of this state.
    pub version: Version,
    /// The seconds that the entry had left before this call slid its lifetime. `None` if it never expires, or if the
    /// store does not know.
    pub seconds_left: Option<u32>,
}

/// What must be under a key for a write to be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expectation {
    /// No entry; otherwise the outcome is [`Outcome::Stale`]. Valid with [`Change::Put`] only.
    Absent,
    /// An entry of this version. The outcome is [`Outcome::Stale`] if there is another version, and
    /// [`Outcome::Missing`] if there is no entry.
    Version(Version),
    /// Any entry, or none. For [`Change::Touch`] and [`Change::Delete`], the outcome is [`Outcome::Missing`] if there
    /// is no entry.
    Anything,
}

/// The effect of a write. `Debug` shows the size of a value, never its bytes.
#[derive(Clone, PartialEq, Eq)]
pub enum Change {
    /// Stores a value, and replaces the entry that is there.
    Put {
        /// The bytes.
        value: Vec<u8>,
        /// The lifetime of the entry.
        lifetime: Lifetime,
    },
    /// Slides the lifetime and changes nothing else. A store may fail with [`Error::Unsupported`] if the write expects
    /// a version.
    Touch(Lifetime),
    /// Removes the entry.
    Delete,
}

/// A write. A call must not have two writes of the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The key: 1 to 250 printable ASCII characters without spaces.
    pub key: String,
    /// The condition.
    pub expects: Expectation,
    /// The effect.
    pub change: Change,
}

/// The result of a write. A lost race is an outcome, not an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done. This is the version of the new state; it is empty after a delete.
    Applied(Version),
    /// Not done: there is another version than expected, or an entry though none was expected. Read the key again
    /// before a retry.
    Stale,
    /// Not done: there is no entry.
    Missing,
    /// Not done: the value is larger than the store's limit, which is this number of bytes for a value under this key.
    TooLarge(u64),
    /// Not done: another write of the call is too large. A store that knows its limit checks all writes before it does
    /// any.
    Skipped,
    /// Not done: the server of this key could not be reached. Retry later.
    Unavailable,
    /// Sent, but no reply was received: the write may be done, and it may still be done later. Read the key to find
    /// out.
    Unknown,
}

/// Why a call failed as a whole. Nothing of it was done. The texts are for people and logs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The store cannot be reached in time, or has no room. Retry later.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// The store cannot do what the call requires. A retry fails as well: use another store, or other options.
    #[error("the store cannot do this: {0}")]
    Unsupported(String),
    /// The store denied access. A retry fails as well: check the configuration of the store.
    #[error("the store denied access: {0}")]
    Denied(String),
    /// Anything else. Find the cause before a retry.
    #[error("the store failed: {0}")]
    Other(String),
}

/// Replaces a value in `Debug` output, so that no session data gets into logs.
struct Hidden(usize);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0)
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("value", &Hidden(self.value.len()))
            .field("version", &self.version)
            .field("seconds_left", &self.seconds_left)
            .finish()
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Put { value, lifetime } => f
                .debug_struct("Put")
                .field("value", &Hidden(value.len()))
                .field("lifetime", lifetime)
                .finish(),
            Change::Touch(lifetime) => f.debug_tuple("Touch").field(lifetime).finish(),
            Change::Delete => f.write_str("Delete"),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::vec;

    use super::*;

    #[test]
    fn debug_output_never_shows_a_value() {
        let entry = Entry { value: b"secret".to_vec(), version: Version(vec![1]), seconds_left: None };
        let write = Write {
            key: "k".into(),
            expects: Expectation::Anything,
            change: Change::Put { value: b"secret".to_vec(), lifetime: Lifetime::NeverExpires },
        };
        let shown = format!("{entry:?} {write:?}");
        assert!(!shown.contains("secret") && !shown.contains("115, 101"), "{shown}");
        assert_eq!(shown.matches("<6 bytes>").count(), 2, "{shown}");
    }
}
