//! Implements the interface `observation`: keeps reports of transactions until the host takes them.

use ::core::cell::RefCell;
use ::core::mem;
use ::core::sync::atomic::{AtomicU32, Ordering};
use alloc::vec::Vec;

use lovely_session_core as core;
use spin::Mutex;

use crate::Component;
use crate::bindings::exports::lovely::session::observation as wit;

/// How many reports an instance keeps. Most hosts never take them.
const MAX_REPORTS: usize = 64;

static REPORTS: Mutex<Vec<wit::Report>> = Mutex::new(Vec::new());

/// The calls of `key-value` in this instance so far.
static CALLS: AtomicU32 = AtomicU32::new(0);

impl wit::Guest for Component {
    fn take_reports() -> Vec<wit::Report> {
        mem::take(&mut *REPORTS.lock())
    }
}

/// The calls that were made for one transaction.
#[derive(Default)]
pub struct Calls(RefCell<Vec<u32>>);

impl Calls {
    /// Counts a call that is about to be made.
    pub fn count(&self) {
        self.0.borrow_mut().push(CALLS.fetch_add(1, Ordering::Relaxed));
    }

    /// Keeps the report on their transaction.
    pub fn keep(&self, report: core::Report) {
        let calls = self.0.take();
        let containers = report.containers.into_iter().map(Into::into).collect();
        let mut reports = REPORTS.lock();
        if reports.len() >= MAX_REPORTS {
            reports.remove(0);
        }
        reports.push(wit::Report { outcome: report.ending.into(), containers, calls });
    }
}

impl From<core::Participation> for wit::Participation {
    fn from(part: core::Participation) -> Self {
        let core::Participation { container, sessions, begun, renewed, ended, refused } = part;
        Self { container, sessions, begun, renewed, ended, refused }
    }
}

impl From<core::Ending> for wit::Outcome {
    fn from(ending: core::Ending) -> Self {
        match ending {
            core::Ending::Done => Self::Done,
            core::Ending::Merged => Self::Merged,
            core::Ending::Conflict => Self::Conflict,
            core::Ending::Gone => Self::Gone,
            core::Ending::Ended => Self::Ended,
            core::Ending::Unknown => Self::Unknown,
            core::Ending::Failed => Self::Failed,
            core::Ending::Aborted => Self::Aborted,
        }
    }
}
