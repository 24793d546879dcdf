//! What the page shows beside the metrics.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::errors::{RecentError, RecentErrors};
use crate::readiness::NotReady;

/// What a server is, and what limits it. It does not change while the server runs.
#[derive(Debug, Clone)]
pub struct Status {
    /// The version of the program.
    pub version: String,
    /// The name of the application's file.
    pub application: String,
    /// The addresses on which the application is served, as URLs.
    pub addresses: Vec<String>,
    /// The URL of the store, without anything secret.
    pub store: String,
    /// When the process started.
    pub started: SystemTime,
    /// The limits in force.
    pub limits: Vec<Limit>,
}

/// A limit that is in force.
#[derive(Debug, Clone, Serialize)]
pub struct Limit {
    /// The name of the option that sets it.
    pub name: String,
    /// Its value, with a unit.
    pub value: String,
    /// What it limits.
    pub what: String,
}

#[derive(Serialize)]
struct Document<'a> {
    version: &'a str,
    application: &'a str,
    addresses: &'a [String],
    store: &'a str,
    started: f64,
    ready: bool,
    not_ready: Option<String>,
    limits: &'a [Limit],
    errors: Vec<ErrorEntry>,
}

#[derive(Serialize)]
struct ErrorEntry {
    at: f64,
    kind: String,
    what: String,
    advice: &'static str,
    count: u64,
}

impl Status {
    /// The document for the page.
    pub(crate) fn document(
        &self,
        errors: &RecentErrors,
        readiness: Result<(), NotReady>,
    ) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Document {
            version: &self.version,
            application: &self.application,
            addresses: &self.addresses,
            store: &self.store,
            started: seconds(self.started),
            ready: readiness.is_ok(),
            not_ready: readiness.err().map(|reason| reason.to_string()),
            limits: &self.limits,
            errors: errors.latest().into_iter().map(ErrorEntry::from).collect(),
        })
    }
}

impl From<RecentError> for ErrorEntry {
    fn from(error: RecentError) -> Self {
        let advice = advice(&error.target);
        let kind = match (error.is_error, error.target) {
            (true, target) => format!("{target}: error"),
            (false, target) => format!("{target}: warning"),
        };
        Self { at: seconds(error.at), kind, what: error.text, advice, count: error.count }
    }
}

/// What to do about a warning or an error, by where it comes from.
fn advice(target: &str) -> &'static str {
    match target {
        "store" => {
            "Check that the server runs and can be reached from here: the command lovely-session stats asks each server."
        }
        "application" => {
            "The application failed or was stopped. Its own output is in the log, before this line; look at its code, or \
             at the limits below."
        }
        _ => "The log has the details.",
    }
}

fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
