//! Why a store on memcached cannot be opened.

use std::fmt;
use std::io;
use std::time::Duration;

use lovely_session_memcached::{Failure, HandshakeError, InvalidCredentials, ServerAddress};

use super::tls::{CertificateStoreError, TlsError};

/// Why a store on memcached cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The list of servers is empty.
    #[error("no memcached server is given; name at least one")]
    NoServers,
    /// The list of servers has this one twice.
    #[error("the memcached server {0} is given twice; name each server once")]
    DuplicateServer(ServerAddress),
    /// A user is given and no password.
    #[error("the memcached user `{user}` has no password; give it in a file or in the environment")]
    NoPassword {
        /// The name of the user.
        user: String,
    },
    /// A password is given and no user.
    #[error(
        "a password for memcached is given without a user; name the user, as in `memcached+tls://USER@HOST`"
    )]
    NoUser,
    /// memcached would not accept the name of the user.
    #[error("the user for memcached cannot be used: {0}")]
    InvalidUser(InvalidCredentials),
    /// TLS is required, and there is no certificate of an authority to check servers by.
    #[error(transparent)]
    NoAuthorities(CertificateStoreError),
    /// The server cannot be reached, or the connection broke.
    #[error("cannot reach the memcached server {server}: {cause}; check the address, and that it is running")]
    Unreachable {
        /// The server.
        server: ServerAddress,
        /// The error of the system.
        cause: io::Error,
    },
    /// The server closed a connection without TLS before it sent anything.
    #[error(
        "the memcached server {server} closed the connection without a reply; check the address, and use \
         `memcached+tls://` if it requires TLS"
    )]
    Closed {
        /// The server.
        server: ServerAddress,
    },
    /// The server did not answer in time.
    #[error(
        "the memcached server {server} did not answer within {after:?}; check the address and the network"
    )]
    TimedOut {
        /// The server.
        server: ServerAddress,
        /// The timeout.
        after: Duration,
    },
    /// No TLS connection can be made to the server.
    #[error("cannot make a TLS connection to the memcached server {server}: {cause}")]
    Tls {
        /// The server.
        server: ServerAddress,
        /// What is wrong.
        cause: TlsError,
    },
    /// The server cannot keep sessions.
    #[error("cannot use the memcached server {server}: {cause}")]
    Unsuitable {
        /// The server.
        server: ServerAddress,
        /// What is wrong with it.
        cause: HandshakeError,
    },
    /// Several servers cannot be used: the error of each, in the order in which the servers were given.
    #[error("{} memcached servers cannot be used:{}", .0.len(), Lines(.0))]
    Several(Vec<Self>),
}

impl ConnectError {
    /// The error for these errors of servers, if there are any.
    pub(super) fn of_all(mut errors: Vec<Self>) -> Option<Self> {
        if errors.len() > 1 { Some(Self::Several(errors)) } else { errors.pop() }
    }

    /// Whether the server may come without a change of its configuration or of the options.
    pub(super) fn is_away(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::Closed { .. }
                | Self::TimedOut { .. }
                | Self::Unsuitable { cause: HandshakeError::TooManyConnections, .. }
        )
    }

    /// What it means for calls to the server.
    pub(super) fn into_failure(self) -> Failure {
        match self {
            Self::Unsuitable { cause, .. } => Failure::Unsuitable(cause),
            Self::Unreachable { cause, .. } => Failure::Unreachable(cause.to_string()),
            Self::TimedOut { after, .. } => Failure::Unreachable(format!("no answer within {after:?}")),
            Self::Closed { .. } => {
                Failure::Unreachable("it closed the connection without a reply".to_owned())
            }
            Self::Tls { cause, .. } => Failure::Tls(cause.to_string()),
            other => Failure::Unreachable(other.to_string()),
        }
    }
}

/// Errors on lines of their own.
struct Lines<'a>(&'a [ConnectError]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|error| write!(f, "\n  {error}"))
    }
}

#[cfg(test)]
mod tests {
    use lovely_session_key_value::Error;

    use super::*;

    fn server() -> ServerAddress {
        "h:1".parse().unwrap()
    }

    fn refused() -> ConnectError {
        ConnectError::Unreachable { server: server(), cause: io::ErrorKind::ConnectionRefused.into() }
    }

    #[test]
    fn a_failed_connection_says_what_can_be_done() {
        let error = |error: ConnectError| error.into_failure().error("h:1");
        let unreachable = error(refused());
        assert!(
            matches!(&unreachable, Error::Unavailable(text) if text.contains("refused")),
            "{unreachable:?}"
        );
        let timed_out = error(ConnectError::TimedOut { server: server(), after: Duration::from_secs(1) });
        assert!(matches!(&timed_out, Error::Unavailable(text) if text.contains("1s")), "{timed_out:?}");
        let denied = ConnectError::Unsuitable { server: server(), cause: HandshakeError::Denied };
        assert!(matches!(error(denied), Error::Denied(_)));
        let expired = error(ConnectError::Tls { server: server(), cause: TlsError::Expired });
        assert!(matches!(&expired, Error::Unavailable(text) if text.contains("expired")), "{expired:?}");
    }

    #[test]
    fn every_server_that_failed_is_named() {
        assert!(ConnectError::of_all(Vec::new()).is_none());
        assert!(matches!(ConnectError::of_all(vec![refused()]), Some(ConnectError::Unreachable { .. })));
        let other = ConnectError::TimedOut { server: "i:2".parse().unwrap(), after: Duration::from_secs(1) };
        let text = ConnectError::of_all(vec![refused(), other]).unwrap().to_string();
        assert!(text.starts_with("2 memcached servers cannot be used:\n  cannot reach"), "{text}");
        assert!(text.contains("h:1") && text.contains("\n  the memcached server i:2 did not"), "{text}");
    }
}
