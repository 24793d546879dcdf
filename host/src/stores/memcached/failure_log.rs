//! The failures of a server in the log: few lines, however many failures there are, and nothing that is stored.

use std::fmt;
use std::mem::{Discriminant, discriminant};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use lovely_session_memcached::Failure;

use super::health::Change;
use crate::log_limit::LogLimit;
use crate::log_targets::STORE;

/// The log of one server.
#[derive(Debug)]
pub(super) struct FailureLog {
    server: String,
    failures: LogLimit<(Call, Discriminant<Failure>)>,
    departures: LogLimit<()>,
    /// The log says that the server is away.
    is_logged_away: AtomicBool,
}

/// What has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Call {
    /// Making a connection.
    Connect,
    Read,
    Write,
}

impl FailureLog {
    pub(super) fn of(server: &str) -> Self {
        Self {
            server: server.to_owned(),
            failures: LogLimit::new(),
            departures: LogLimit::new(),
            is_logged_away: AtomicBool::new(false),
        }
    }

    /// Logs that a call has failed.
    pub(super) fn failed(&self, call: Call, failure: &Failure) {
        let call = if matches!(failure, Failure::Unreachable(_) | Failure::Unsuitable(_)) {
            Call::Connect
        } else {
            call
        };
        let kind = (call, discriminant(failure));
        let Some(left_out) = self.failures.admit(kind, Instant::now()) else { return };
        let (server, reason) = (&self.server, failure.to_string());
        // As a string and not by `Display`, so that it is written escaped and cannot pass for another line.
        tracing::warn!(target: STORE, %server, %call, reason, left_out, "a call to memcached failed");
    }

    /// Logs a change of the server's state.
    pub(super) fn changed(&self, change: Change) {
        if change == Change::Back {
            return self.back();
        }
        if self.departures.admit((), Instant::now()).is_none() {
            return;
        }
        self.is_logged_away.store(true, Ordering::Relaxed);
        let server = &self.server;
        match change {
            Change::Away => tracing::warn!(
                target: STORE,
                %server,
                "memcached does not answer; one call at a time is sent to it, and all others fail at once"
            ),
            _ => tracing::warn!(target: STORE, %server, "memcached cannot be connected to"),
        }
    }

    fn back(&self) {
        if self.is_logged_away.swap(false, Ordering::Relaxed) {
            let (server, left_out) = (&self.server, self.failures.take_left_out());
            tracing::info!(target: STORE, %server, left_out, "memcached answers again");
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connect",
            Self::Read => "read",
            Self::Write => "write",
        })
    }
}
