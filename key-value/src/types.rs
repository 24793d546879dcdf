//! What is asked of a store, and what it answers.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// How long an entry lives from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// Until it is deleted (or evicted, on stores that evict).
    NeverExpires,
    /// So many seconds, at least 1. Values over 30 days work.
    Seconds(u32),
}

/// An opaque version of an entry. Only equality means anything.
///
/// A store gives each state of a key a version of its own: a key that changes from A to B and back to A,
/// or is deleted and created again, gets a new version each time. Sliding an entry's lifetime does not
/// change its version.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version(pub Vec<u8>);

impl Version {
    /// The version that says "there is no entry": the state after a delete.
    pub fn of_nothing() -> Self {
        Self(Vec::new())
    }
}

/// What is stored under a key. `Debug` shows the size of the value and never its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// The bytes, as they were put.
    pub value: Vec<u8>,
    /// Their version.
    pub version: Version,
    /// The seconds that the entry had left before this call slid its lifetime; `None` when it never
    /// expires, or when the store cannot tell.
    pub seconds_left: Option<u32>,
}

/// What a key must hold for a write to be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expectation {
    /// Nothing: create it, or answer [`Outcome::Stale`]. Goes with [`Change::Put`] only.
    Absent,
    /// An entry of this version. Answer [`Outcome::Stale`] if there is another, and [`Outcome::Missing`]
    /// if there is none.
    Version(Version),
    /// Whatever there is, or nothing. For [`Change::Touch`] and [`Change::Delete`], answer
    /// [`Outcome::Missing`] if there is nothing.
    Anything,
}

/// What a write does. `Debug` shows the size of a value and never its bytes.
#[derive(Clone, PartialEq, Eq)]
pub enum Change {
    /// Stores a value in place of what is there.
    Put {
        /// The bytes.
        value: Vec<u8>,
        /// How long they live.
        lifetime: Lifetime,
    },
    /// Slides the lifetime and changes nothing else. A store may answer [`Error::Unsupported`] when it is
    /// asked for together with a version.
    Touch(Lifetime),
    /// Removes the entry.
    Delete,
}

/// One write. A call must not hold two writes of the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The key: 1 to 250 printable ASCII characters without spaces.
    pub key: String,
    /// The condition.
    pub expects: Expectation,
    /// The effect.
    pub change: Change,
}

/// What became of one write. A lost race is an outcome, not an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done. The version is that of the new state; empty after a delete.
    Applied(Version),
    /// Not done: the key holds another version, or holds something though nothing was expected. Load it
    /// again and decide.
    Stale,
    /// Not done: the key holds nothing.
    Missing,
    /// Not done: the value is over the store's limit, which is given in bytes of value under this key.
    TooLarge(u64),
    /// Not done: another write of this call is too large. A store that knows its limit checks every write
    /// before it sends any.
    Skipped,
    /// Not done: the server of this key could not be reached. Try again later.
    Unavailable,
    /// Sent, and the answer was not seen: it may be done or not, and may still be done later. Load the key
    /// again to find out.
    Unknown,
}

/// Why a call failed as a whole; nothing of it was done. The texts are for a person and for logs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The store cannot be reached in time, or has no room. Try again later.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// The store cannot do what was asked. Do not try again: choose another store, or ask for less.
    #[error("the store cannot do this: {0}")]
    Unsupported(String),
    /// The store refused access. Do not try again: check its configuration.
    #[error("the store refused access: {0}")]
    Denied(String),
    /// Anything else. Do not try again without looking.
    #[error("the store failed: {0}")]
    Other(String),
}

/// Stands for a value in `Debug` output: session data has no place in logs.
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
