//! Logs the failures of stores that do not log them themselves. An application can hide such a failure from its users,
//! so the operator has to find it in the log.

use std::mem::{Discriminant, discriminant};
use std::time::Instant;

use lovely_session_key_value::{Error, KeyValue, Outcome};

use crate::log_limit::LogLimit;
use crate::log_targets::STORE;

/// The kinds of failures. Of each kind there is at most one line in ten seconds, whatever the store, the keys and the
/// texts of the errors are.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Kind {
    Call(&'static str, Discriminant<Error>),
    Write(Discriminant<Outcome>),
}

static LIMIT: LogLimit<Kind> = LogLimit::new();

/// Logs that a call failed; `call` is `read` or `write`.
pub(crate) fn call_failed(store: &dyn KeyValue, call: &'static str, error: &Error) {
    if store.logs_failures() {
        return;
    }
    if let Some(left_out) = LIMIT.admit(Kind::Call(call, discriminant(error)), Instant::now()) {
        let reason = error.to_string();
        tracing::warn!(target: STORE, call, reason, left_out, "a call to the store failed");
    }
}

/// Logs the first of these outcomes that is [`Outcome::Unavailable`] or [`Outcome::Unknown`], if there is one.
pub(crate) fn written(store: &dyn KeyValue, outcomes: &[Outcome]) {
    let is_failure = |outcome: &&Outcome| matches!(outcome, Outcome::Unavailable | Outcome::Unknown);
    let Some(failed) = outcomes.iter().find(is_failure) else { return };
    if store.logs_failures() {
        return;
    }
    if let Some(left_out) = LIMIT.admit(Kind::Write(discriminant(failed)), Instant::now()) {
        let message = match failed {
            Outcome::Unavailable => "the store did not do a write",
            _ => "the store did not report whether it did a write",
        };
        tracing::warn!(target: STORE, left_out, "{message}");
    }
}
