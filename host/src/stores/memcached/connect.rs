//! Makes connections, with the handshake.

use std::io;
use std::time::Duration;

use lovely_session_memcached::{
    Failure, HANDSHAKE, HandshakeError, ServerAddress, ServerInfo, begins_like_memcached, handshake_end,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::options::MemcachedOptions;

/// Why a store on memcached cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The list of servers is empty.
    #[error("no memcached server is given; name at least one")]
    NoServers,
    /// The list of servers has this one twice.
    #[error("the memcached server {0} is given twice; name each server once")]
    DuplicateServer(ServerAddress),
    /// The server cannot be reached, or the connection broke.
    #[error("cannot reach the memcached server {server}: {cause}; check the address, and that it is running")]
    Unreachable {
        /// The server.
        server: ServerAddress,
        /// The error of the system.
        cause: io::Error,
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
    /// The server cannot keep sessions.
    #[error("cannot use the memcached server {server}: {cause}")]
    Unsuitable {
        /// The server.
        server: ServerAddress,
        /// What is wrong with it.
        cause: HandshakeError,
    },
}

impl ConnectError {
    /// What it means for calls to the server.
    pub(super) fn into_failure(self) -> Failure {
        match self {
            Self::Unsuitable { cause, .. } => Failure::Unsuitable(cause),
            Self::Unreachable { cause, .. } => Failure::Unreachable(cause.to_string()),
            Self::TimedOut { after, .. } => Failure::Unreachable(format!("no answer within {after:?}")),
            Self::NoServers | Self::DuplicateServer(_) => Failure::Unreachable(self.to_string()),
        }
    }
}

/// Connects to a server and does the handshake.
pub(super) async fn connect(
    server: &ServerAddress,
    options: &MemcachedOptions,
) -> Result<(TcpStream, ServerInfo), ConnectError> {
    let connected = TcpStream::connect(server.to_string());
    let mut stream = within(options.connect_timeout, server, connected).await?;
    stream.set_nodelay(true).map_err(|cause| ConnectError::Unreachable { server: server.clone(), cause })?;
    let replies = within(options.io_timeout, server, handshake(&mut stream)).await?;
    let info = ServerInfo::from_handshake(&replies)
        .map_err(|cause| ConnectError::Unsuitable { server: server.clone(), cause })?;
    Ok((stream, info))
}

async fn within<T>(
    limit: Duration,
    server: &ServerAddress,
    step: impl Future<Output = io::Result<T>>,
) -> Result<T, ConnectError> {
    match timeout(limit, step).await {
        Ok(result) => result.map_err(|cause| ConnectError::Unreachable { server: server.clone(), cause }),
        Err(_) => Err(ConnectError::TimedOut { server: server.clone(), after: limit }),
    }
}

/// Sends the handshake and reads until the replies are complete, or until a server that is not memcached closes the
/// connection.
async fn handshake(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    stream.write_all(HANDSHAKE).await?;
    let mut replies = Vec::new();
    while handshake_end(&replies).is_none() {
        if stream.read_buf(&mut replies).await? == 0 {
            return if begins_like_memcached(&replies) {
                Err(io::ErrorKind::UnexpectedEof.into())
            } else {
                Ok(replies)
            };
        }
    }
    Ok(replies)
}

#[cfg(test)]
mod tests {
    use lovely_session_key_value::Error;

    use super::*;

    #[test]
    fn a_failed_connection_says_what_can_be_done() {
        let server = || "h:1".parse().unwrap();
        let error = |error: ConnectError| error.into_failure().error("h:1");
        let refused = io::ErrorKind::ConnectionRefused.into();
        let unreachable = error(ConnectError::Unreachable { server: server(), cause: refused });
        assert!(
            matches!(&unreachable, Error::Unavailable(text) if text.contains("refused")),
            "{unreachable:?}"
        );
        let timed_out = error(ConnectError::TimedOut { server: server(), after: Duration::from_secs(1) });
        assert!(matches!(&timed_out, Error::Unavailable(text) if text.contains("1s")), "{timed_out:?}");
        let denied = ConnectError::Unsuitable { server: server(), cause: HandshakeError::Denied };
        assert!(matches!(error(denied), Error::Denied(_)));
    }
}
