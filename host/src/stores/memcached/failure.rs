//! What it means for a call when a server gives no result.

use std::io;
use std::sync::Arc;

use memcache::exp::Error as ClientError;

use super::command::Asked;
use super::connect::ConnectError;
use super::pipeline::Lost;
use crate::key_value::{Error, Outcome};

/// memcached's words for a value over its limit. The protocol has no code for it.
const TOO_LARGE: &str = "object too large for cache";

/// memcached's words for having no room, and nothing that it may evict.
const NO_MEMORY: &str = "out of memory storing object";

/// memcached's word for asking a password of the client.
const UNAUTHENTICATED: &str = "unauthenticated";

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
    /// The client library refused a command.
    Unsendable,
}

/// Why a read was not answered by a server, for a person.
pub(super) fn of_lost_read(server: impl std::fmt::Display, failure: &Failure) -> Error {
    let reason = match failure {
        Failure::Unreachable(error) => return of_connecting(error),
        Failure::NotUnderstood => return incomprehensible(server),
        Failure::Unsendable => return unsendable(),
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

/// Why a server complained of a read, for a person.
pub(super) fn of_complaint(server: impl std::fmt::Display, complaint: &ClientError) -> Error {
    match complaint {
        ClientError::Server(message) => Error::Unavailable(format!("memcached server {server}: {message}")),
        ClientError::Rejected(message) if message == UNAUTHENTICATED => {
            Error::Denied(format!("memcached server {server} asks for authentication"))
        }
        ClientError::Rejected(message) => {
            Error::Other(format!("memcached server {server} rejected a command: {message}"))
        }
        _ => incomprehensible(server),
    }
}

/// The client library refused a command.
pub(super) fn unsendable() -> Error {
    Error::Other("the memcached client refused a command; nothing was sent".to_owned())
}

/// An answer that is none. It is not shown: it may be a piece of a session.
pub(super) fn incomprehensible(server: impl std::fmt::Display) -> Error {
    Error::Other(format!("memcached server {server} gave an answer that makes no sense; is it memcached?"))
}

/// What became of a write that was not answered.
pub(super) fn of_lost_write(lost: Option<&Lost>) -> Outcome {
    match lost {
        Some(Lost::Unsent(_)) => Outcome::Unavailable,
        Some(Lost::Unanswered(_)) | None => Outcome::Unknown,
    }
}

/// What became of a write that a server complained of, whose items have at most so many bytes as far as is
/// known.
///
/// When memcached has no room for a put, it drops the entry that was there, so that nobody reads an old
/// value: to the next reader, the entry has been evicted.
pub(super) fn of_refused_write(asked: Asked, item_size_max: u64, complaint: &ClientError) -> Outcome {
    match (asked, complaint) {
        (Asked::Put { size, overhead }, ClientError::Server(message)) if message == TOO_LARGE => {
            // Whatever is known of the limit, this is over it.
            let limit = item_size_max.saturating_sub(overhead);
            Outcome::TooLarge(limit.min(size.saturating_sub(1)))
        }
        (Asked::Put { .. }, ClientError::Server(message)) if message == NO_MEMORY => Outcome::Unavailable,
        _ => Outcome::Unknown,
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
    fn a_server_without_room_for_a_value_says_so() {
        let refused = |size, message: &str| {
            let asked = Asked::Put { size, overhead: 10 };
            of_refused_write(asked, 1010, &ClientError::Server(message.into()))
        };
        assert_eq!(refused(500, TOO_LARGE), Outcome::TooLarge(499));
        assert_eq!(refused(5000, TOO_LARGE), Outcome::TooLarge(1000));
        assert_eq!(refused(500, NO_MEMORY), Outcome::Unavailable);
        assert_eq!(refused(500, "?"), Outcome::Unknown);
        let rejected = ClientError::Rejected("bad data chunk".into());
        assert_eq!(of_refused_write(Asked::Delete, 1000, &rejected), Outcome::Unknown);
    }

    #[test]
    fn a_failed_read_says_what_can_be_done() {
        let rejected = |message: &str| ClientError::Rejected(message.into());
        assert!(matches!(of_complaint("h:1", &rejected(UNAUTHENTICATED)), Error::Denied(_)));
        assert!(matches!(of_complaint("h:1", &rejected("bad data chunk")), Error::Other(_)));
        let no_memory = ClientError::Server("out of memory".into());
        assert!(matches!(of_complaint("h:1", &no_memory), Error::Unavailable(_)));
        for failure in [Failure::TimedOut, Failure::Busy, Failure::Broken(io::ErrorKind::UnexpectedEof)] {
            let error = of_lost_read("h:1", &failure);
            assert!(matches!(&error, Error::Unavailable(text) if text.contains("h:1")), "{error:?}");
        }
        let address = || "h:1".parse().unwrap();
        let unfit = |error| of_lost_read("h:1", &Failure::Unreachable(Arc::new(error)));
        assert!(matches!(unfit(ConnectError::Denied(address())), Error::Denied(_)));
        assert!(matches!(unfit(ConnectError::CasDisabled(address())), Error::Unsupported(_)));
    }

    #[test]
    fn a_failed_read_never_shows_what_may_be_a_piece_of_a_session() {
        let complaint = ClientError::Protocol("unknown return code \"secret\"".into());
        let error = of_complaint("h:1", &complaint);
        assert!(matches!(&error, Error::Other(text) if text.contains("h:1") && !text.contains("secret")));
    }
}
