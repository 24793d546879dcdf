//! What happens to sessions, as events of the log.

use lovely_session_host::serve::{Observer, RequestReport, TransactionOutcome, TransactionReport};

/// The target of the events.
pub const SESSIONS: &str = "sessions";

/// Logs what happens to sessions: events of `tracing` with the target [`SESSIONS`] and the level `INFO`.
///
/// | field | what it holds |
/// |---|---|
/// | `event` | `begun`, `renewed`, `ended`, `refused` or `conflict` |
/// | `container` | the name of the container |
/// | `sessions` | the number of sessions |
/// | `trace_id` | the id of the request's trace |
///
/// There are no ids of sessions in them.
#[derive(Debug, Clone, Copy, Default)]
pub struct SessionLog;

impl Observer for SessionLog {
    fn request_ended(&self, report: RequestReport) {
        report.transactions.iter().for_each(|transaction| log(report.trace.trace, transaction));
    }
}

fn log(trace: u128, transaction: &TransactionReport) {
    let is_conflict = transaction.outcome == TransactionOutcome::Conflict;
    for part in &transaction.containers {
        let conflicts = if is_conflict { part.sessions } else { 0 };
        let events = [
            ("begun", part.begun),
            ("renewed", part.renewed),
            ("ended", part.ended),
            ("refused", part.refused),
            ("conflict", conflicts),
        ];
        for (event, sessions) in events.into_iter().filter(|(_, sessions)| *sessions > 0) {
            let container = part.container.as_str();
            tracing::info!(target: SESSIONS, event, container, sessions, trace_id = format!("{trace:032x}"));
        }
    }
}
