//! What happened in a run as far as the applications can observe: the input of the checker.

use std::time::Duration;

use lovely_session_core::Error;

use crate::program::{Content, Id};

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// It never began, or its client crashed before it committed.
    Never,
    /// It was committed.
    Done,
    /// It may have been committed: the outcome is unknown, or its client crashed during the commit.
    Unknown,
    /// It failed, so it was not committed.
    Failed(Failure),
    /// It aborted.
    Aborted,
}

/// Why a transaction was not committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Failure {
    Conflict,
    Gone,
    Ended,
    Store,
    Other,
}

impl Failure {
    /// The kind of an error that says that nothing was written.
    pub fn of(error: &Error) -> Self {
        match error {
            Error::Conflict(_) => Self::Conflict,
            Error::Gone(_) => Self::Gone,
            Error::Ended(_) => Self::Ended,
            Error::Store(_) => Self::Store,
            _ => Self::Other,
        }
    }
}

/// The result of one act, as a number.
pub type Answer = u64;
/// The act was not done: it has no session, or an earlier act failed.
pub const SKIPPED: Answer = u64::MAX;
/// The session had ended.
pub const ENDED: Answer = u64::MAX - 1;
/// There was no session.
pub const NOTHING: Answer = u64::MAX - 2;
/// There is a session.
pub const FOUND: Answer = u64::MAX - 3;
/// The act has no result.
pub const SILENT: Answer = u64::MAX - 4;

/// What one transaction of a run observed.
#[derive(Clone, Debug)]
pub struct Observed {
    pub end: End,
    /// The result of each act.
    pub answers: Vec<Answer>,
    /// For each act: the transactions that had begun by then, of those that may begin a session.
    pub begun_then: Vec<u32>,
    /// The acts (a bit each) that certainly found a session that was in the store.
    pub certain: u64,
    /// The transactions that had ended before it began.
    pub ended_before: u32,
    /// The evictions after which it began.
    pub evicted_before: u32,
}

impl Default for Observed {
    fn default() -> Self {
        Self {
            end: End::Never,
            answers: Vec::new(),
            begun_then: Vec::new(),
            certain: 0,
            ended_before: 0,
            evicted_before: 0,
        }
    }
}

impl Observed {
    pub fn reset(&mut self) {
        self.end = End::Never;
        self.answers.clear();
        self.begun_then.clear();
        (self.certain, self.ended_before, self.evicted_before) = (0, 0, 0);
    }
}

/// The store lost an entry, or all.
#[derive(Clone, Copy, Debug)]
pub struct Eviction {
    /// The ids of these entries, a bit each. A restart loses what is stored at that time.
    pub ids: u16,
    /// The transactions that had ended before.
    pub ended: u32,
    /// The transactions that had begun and not ended.
    pub under_way: u32,
    /// The transactions that can have no effect after this, though their outcome is unknown: the container was dropped
    /// on every server since they returned.
    pub over: u32,
}

/// The result of a reader for an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum View {
    Nothing,
    Ended,
    Live(Content),
    /// Reading failed, or returned what no program writes.
    Broken,
}

/// An event in a run in which time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A transaction reads or writes what is stored for an id.
    Used(usize, Id),
    /// A transaction begins an act.
    Calls(usize),
    /// An act of a transaction returns.
    Returned(usize, usize, Answer),
    /// A transaction begins to commit.
    Commits(usize),
    /// A transaction ends.
    Ended(usize, End),
}

/// The results of a reader long after the end of a run in which time passed.
#[derive(Clone, Debug, Default)]
pub struct Afterwards {
    /// The time of the end.
    pub at: Duration,
    /// The results after everything must have been forgotten.
    pub later: Vec<View>,
    /// The ids for which the store still held an entry then.
    pub left: Vec<Id>,
}

/// A run.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub observed: Vec<Observed>,
    pub evictions: Vec<Eviction>,
    /// The number of steps at the store.
    pub steps: usize,
    /// The results of readers at the end under each id, in order. If writes are delayed, there are two
    /// possibilities: one reader before they are applied and one after that, or only the latter. Reading may
    /// write.
    pub endings: Vec<Vec<Vec<View>>>,
    /// If time passed: the events with their times, and the results long after the end.
    pub events: Vec<(Duration, Event)>,
    pub afterwards: Afterwards,
}
