//! What it means for a call when a server gives no result.

use std::io;
use std::sync::Arc;

use lovely_session_key_value::{Error, Outcome};
use lovely_session_memcached::{Complaint, incomprehensible};

use super::connect::ConnectError;
use super::health::Crowded;
use super::pipeline::Lost;

/// Why there is no result.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Failure {
    /// No connection could be made.
    #[error(transparent)]
    Unreachable(Arc<ConnectError>),
    /// The connection broke.
    #[error("the connection broke ({0})")]
    Broken(io::ErrorKind),
    /// The server took too long.
    #[error("it did not answer in time")]
    TimedOut,
    /// The server is silent, and so many calls wait for it already.
    #[error("it does not answer; calls that wait for it already: {}", .0.0)]
    Crowded(Crowded),
    /// Too much was asked of the server at the same time.
    #[error("too many requests wait for it")]
    Busy,
    /// What came is no answer.
    #[error("its answer makes no sense; is it memcached?")]
    NotUnderstood,
    /// The server complained.
    #[error("it answered with an error: {}", words(.0))]
    Complaint(Complaint),
}

fn words(complaint: &Complaint) -> &str {
    match complaint {
        Complaint::Server(words) | Complaint::Rejected(words) => words,
    }
}

impl From<Crowded> for Failure {
    fn from(crowded: Crowded) -> Self {
        Self::Crowded(crowded)
    }
}

/// Why a read was not answered by a server, for a person.
pub(super) fn of_lost_read(server: impl std::fmt::Display, failure: &Failure) -> Error {
    match failure {
        Failure::Unreachable(error) => of_connecting(error),
        Failure::NotUnderstood => incomprehensible(server),
        _ => Error::Unavailable(format!("memcached server {server}: {failure}")),
    }
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
        let broken = Failure::Broken(io::ErrorKind::UnexpectedEof);
        for failure in [Failure::TimedOut, Failure::Busy, Failure::Crowded(Crowded(32)), broken] {
            let error = of_lost_read("h:1", &failure);
            assert!(matches!(&error, Error::Unavailable(text) if text.contains("h:1")), "{error:?}");
        }
        let address = || "h:1".parse().unwrap();
        let unfit = |error| of_lost_read("h:1", &Failure::Unreachable(Arc::new(error)));
        assert!(matches!(unfit(ConnectError::Denied(address())), Error::Denied(_)));
        assert!(matches!(unfit(ConnectError::CasDisabled(address())), Error::Unsupported(_)));
    }
}
