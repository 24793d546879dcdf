//! The anomalies of a history.

use std::fmt;

/// The kinds of anomalies, by the names of Adya's theory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phenomenon {
    /// A transaction did not see its own writes, or saw later writes of others.
    Internal,
    /// A value was read that was never written.
    Unwritten,
    /// A value of an aborted transaction was read.
    G1a,
    /// A value was read that its transaction replaced or rolled back before it committed.
    G1b,
    /// A key was absent, although it had been written and cannot have been removed.
    Vanished,
    /// Two transactions replaced the same version of a key.
    LostUpdate,
    /// There are two states of a list, neither of which is a prefix of the other.
    Fork,
    /// A value that was appended once is in a list twice.
    Twice,
    /// A cycle of writes.
    G0,
    /// A cycle of writes and reads of what was written.
    G1c,
    /// A cycle with one read of what was replaced: read skew.
    GSingle,
    /// A cycle with several reads of what was replaced: write skew.
    G2,
}

impl fmt::Display for Phenomenon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Internal => "internal inconsistency",
            Self::Unwritten => "value that was never written",
            Self::G1a => "G1a (aborted read)",
            Self::G1b => "G1b (intermediate read)",
            Self::Vanished => "vanished value",
            Self::LostUpdate => "lost update",
            Self::Fork => "fork of a list",
            Self::Twice => "value that was appended twice",
            Self::G0 => "G0 (write cycle)",
            Self::G1c => "G1c (circular information flow)",
            Self::GSingle => "G-single (read skew)",
            Self::G2 => "G2 (anti-dependency cycle, as in write skew)",
        })
    }
}

/// An anomaly in a history.
#[derive(Clone, Debug)]
pub struct Anomaly {
    /// Its kind.
    pub phenomenon: Phenomenon,
    /// Whether it is an anomaly only because of real time: some order explains the transactions, but in it a
    /// transaction comes after one that began when it was over. The position of a blind write always follows from real
    /// time; that does not count here.
    pub real_time: bool,
    /// The transactions in it and their dependencies, as text.
    pub story: String,
}

impl Anomaly {
    pub(super) fn new(phenomenon: Phenomenon, story: String) -> Self {
        Self { phenomenon, real_time: false, story }
    }
}

impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let real_time = if self.real_time { " against real time" } else { "" };
        write!(f, "{}{real_time}:\n{}", self.phenomenon, self.story)
    }
}
