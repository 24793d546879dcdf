//! Connects to a server, and finds out about it before it is trusted with sessions.

use std::io;
use std::time::Duration;

use lovely_session_memcached::{
    Facts, QUESTIONS, ServerAddress, Unfit, begins_like_memcached, end_of_answers, judge,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::MemcachedOptions;

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
        /// What the system says.
        cause: io::Error,
    },
    /// The server did not answer in time.
    #[error(
        "the memcached server {server} did not answer within {after:?}; check the address and the network"
    )]
    TimedOut {
        /// The server.
        server: ServerAddress,
        /// How long it had.
        after: Duration,
    },
    /// The server asks for a user and a password, which this store cannot give.
    #[error(
        "the memcached server {0} asks for authentication; start it without `-Y` and guard it by the network"
    )]
    Denied(ServerAddress),
    /// The server was started with `-C`, so that lost updates could not be detected.
    #[error("the memcached server {0} has compare-and-swap disabled; start it without `-C`")]
    CasDisabled(ServerAddress),
    /// The server lacks a command or a statistic that the store needs.
    #[error(
        "the memcached server {server} ({version}) lacks meta commands or statistics that sessions need; \
         use 1.6.18 or newer, and no proxy"
    )]
    TooOld {
        /// The server.
        server: ServerAddress,
        /// The version it says it has.
        version: String,
    },
    /// Something answered that does not speak like memcached.
    #[error("{server} answered {answer:?}, as no memcached does with its text protocol; check the address")]
    NotMemcached {
        /// The server.
        server: ServerAddress,
        /// How its answer begins.
        answer: String,
    },
}

impl ConnectError {
    fn unfit(server: ServerAddress, unfit: Unfit) -> Self {
        match unfit {
            Unfit::Denied => Self::Denied(server),
            Unfit::CasDisabled => Self::CasDisabled(server),
            Unfit::TooOld { version } => Self::TooOld { server, version },
            Unfit::NotMemcached { answer } => Self::NotMemcached { server, answer },
        }
    }
}

/// Connects to a server, and asks it about itself.
pub(super) async fn connect(
    server: &ServerAddress,
    options: &MemcachedOptions,
) -> Result<(TcpStream, Facts), ConnectError> {
    let connected = TcpStream::connect(server.to_string());
    let mut stream = within(options.connect_timeout, server, connected).await?;
    stream.set_nodelay(true).map_err(|cause| ConnectError::Unreachable { server: server.clone(), cause })?;
    let answer = within(options.io_timeout, server, ask(&mut stream)).await?;
    let facts = judge(&answer).map_err(|unfit| ConnectError::unfit(server.clone(), unfit))?;
    Ok((stream, facts))
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

/// Sends the questions and reads until the answers are complete, an answer is an error, or what is no
/// memcached hangs up.
async fn ask(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    stream.write_all(QUESTIONS).await?;
    let mut answer = Vec::new();
    while end_of_answers(&answer).is_none() {
        if stream.read_buf(&mut answer).await? == 0 {
            return if begins_like_memcached(&answer) {
                Err(io::ErrorKind::UnexpectedEof.into())
            } else {
                Ok(answer)
            };
        }
    }
    Ok(answer)
}
