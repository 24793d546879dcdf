//! What a server tells about the requests that it has served: everything that counts, logs or traces them is made of
//! these reports.

use std::time::{Duration, Instant, SystemTime};

use hyper::{Method, StatusCode};

use super::trace_context::TraceContext;
use crate::bindings::observation;
use crate::call_log::StoreCall;

/// Is told about each request that a server has served. See [`Server::with_observer`](super::Server::with_observer).
pub trait Observer: Send + Sync + 'static {
    /// A request has ended: its response was sent, or its client has disconnected; and its instance has ended.
    ///
    /// Called on a thread that serves requests, so it must neither block nor panic.
    fn request_ended(&self, report: RequestReport);
}

/// What became of a request. It holds nothing of its target, headers and body, and no id of a session.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RequestReport {
    /// The trace that it belongs to.
    pub trace: TraceContext,
    /// Its method.
    pub method: Method,
    /// The status of the response; `None` if the client disconnected before.
    pub status: Option<StatusCode>,
    /// The bytes of the response's body that were sent.
    pub bytes: u64,
    /// When its head arrived.
    pub began: Moment,
    /// The time from its beginning until its instance began; `None` if it got none.
    pub started_after: Option<Duration>,
    /// The time from its beginning until the response was sent.
    pub responded_after: Duration,
    /// The time from its beginning until its end, which is that of the response or that of the instance, whichever was
    /// later.
    pub ended_after: Duration,
    /// The largest memory of the instance, with what the host held for it, in bytes; 0 if there was none.
    pub memory: usize,
    /// Its calls to the store, in their order.
    pub calls: Vec<StoreCall>,
    /// Its transactions, in the order in which they ended. Missing are those of an instance that trapped, or that was
    /// stopped.
    pub transactions: Vec<TransactionReport>,
}

impl RequestReport {
    /// The transactions that ran again: those after one that ended in a conflict.
    pub fn reruns(&self) -> usize {
        let pairs = self.transactions.windows(2);
        pairs
            .filter(|pair| matches!(pair, [before, _] if before.outcome == TransactionOutcome::Conflict))
            .count()
    }
}

/// A moment, on the clock of the system and on a steady one.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The time on the clock of the system.
    pub system: SystemTime,
    /// The time on a steady clock.
    pub steady: Instant,
}

impl Moment {
    pub(super) fn now() -> Self {
        Self { system: SystemTime::now(), steady: Instant::now() }
    }
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransactionReport {
    /// How it ended.
    pub outcome: TransactionOutcome,
    /// The containers of its sessions, each once.
    pub containers: Vec<Participation>,
    /// The positions of its calls in [`RequestReport::calls`].
    pub calls: Vec<usize>,
}

/// How a transaction ended, as in `lovely:session/observation`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransactionOutcome {
    /// It was committed.
    Done,
    /// It was committed after others had changed the same sessions.
    Merged,
    /// Its commit failed with `conflict`.
    Conflict,
    /// Its commit failed with `gone`.
    Gone,
    /// Its commit failed with `ended`.
    Ended,
    /// Its commit failed with `outcome-unknown`.
    Unknown,
    /// Its commit failed with another error.
    Failed,
    /// It was aborted, or dropped before a commit.
    Aborted,
}

impl TransactionOutcome {
    /// Its name in the interface.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Merged => "merged",
            Self::Conflict => "conflict",
            Self::Gone => "gone",
            Self::Ended => "ended",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
            Self::Aborted => "aborted",
        }
    }
}

/// The part of a container in a transaction, as numbers of sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Participation {
    /// The name of the container.
    pub container: String,
    /// The sessions that joined.
    pub sessions: u32,
    /// The sessions that it stored for the first time.
    pub begun: u32,
    /// The sessions whose ids it renewed.
    pub renewed: u32,
    /// The sessions that it ended.
    pub ended: u32,
    /// The times that a session was refused.
    pub refused: u32,
}

impl From<observation::Report> for TransactionReport {
    fn from(report: observation::Report) -> Self {
        let calls = report.calls.into_iter().filter_map(|call| usize::try_from(call).ok()).collect();
        let containers = report.containers.into_iter().map(Participation::from).collect();
        Self { outcome: report.outcome.into(), containers, calls }
    }
}

impl From<observation::Participation> for Participation {
    fn from(part: observation::Participation) -> Self {
        let observation::Participation { container, sessions, begun, renewed, ended, refused } = part;
        Self { container, sessions, begun, renewed, ended, refused }
    }
}

impl From<observation::Outcome> for TransactionOutcome {
    fn from(outcome: observation::Outcome) -> Self {
        match outcome {
            observation::Outcome::Done => Self::Done,
            observation::Outcome::Merged => Self::Merged,
            observation::Outcome::Conflict => Self::Conflict,
            observation::Outcome::Gone => Self::Gone,
            observation::Outcome::Ended => Self::Ended,
            observation::Outcome::Unknown => Self::Unknown,
            observation::Outcome::Failed => Self::Failed,
            observation::Outcome::Aborted => Self::Aborted,
        }
    }
}
