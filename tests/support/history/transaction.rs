//! What is recorded of a transaction.

use std::fmt;

/// A value. In one history, no value is written twice.
pub type Value = u64;

/// One step of a transaction on the register that is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// A key was read, and held this; none if it was absent.
    Read(String, Option<Value>),
    /// A key was given this value; none if it was removed.
    Write(String, Option<Value>),
    /// A savepoint was taken.
    Savepoint,
    /// The writes since a savepoint were taken back: the one with this number, counting those that are valid
    /// from 0. Later ones become invalid.
    Rollback(usize),
}

impl Op {
    /// The key that was read or written; none if the step was no read and no write.
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
    /// Its writes must never be seen: it was given up, or refused.
    Aborted,
    /// Nobody was told. It happened if somebody saw what it wrote.
    Unknown,
}

/// One transaction, on the register that is checked.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// What a report calls it.
    pub name: String,
    /// When it had not begun yet, in nanoseconds on a monotonic clock that all share.
    pub begin: u64,
    /// When it was over.
    pub end: u64,
    /// How it ended.
    pub status: Status,
    /// What it did, in its order.
    pub ops: Vec<Op>,
}

impl Transaction {
    /// What it did to the keys that begin like this, as a transaction of its own; none if it did nothing to them.
    #[must_use]
    pub fn within(&self, prefix: &str) -> Option<Self> {
        let mut part = self.clone();
        part.ops.retain(|op| op.key().is_none_or(|key| key.starts_with(prefix)));
        part.ops.iter().any(|op| op.key().is_some()).then_some(part)
    }

    /// When its effects were certainly there or certainly were not. One of unknown outcome may still happen.
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
