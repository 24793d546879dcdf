//! What a failure of the client library means for a call.

use std::collections::HashSet;

use memcache::exp::Error as ClientError;

use super::translate::Asked;
use crate::key_value::{Error, Outcome};

/// memcached's words for a value over its limit. The protocol has no code for it.
const TOO_LARGE: &str = "object too large for cache";

/// memcached's words for having no room, and nothing that it may evict.
const NO_MEMORY: &str = "out of memory storing object";

/// memcached's word for asking a password of the client.
const UNAUTHENTICATED: &str = "unauthenticated";

/// What a server says that has too many connections; a command that it does not know is answered in the
/// same way, but it knew them all when the store connected.
const BARE_ERROR: &str = "ERROR";

/// Why a read failed on a server, for a person.
///
/// What the server sent is shown only where it is a message. Otherwise it may be a piece of a session.
pub(super) fn of_read(server: &str, failure: &ClientError) -> Error {
    match failure {
        ClientError::Io(cause) => Error::Unavailable(format!("memcached server {server}: {cause}")),
        ClientError::Timeout { .. } => {
            Error::Unavailable(format!("memcached server {server} did not answer in time"))
        }
        ClientError::Ambiguous { source, .. } => of_read(server, source),
        ClientError::Server(message) => Error::Unavailable(format!("memcached server {server}: {message}")),
        ClientError::Rejected(message) => of_rejection(server, message),
        _ => incomprehensible(server),
    }
}

/// Why the client library sent nothing of a call at all: it found a command that it cannot send.
pub(super) fn of_call(failure: &ClientError) -> Error {
    Error::Other(format!("the memcached client refused the call: {failure}"))
}

/// An answer that is none.
pub(super) fn incomprehensible(server: &str) -> Error {
    Error::Other(format!("memcached server {server} gave an answer that makes no sense; is it memcached?"))
}

fn of_rejection(server: &str, message: &str) -> Error {
    match message {
        UNAUTHENTICATED => Error::Denied(format!("memcached server {server} asks for authentication")),
        BARE_ERROR => Error::Unavailable(format!(
            "memcached server {server} refuses commands; it may have too many connections (`-c`)",
        )),
        message => Error::Other(format!("memcached server {server} rejected a command: {message}")),
    }
}

/// Judges the failed writes of a batch, in the order of the batch.
///
/// An error ends the exchange with a server: it answers the first of that server's commands that failed,
/// and the answers to the later ones are not seen.
#[derive(Default)]
pub(super) struct FailedWrites {
    servers_that_failed: HashSet<usize>,
}

impl FailedWrites {
    /// What became of a write for which `server` or the way to it failed. `limit` is the most bytes that
    /// its value may have, as far as is known.
    ///
    /// When memcached has no room for a put, it drops the entry that was there, so that nobody reads an old
    /// value: to the next reader, the entry has been evicted.
    pub(super) fn outcome(
        &mut self,
        server: usize,
        asked: Asked,
        limit: u64,
        failure: &ClientError,
    ) -> Outcome {
        let is_the_answer = self.servers_that_failed.insert(server);
        match failure {
            ClientError::Io(_) | ClientError::Timeout { .. } => Outcome::Unavailable,
            ClientError::Ambiguous { source, .. } if is_the_answer => answered(asked, limit, source),
            _ => Outcome::Unknown,
        }
    }
}

fn answered(asked: Asked, limit: u64, answer: &ClientError) -> Outcome {
    match (asked, answer) {
        (Asked::Put { size }, ClientError::Server(message)) if message == TOO_LARGE => {
            // The limit was lowered since the store connected; this much is known of the new one.
            Outcome::TooLarge(limit.min(size.saturating_sub(1)))
        }
        (Asked::Put { .. }, ClientError::Server(message)) if message == NO_MEMORY => Outcome::Unavailable,
        _ => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn ambiguous(source: ClientError) -> ClientError {
        ClientError::Ambiguous { key: b"k".to_vec(), source: Box::new(source) }
    }

    fn server_error(message: &str) -> ClientError {
        ambiguous(ClientError::Server(message.into()))
    }

    fn judge(failures: &[(usize, ClientError)]) -> Vec<Outcome> {
        let mut failed = FailedWrites::default();
        let asked = Asked::Put { size: 500 };
        failures.iter().map(|(server, failure)| failed.outcome(*server, asked, 1000, failure)).collect()
    }

    #[test]
    fn only_what_was_never_sent_is_unavailable() {
        let refused = || ClientError::Io(io::ErrorKind::ConnectionRefused.into());
        let outcomes = judge(&[
            (0, refused()),
            (0, ClientError::Timeout { key: b"k".to_vec() }),
            (1, ambiguous(refused())),
            (2, ClientError::Protocol("?".into())),
            (3, ClientError::Rejected("?".into())),
            (4, server_error("?")),
        ]);
        let unknown = [const { Outcome::Unknown }; 4];
        assert_eq!(outcomes[..2], [Outcome::Unavailable, Outcome::Unavailable]);
        assert_eq!(outcomes[2..], unknown);
    }

    #[test]
    fn an_error_answers_the_first_command_of_its_server() {
        let too_large = || server_error(TOO_LARGE);
        let outcomes = judge(&[(0, too_large()), (1, server_error(NO_MEMORY)), (0, too_large())]);
        assert_eq!(outcomes, [Outcome::TooLarge(499), Outcome::Unavailable, Outcome::Unknown]);
    }

    #[test]
    fn a_failed_read_never_shows_what_may_be_a_piece_of_a_session() {
        let failure = ClientError::Protocol("unknown return code \"secret\"".into());
        let error = of_read("h:1", &failure);
        assert!(matches!(&error, Error::Other(text) if text.contains("h:1") && !text.contains("secret")));
    }

    #[test]
    fn a_failed_read_says_what_can_be_done() {
        let rejected = |message: &str| ClientError::Rejected(message.into());
        assert!(matches!(of_read("h:1", &rejected(UNAUTHENTICATED)), Error::Denied(_)));
        assert!(matches!(of_read("h:1", &rejected(BARE_ERROR)), Error::Unavailable(_)));
        assert!(matches!(of_read("h:1", &rejected("bad data chunk")), Error::Other(_)));
        assert!(matches!(of_read("h:1", &server_error("out of memory")), Error::Unavailable(_)));
    }
}
