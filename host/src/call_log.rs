//! What an instance asked of its store, for those who measure or trace it.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lovely_session_key_value::{Error, Outcome};

/// How many calls are kept. A transaction makes a handful.
const MAX_CALLS: usize = 1000;

/// A call of `lovely:session/key-value`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreCall {
    /// Whether it read or wrote.
    pub kind: CallKind,
    /// The number of keys.
    pub keys: usize,
    /// When the instance made it.
    pub began: Instant,
    /// How long it waited for a turn ([`Turns`](crate::Turns)) before it was sent.
    pub waited: Duration,
    /// How long the store took.
    pub took: Duration,
    /// How it ended.
    pub result: CallResult,
}

/// Whether a call reads or writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallKind {
    /// It reads entries.
    Read,
    /// It writes entries.
    Write,
}

/// How a call of the store ended. Of several outcomes of one call, the last that applies in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CallResult {
    /// Everything was read or written.
    Done,
    /// A write was not applied, because its condition did not hold: another transaction was faster.
    LostRace,
    /// A value is too large for the store.
    TooLarge,
    /// The store refused the call, or failed: see [`Error`].
    Failed,
    /// A server cannot be reached.
    Unavailable,
    /// It is not known whether a write was applied.
    Unknown,
    /// The call did not end: the instance was dropped before.
    Dropped,
}

impl CallResult {
    /// A name of one or two words, in lower case with `-`, for labels.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::LostRace => "lost-race",
            Self::TooLarge => "too-large",
            Self::Failed => "failed",
            Self::Unavailable => "unavailable",
            Self::Unknown => "unknown",
            Self::Dropped => "dropped",
        }
    }

    pub(crate) fn of_error(error: &Error) -> Self {
        match error {
            Error::Unavailable(_) => Self::Unavailable,
            _ => Self::Failed,
        }
    }

    pub(crate) fn of_outcomes(outcomes: &[Outcome]) -> Self {
        let results = outcomes.iter().map(|outcome| match outcome {
            Outcome::Applied(_) => Self::Done,
            Outcome::Stale | Outcome::Missing => Self::LostRace,
            Outcome::TooLarge(_) | Outcome::Skipped => Self::TooLarge,
            Outcome::Unavailable => Self::Unavailable,
            Outcome::Unknown => Self::Unknown,
        });
        results.max().unwrap_or(Self::Done)
    }
}

/// The calls of an instance. Clones share them.
///
/// Give one to [`KeyValueCtx::with_call_log`](crate::KeyValueCtx::with_call_log), and keep a clone. The reports of the
/// session component (`lovely:session/observation`) count the same calls, from 0.
#[derive(Debug, Clone, Default)]
pub struct CallLog(Arc<Mutex<Vec<StoreCall>>>);

impl CallLog {
    /// Returns the calls so far, in the order in which they were made, at most 1,000, and begins anew.
    pub fn take(&self) -> Vec<StoreCall> {
        mem::take(&mut *self.calls())
    }

    /// Notes a call that is made now.
    pub(crate) fn begin(&self, kind: CallKind, keys: usize) -> CallInProgress<'_> {
        let began = Instant::now();
        let mut calls = self.calls();
        let position = calls.len();
        if position < MAX_CALLS {
            let (waited, took) = (Duration::ZERO, Duration::ZERO);
            calls.push(StoreCall { kind, keys, began, waited, took, result: CallResult::Dropped });
        }
        CallInProgress { log: self, position, began, waited: Duration::ZERO }
    }

    fn calls(&self) -> MutexGuard<'_, Vec<StoreCall>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that has not ended.
pub(crate) struct CallInProgress<'a> {
    log: &'a CallLog,
    position: usize,
    began: Instant,
    waited: Duration,
}

impl CallInProgress<'_> {
    /// The call has its turn, and is sent now.
    pub(crate) fn send(&mut self) {
        self.waited = self.began.elapsed();
    }

    pub(crate) fn end(self, result: CallResult) {
        let took = self.began.elapsed().saturating_sub(self.waited);
        if let Some(call) = self.log.calls().get_mut(self.position) {
            (call.waited, call.took, call.result) = (self.waited, took, result);
        }
    }
}
