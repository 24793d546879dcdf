//! What is known of sessions and transactions at a time.

use crate::history::History;
use crate::program::{Act, Id, Lives, MAX_IDS, Program, StoreKind, TRUSTED, Tx};

/// The number of seconds by which clocks and rounding may change a result.
pub const SLACK: u64 = 8;

/// What is known of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Absent,
    Live,
    /// It timed out.
    Over,
    /// It was destroyed, or moved with this number of seconds of grace, between these two times.
    Ended {
        from: u64,
        to: u64,
        grace: u64,
    },
    /// One of these, or it is about to time out.
    Unclear,
}

/// What is known of a transaction.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    pub begun: bool,
    pub over: bool,
    /// When its last act began.
    pub called_at: u64,
    /// When it last requested each id.
    pub requested: [u64; MAX_IDS],
    /// When it last read each id for one of its acts.
    pub read_at: [u64; MAX_IDS],
    /// The ids for which it is unknown what it did.
    pub unclear: u16,
    /// What it used since its last act.
    pub used: Vec<Use>,
    /// When it last used each id.
    pub last: [u64; MAX_IDS],
    pub commits_at: u64,
    /// The ids under which it found an existing session.
    pub found: u16,
    /// The ids under which it may have begun a session.
    pub began: u16,
    /// The life of each session that it certainly found, as the number of sessions that had ended under that
    /// id before.
    pub lives: [Option<u32>; MAX_IDS],
    /// Whether it would write back what has timed out.
    pub must_fail: bool,
    /// Whether nothing that it changes has timed out.
    pub in_time: bool,
}

/// A read of the entry of an id.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    pub id: Id,
    pub at: u64,
    /// What was known then.
    pub status: Status,
    pub disturbed: bool,
}

pub struct Checker<'h> {
    pub program: &'h Program,
    pub transactions: Vec<&'h Tx>,
    pub history: &'h History,
    pub status: [Status; MAX_IDS],
    /// When each session was last used, and when it was last used in a way that certainly kept it alive.
    pub used: [u64; MAX_IDS],
    pub kept: [u64; MAX_IDS],
    /// The number of sessions under an id that ended, or may have.
    pub ends: [u32; MAX_IDS],
    pub progress: Vec<Progress>,
}

impl Checker<'_> {
    pub fn lives(&self) -> &Lives {
        &self.program.lives
    }

    pub fn faultless(&self) -> bool {
        self.program.faults.budget == 0
    }

    /// The number of seconds without use for which a session certainly stays alive.
    pub fn safe(&self) -> u64 {
        let timeout = u64::from(self.lives().timeout);
        let resolution = if self.program.store == StoreKind::Slides { 0 } else { timeout / 2 };
        timeout.saturating_sub(resolution + SLACK)
    }

    /// Applies the present time.
    pub fn age(&mut self, at: u64) {
        let timeout = u64::from(self.lives().timeout);
        for id in 0..MAX_IDS {
            if timeout == 0 || self.status[id] != Status::Live {
                continue;
            }
            if at - self.used[id] > timeout + SLACK {
                self.end_life(id, Status::Over);
            } else if at - self.kept[id] >= self.safe() {
                // It may have timed out or not.
                self.end_life(id, Status::Unclear);
            }
        }
    }

    /// Notes that a session is no longer certainly alive.
    pub fn end_life(&mut self, id: usize, status: Status) {
        self.ends[id] += u32::from(self.status[id] == Status::Live);
        self.status[id] = status;
    }

    /// Whether another transaction in progress may change whether there is a session under an id.
    pub fn is_disturbed(&self, tx: usize, id: Id) -> bool {
        self.transactions.iter().enumerate().any(|(other, spec)| {
            let Progress { begun, over, .. } = self.progress[other];
            other != tx && begun && !over && self.changes_life(spec, id)
        })
    }

    fn changes_life(&self, spec: &Tx, id: Id) -> bool {
        let asks = |act: &Act| matches!(act, Act::Session(it) | Act::Resume(it) if *it == id);
        let begins = |act: &Act| matches!(act, Act::Session(it) if *it == id);
        spec.may_end() && (spec.acts.iter().any(asks) || usize::from(id) >= TRUSTED.len())
            || spec.acts.iter().any(begins) && self.status[usize::from(id)] != Status::Live
    }
}
