//! Failures of a server, and what they mean for a call.

use std::fmt::Display;
use std::io;

use lovely_session_key_value::{Error, Outcome};
use memcache::exp::Error as ErrorReply;

use crate::handshake::{HandshakeError, UNAUTHENTICATED};
use crate::reply::InvalidReply;
use crate::shown::shown;

/// Why a server returned no result. The text does not name the server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No connection can be made.
    #[error(
        "it cannot be reached ({0}); check the address, that it is running, and that this process may use the network"
    )]
    Unreachable(String),
    /// No TLS connection can be made.
    #[error("no TLS connection can be made: {0}")]
    Tls(String),
    /// The server cannot keep sessions.
    #[error(transparent)]
    Unsuitable(HandshakeError),
    /// The connection broke.
    #[error("the connection broke ({0})")]
    Broken(io::ErrorKind),
    /// The deadline passed.
    #[error("it did not answer in time")]
    TimedOut,
    /// The server is silent, and this many calls wait for it already.
    #[error("it does not answer; calls that wait for it already: {0}")]
    Crowded(usize),
    /// Too many requests wait for the server.
    #[error("too many requests wait for it")]
    Busy,
    /// A command cannot be encoded.
    #[error("{0}")]
    InvalidCommand(String),
    /// The bytes that came are not a reply. They are not shown, because they may be a part of a session.
    #[error("its reply is invalid; check that it is memcached")]
    InvalidReply,
    /// An error reply of the kind `SERVER_ERROR`.
    #[error("it replied with SERVER_ERROR: {0}")]
    ServerError(String),
    /// An error reply of another kind.
    #[error("it rejected a command: {0}")]
    Rejected(String),
}

impl Failure {
    /// The error of a call that needs a reply of this server.
    pub fn error(&self, server: impl Display) -> Error {
        let text = format!("memcached server {server}: {self}");
        match self {
            Self::Unsuitable(HandshakeError::Denied | HandshakeError::WrongPassword { .. }) => {
                Error::Denied(text)
            }
            Self::Unsuitable(HandshakeError::CasDisabled | HandshakeError::TooOld { .. }) => {
                Error::Unsupported(text)
            }
            Self::InvalidCommand(_) | Self::InvalidReply | Self::Rejected(_) => Error::Other(text),
            _ => Error::Unavailable(text),
        }
    }
}

impl From<InvalidReply> for Failure {
    fn from(_: InvalidReply) -> Self {
        Self::InvalidReply
    }
}

impl From<&ErrorReply> for Failure {
    fn from(reply: &ErrorReply) -> Self {
        match reply {
            ErrorReply::Server(text) => Self::ServerError(shown(text)),
            ErrorReply::Rejected(text) if text == UNAUTHENTICATED => Self::Unsuitable(HandshakeError::Denied),
            ErrorReply::Rejected(text) => Self::Rejected(shown(text)),
            _ => Self::InvalidReply,
        }
    }
}

/// Why replies are missing, and whether the commands can have been done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interruption {
    /// Nothing was sent, so nothing was done or will be.
    Unsent(Failure),
    /// The commands without a reply may have been done, or may be done later.
    NoReply(Failure),
}

impl Interruption {
    /// Why replies are missing.
    pub fn failure(&self) -> &Failure {
        match self {
            Self::Unsent(failure) | Self::NoReply(failure) => failure,
        }
    }

    /// The outcome of a write without a reply.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Unsent(_) => Outcome::Unavailable,
            Self::NoReply(_) => Outcome::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_is_an_error_that_names_the_server() {
        let text = |failure: Failure, kind: fn(String) -> Error| {
            let error = failure.error("h:1");
            let text = format!("memcached server h:1: {failure}");
            assert_eq!(error, kind(text.clone()));
            text
        };
        for failure in [
            Failure::Unreachable("connection refused".into()),
            Failure::Broken(io::ErrorKind::UnexpectedEof),
            Failure::TimedOut,
            Failure::Crowded(32),
            Failure::Busy,
            Failure::ServerError("out of memory".into()),
        ] {
            text(failure, Error::Unavailable);
        }
        text(Failure::InvalidReply, Error::Other);
        text(Failure::Rejected("bad data chunk".into()), Error::Other);
        text(Failure::Unsuitable(HandshakeError::Denied), Error::Denied);
        text(Failure::Unsuitable(HandshakeError::WrongPassword { user: "ann".into() }), Error::Denied);
        text(Failure::Unsuitable(HandshakeError::TooManyConnections), Error::Unavailable);
        text(Failure::Tls("its certificate has expired".into()), Error::Unavailable);
        text(Failure::Unsuitable(HandshakeError::CasDisabled), Error::Unsupported);
        let too_old = Failure::Unsuitable(HandshakeError::TooOld { version: "1.4".into() });
        assert!(text(too_old, Error::Unsupported).contains("1.4"));
        let other = Failure::Unsuitable(HandshakeError::NotMemcached { reply: "HTTP/1.1\\n".into() });
        assert!(text(other, Error::Unavailable).contains(r#""HTTP/1.1\n""#));
    }

    #[test]
    fn an_error_reply_that_requires_authentication_is_denied() {
        let failure = Failure::from(&ErrorReply::Rejected("unauthenticated".into()));
        assert_eq!(failure, Failure::Unsuitable(HandshakeError::Denied));
        let failure = Failure::from(&ErrorReply::Rejected("bad data chunk".into()));
        assert_eq!(failure, Failure::Rejected("bad data chunk".into()));
    }
}
