//! Errors in JSON.

use lovely_session::{Error, NameKind};
use serde_json::{Value, json};

/// Why the work of a visit failed.
#[derive(Debug)]
pub enum Failure {
    /// A call of the SDK failed.
    Sdk(Error),
    /// The work fails with an error of its own.
    Application,
    /// There is no such step.
    NoStep(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Sdk(error)
    }
}

impl Failure {
    pub fn in_json(&self) -> Value {
        let (name, text, data) = match self {
            Self::Sdk(error) => {
                let (name, data) = name_and_data(error);
                (name, error.to_string(), data)
            }
            Self::Application => ("application", "the application failed".to_owned(), json!({})),
            Self::NoStep(step) => ("no-step", format!("there is no step {step:?}"), json!({})),
        };
        let mut error = json!({"name": name, "text": text});
        if let (Some(error), Some(data)) = (error.as_object_mut(), data.as_object()) {
            error.extend(data.clone());
        }
        error
    }
}

fn name_and_data(error: &Error) -> (&'static str, Value) {
    match error {
        Error::Finished => ("finished", json!({})),
        Error::Busy => ("busy", json!({})),
        Error::SavepointInvalid => ("savepoint-invalid", json!({})),
        Error::InvalidName(name) => {
            ("invalid-name", json!({"kind": kind(name.kind), "length": name.length, "limit": name.limit}))
        }
        Error::InvalidOption(option) => (
            "invalid-option",
            json!({"option": option.name, "maximum": option.maximum, "given": option.given}),
        ),
        Error::InvalidJson(json) => ("invalid-json", json!({"key": json.key, "reason": json.reason})),
        Error::NotACounter(problem) => (
            "not-a-counter",
            json!({"package": problem.package, "key": problem.key, "held": problem.held, "added": problem.added}),
        ),
        Error::TooManySessions(limit) => ("too-many-sessions", json!({"limit": limit})),
        Error::Conflict(conflicts) => {
            let conflicts = conflicts.iter().map(
                |conflict| json!({"container": conflict.container, "package": conflict.package, "key": conflict.key}),
            );
            ("conflict", json!({"conflicts": conflicts.collect::<Vec<_>>()}))
        }
        Error::Gone(sessions) => ("gone", json!({"sessions": sessions.len()})),
        Error::Ended(sessions) => ("ended", json!({"sessions": sessions.len()})),
        Error::TooLarge(record) => ("too-large", json!({"size": record.size, "limit": record.limit})),
        Error::Damaged(damage) => ("damaged", json!({"reason": damage.reason})),
        Error::UnknownFormat(_) => ("unknown-format", json!({})),
        Error::Unavailable(reason) => ("unavailable", json!({"reason": reason})),
        Error::Unsupported(reason) => ("unsupported", json!({"reason": reason})),
        Error::Denied(reason) => ("denied", json!({"reason": reason})),
        Error::Store(reason) => ("store", json!({"reason": reason})),
        Error::OutcomeUnknown(sessions) => ("outcome-unknown", json!({"sessions": sessions.len()})),
        Error::WrongType(value) => ("wrong-type", value_in_json(value)),
        Error::NotSerializable(value) => ("not-serializable", value_in_json(value)),
        Error::InvalidCookie(reason) => ("invalid-cookie", json!({"reason": reason.to_string()})),
    }
}

fn value_in_json(value: &lovely_session::JsonError) -> Value {
    json!({"package": value.package, "key": value.key, "reason": value.reason.to_string()})
}

fn kind(kind: NameKind) -> &'static str {
    match kind {
        NameKind::Container => "container",
        NameKind::SessionId => "session-id",
        NameKind::Package => "package",
        NameKind::Key => "key",
    }
}
