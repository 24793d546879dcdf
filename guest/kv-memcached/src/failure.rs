//! Why a server did not answer, and what that means for a call.

use alloc::format;
use alloc::string::String;

use lovely_session_key_value::{Error, Outcome};
use lovely_session_memcached::{Unfit, incomprehensible};

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// No connection could be made, for this reason.
    Unreachable(&'static str),
    /// The connection broke.
    Broken,
    /// The time is up.
    TimedOut,
    /// What came is no answer.
    NotUnderstood,
    /// The server is not fit for keeping sessions.
    Unfit(Unfit),
}

impl Failure {
    /// What it means for a call that needs an answer of this server.
    pub fn error(&self, server: &str) -> Error {
        let unavailable = |what: &str| Error::Unavailable(format!("memcached server {server}: {what}"));
        match self {
            Self::Unreachable(reason) => unavailable(&format!(
                "it cannot be reached ({reason}); check the address, that it is running, and that this component \
                 may use the network"
            )),
            Self::Broken => unavailable("the connection broke"),
            Self::TimedOut => unavailable("it did not answer in time"),
            Self::NotUnderstood => incomprehensible(server),
            Self::Unfit(unfit) => of_unfit(server, unfit),
        }
    }
}

fn of_unfit(server: &str, unfit: &Unfit) -> Error {
    let text = |what: &str| -> String { format!("the memcached server {server} {what}") };
    match unfit {
        Unfit::Denied => {
            Error::Denied(text("asks for authentication; start it without `-Y` and guard it by the network"))
        }
        Unfit::CasDisabled => {
            Error::Unsupported(text("has compare-and-swap disabled; start it without `-C`"))
        }
        Unfit::TooOld { version } => Error::Unsupported(text(&format!(
            "({version}) lacks meta commands or statistics that sessions need; use 1.6.18 or newer, and no proxy"
        ))),
        Unfit::NotMemcached { .. } => {
            Error::Unavailable(text("answers as no memcached does with its text protocol; check the address"))
        }
    }
}

/// What became of a write that was not answered.
pub fn of_lost_write(is_begun: bool) -> Outcome {
    if is_begun { Outcome::Unknown } else { Outcome::Unavailable }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_is_an_error_that_says_what_can_be_done() {
        let error = |failure: Failure| failure.error("h:1");
        for failure in [Failure::Unreachable("connection-refused"), Failure::Broken, Failure::TimedOut] {
            assert!(matches!(error(failure), Error::Unavailable(text) if text.contains("h:1")));
        }
        assert!(matches!(error(Failure::NotUnderstood), Error::Other(_)));
        assert!(matches!(error(Failure::Unfit(Unfit::Denied)), Error::Denied(_)));
        assert!(matches!(error(Failure::Unfit(Unfit::CasDisabled)), Error::Unsupported(_)));
        let too_old = Unfit::TooOld { version: "1.4".into() };
        assert!(matches!(error(Failure::Unfit(too_old)), Error::Unsupported(text) if text.contains("1.4")));
    }

    #[test]
    fn only_a_write_that_was_not_begun_is_surely_not_done() {
        assert_eq!(of_lost_write(false), Outcome::Unavailable);
        assert_eq!(of_lost_write(true), Outcome::Unknown);
    }
}
