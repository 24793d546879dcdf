//! What happened in a run, as far as the applications could tell: all that the judge gets to see.

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
    /// It may have been committed: it was told so, or its client crashed while it was committing.
    Unknown,
    /// It was told that it was not committed, for a reason.
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
    /// The kind of an error that says that nothing was done.
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

/// What a transaction was told by one act, in one number.
pub type Answer = u64;
/// The act was not done: it has no session, or it failed before.
pub const SKIPPED: Answer = u64::MAX;
/// The session had ended.
pub const ENDED: Answer = u64::MAX - 1;
/// There was no session.
pub const NOTHING: Answer = u64::MAX - 2;
/// There is a session.
pub const FOUND: Answer = u64::MAX - 3;
/// The act has no answer.
pub const SILENT: Answer = u64::MAX - 4;

/// One transaction of a run.
#[derive(Clone, Debug)]
pub struct Told {
    pub end: End,
    /// What each act was told.
    pub answers: Vec<Answer>,
    /// For each act: the transactions that had begun when it was answered, of those that may begin a session.
    pub begun_then: Vec<u32>,
    /// The acts (a bit each) that certainly found a session that was in the store.
    pub certain: u64,
    /// The transactions that had ended before it began.
    pub ended_before: u32,
    /// The evictions after which it began.
    pub evicted_before: u32,
}

impl Default for Told {
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

impl Told {
    pub fn reset(&mut self) {
        self.end = End::Never;
        self.answers.clear();
        self.begun_then.clear();
        (self.certain, self.ended_before, self.evicted_before) = (0, 0, 0);
    }
}

/// The store lost an item, or all.
#[derive(Clone, Copy, Debug)]
pub struct Eviction {
    /// Under which ids, a bit each. A restart loses what is there at that moment.
    pub ids: u16,
    /// The transactions that had ended before.
    pub ended: u32,
    /// The transactions that had begun and not ended.
    pub under_way: u32,
}

/// What a reader finds under an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum View {
    Nothing,
    Ended,
    Live(Content),
    /// Reading failed, or showed what no program writes.
    Broken,
}

/// What happens in a run in which time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A transaction reads or writes what is stored for an id.
    Used(usize, Id),
    /// A transaction begins an act.
    Asks(usize),
    /// An act of a transaction is answered.
    Told(usize, usize, Answer),
    /// A transaction begins to commit.
    Commits(usize),
    /// A transaction ends.
    Ended(usize, End),
}

/// What a reader finds long after the end of a run in which time passed.
#[derive(Clone, Debug, Default)]
pub struct Afterwards {
    /// At the end.
    pub at: Duration,
    /// When everything must have been forgotten that can be.
    pub later: Vec<View>,
    /// The ids for which the store still held something then.
    pub left: Vec<Id>,
}

/// A run.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub told: Vec<Told>,
    pub evictions: Vec<Eviction>,
    /// How many steps at the store it took.
    pub steps: usize,
    /// What readers find at the end under each id, one after another. There are two ways to go on if writes are late:
    /// somebody reads before they arrive, and again after that; or only then. Reading may write.
    pub endings: Vec<Vec<Vec<View>>>,
    /// If time passed: what happened when, and what came afterwards.
    pub events: Vec<(Duration, Event)>,
    pub afterwards: Afterwards,
}
