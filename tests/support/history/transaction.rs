//! The record of a transaction.

use std::fmt;

/// A value. In one history, no value is written twice.
pub type Value = u64;

/// A step of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// A read of a key, and its value; none if it was absent.
    Read(String, Option<Value>),
    /// A write of a key; none if it was removed.
    Write(String, Option<Value>),
    /// A savepoint.
    Savepoint,
    /// A rollback to a savepoint, by its number among the valid ones, from 0. Later savepoints become invalid.
    Rollback(usize),
}

impl Op {
    /// The key of a read or write.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Read(key, _) | Self::Write(key, _) => Some(key),
            Self::Savepoint | Self::Rollback(_) => None,
        }
    }
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Its writes were acknowledged.
    Committed,
    /// Its writes must never be read: it was aborted, or its commit failed.
    Aborted,
    /// The outcome is not known. It happened if its writes were read.
    Unknown,
}

/// A transaction.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// Its name in reports.
    pub name: String,
    /// A time before its begin, in nanoseconds by a monotonic clock that all share.
    pub begin: u64,
    /// A time after its end.
    pub end: u64,
    /// How it ended.
    pub status: Status,
    /// Its steps.
    pub ops: Vec<Op>,
}

impl Transaction {
    /// The steps on keys with this prefix, as a separate transaction; none if there are none.
    #[must_use]
    pub fn within(&self, prefix: &str) -> Option<Self> {
        let mut part = self.clone();
        part.ops.retain(|op| op.key().is_none_or(|key| key.starts_with(prefix)));
        part.ops.iter().any(|op| op.key().is_some()).then_some(part)
    }

    /// The time from which its effects are final. A transaction with an unknown outcome may still happen.
    #[must_use]
    pub fn over(&self) -> u64 {
        if self.status == Status::Unknown { u64::MAX } else { self.end }
    }
}

impl fmt::Display for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = |nanos: u64| nanos / 1000;
        let Self { name, begin, end, status, ops } = self;
        write!(f, "{name} [{}..{} us, {status:?}]", micros(*begin), micros(*end))?;
        let mut separator = " ";
        for op in ops {
            write!(f, "{separator}{op}")?;
            separator = ", ";
        }
        Ok(())
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(key, Some(value)) => write!(f, "get {key} = {value}"),
            Self::Read(key, None) => write!(f, "get {key} = absent"),
            Self::Write(key, Some(value)) => write!(f, "set {key} = {value}"),
            Self::Write(key, None) => write!(f, "remove {key}"),
            Self::Savepoint => write!(f, "savepoint"),
            Self::Rollback(number) => write!(f, "rollback to savepoint {number}"),
        }
    }
}
