//! Records a request for the observer of the server.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::{Method, StatusCode};

use super::observer::{Moment, Observer, RequestReport, TransactionReport};
use super::trace_context::TraceContext;
use crate::call_log::CallLog;

/// The record of a request that has not ended. The response and the run of the application share it; when both have
/// dropped it, the observer gets the report.
pub(super) struct Recorder {
    observer: Arc<dyn Observer>,
    trace: TraceContext,
    calls: CallLog,
    began: Moment,
    /// Taken when this is dropped.
    report: Mutex<Option<RequestReport>>,
}

impl Recorder {
    /// Begins the record of a request that has just arrived.
    pub(super) fn begin(observer: Arc<dyn Observer>, method: Method, trace: TraceContext) -> Self {
        let began = Moment::now();
        let report = RequestReport {
            trace,
            method,
            status: None,
            bytes: 0,
            began,
            started_after: None,
            responded_after: Duration::ZERO,
            ended_after: Duration::ZERO,
            memory: 0,
            calls: Vec::new(),
            transactions: Vec::new(),
        };
        Self { observer, trace, calls: CallLog::default(), began, report: Mutex::new(Some(report)) }
    }

    /// The trace of the request.
    pub(super) fn trace(&self) -> &TraceContext {
        &self.trace
    }

    /// Where the calls of the request's instance to the store are noted.
    pub(super) fn calls(&self) -> &CallLog {
        &self.calls
    }

    /// An instance begins.
    pub(super) fn started(&self) {
        let after = self.elapsed();
        self.change(|report| report.started_after = Some(after));
    }

    /// The instance has ended.
    pub(super) fn ended(&self, memory: usize) {
        self.change(|report| report.memory = memory);
    }

    /// What became of its transactions.
    pub(super) fn transactions(&self, transactions: Vec<TransactionReport>) {
        self.change(|report| report.transactions = transactions);
    }

    /// The response was sent, or the client has disconnected.
    pub(super) fn responded(&self, status: Option<StatusCode>, bytes: u64) {
        let after = self.elapsed();
        self.change(|report| (report.status, report.bytes, report.responded_after) = (status, bytes, after));
    }

    fn elapsed(&self) -> Duration {
        self.began.steady.elapsed()
    }

    fn change(&self, change: impl FnOnce(&mut RequestReport)) {
        if let Some(report) = self.report().as_mut() {
            change(report);
        }
    }

    fn report(&self) -> MutexGuard<'_, Option<RequestReport>> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let Some(mut report) = self.report().take() else { return };
        report.calls = self.calls.take();
        report.ended_after = self.elapsed();
        self.observer.request_ended(report);
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}
