//! What it means for a call when a server gives no result.

use std::io;
use std::sync::Arc;

use lovely_session_memcached::incomprehensible;
use lovely_session_port::{Error, Outcome};

use super::connect::ConnectError;
use super::pipeline::Lost;

/// Why there is no answer.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// No connection could be made.
    Unreachable(Arc<ConnectError>),
    /// The connection broke.
    Broken(io::ErrorKind),
    /// The server took too long.
    TimedOut,
    /// Too much was asked of the server at the same time.
    Busy,
    /// What came is no answer.
    NotUnderstood,
}

/// Why a read was not answered by a server, for a person.
pub(super) fn of_lost_read(server: impl std::fmt::Display, failure: &Failure) -> Error {
    let reason = match failure {
        Failure::Unreachable(error) => return of_connecting(error),
        Failure::NotUnderstood => return incomprehensible(server),
        Failure::Broken(cause) => format!("the connection broke ({cause})"),
        Failure::TimedOut => "it did not answer in time".to_owned(),
        Failure::Busy => "too many requests wait for it".to_owned(),
    };
    Error::Unavailable(format!("memcached server {server}: {reason}"))
}

fn of_connecting(error: &ConnectError) -> Error {
    match error {
        ConnectError::Denied(_) => Error::Denied(error.to_string()),
        ConnectError::CasDisabled(_) | ConnectError::TooOld { .. } => Error::Unsupported(error.to_string()),
        _ => Error::Unavailable(error.to_string()),
    }
}

/// What became of a write that was not answered.
pub(super) fn of_lost_write(lost: Option<&Lost>) -> Outcome {
    match lost {
        Some(Lost::Unsent(_)) => Outcome::Unavailable,
        Some(Lost::Unanswered(_)) | None => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_never_sent_is_unavailable() {
        let failure = Failure::Broken(io::ErrorKind::ConnectionReset);
        assert_eq!(of_lost_write(Some(&Lost::Unsent(failure.clone()))), Outcome::Unavailable);
        assert_eq!(of_lost_write(Some(&Lost::Unanswered(failure))), Outcome::Unknown);
    }

    #[test]
    fn a_failed_read_says_what_can_be_done() {
        for failure in [Failure::TimedOut, Failure::Busy, Failure::Broken(io::ErrorKind::UnexpectedEof)] {
            let error = of_lost_read("h:1", &failure);
            assert!(matches!(&error, Error::Unavailable(text) if text.contains("h:1")), "{error:?}");
        }
        let address = || "h:1".parse().unwrap();
        let unfit = |error| of_lost_read("h:1", &Failure::Unreachable(Arc::new(error)));
        assert!(matches!(unfit(ConnectError::Denied(address())), Error::Denied(_)));
        assert!(matches!(unfit(ConnectError::CasDisabled(address())), Error::Unsupported(_)));
    }
}
