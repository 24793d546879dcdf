//! Makes connections: TCP, TLS if it is required, the password if there is one, and memcached's handshake.

use std::io;
use std::time::Duration;

use lovely_session_memcached::{
    Credentials, HANDSHAKE, HandshakeError, ServerAddress, ServerInfo, begins_like_memcached, handshake_end,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::connect_error::ConnectError;
use super::options::MemcachedOptions;
use super::recorder::Recorder;
use super::stream::Stream;
use super::tls::{TlsError, connector, name_of};

/// The first bytes of an alert, with which a server that speaks TLS may reply to one that does not.
const TLS_ALERT: &[u8] = &[0x15, 0x03];

/// The longest reply to a password that is read.
const MAX_LINE_BYTES: usize = 2048;

/// How connections to the servers of a store are secured.
#[derive(Clone)]
pub(super) struct Security {
    tls: Option<TlsConnector>,
    credentials: Option<Credentials>,
}

impl Security {
    /// As the options say.
    pub(super) fn of(options: &MemcachedOptions) -> Result<Self, ConnectError> {
        let credentials = match (&options.user, &options.password) {
            (None, None) => None,
            (None, Some(_)) => return Err(ConnectError::NoUser),
            (Some(user), None) => return Err(ConnectError::NoPassword { user: user.clone() }),
            (Some(user), Some(password)) => {
                Some(Credentials::new(user, password.clone()).map_err(ConnectError::InvalidUser)?)
            }
        };
        let tls = options.tls.then(|| connector(options.ca.as_ref())).transpose();
        Ok(Self { tls: tls.map_err(ConnectError::NoAuthorities)?, credentials })
    }

    /// Whether passwords can be read on the network.
    pub(super) fn exposes_password(&self) -> bool {
        self.tls.is_none() && self.credentials.is_some()
    }
}

/// How connections to one server are made.
pub(super) struct Dialer {
    pub(super) server: ServerAddress,
    pub(super) security: Security,
    /// For TCP and TLS.
    pub(super) connect_timeout: Duration,
    /// For the password and the handshake.
    pub(super) io_timeout: Duration,
}

/// A new connection, and what the server said on it.
pub(super) struct Connected {
    pub(super) stream: Stream,
    pub(super) info: ServerInfo,
    /// The replies to the handshake, with the server's statistics.
    pub(super) replies: Vec<u8>,
}

impl Dialer {
    /// Makes a connection.
    pub(super) async fn dial(&self) -> Result<Connected, ConnectError> {
        let tcp = self.within(self.connect_timeout, self.connect()).await?;
        let Some(tls) = &self.security.tls else { return self.greet_plain(tcp).await };
        let mut stream = self.within(self.connect_timeout, self.secure(tls, tcp)).await?;
        let mut replies = Vec::new();
        let greeting = async {
            let greeted = greet(&mut stream, &mut replies, self.security.credentials.as_ref()).await;
            greeted.map_err(|error| self.error(error))
        };
        let info = self.within(self.io_timeout, greeting).await?.map_err(|cause| self.unsuitable(cause))?;
        let (recorder, tls) = stream.into_inner();
        Ok(Connected { stream: Stream { tcp: recorder.tcp, tls: Some(tls) }, info, replies })
    }

    async fn greet_plain(&self, mut tcp: TcpStream) -> Result<Connected, ConnectError> {
        let mut replies = Vec::new();
        let greeting = async {
            let greeted = greet(&mut tcp, &mut replies, self.security.credentials.as_ref()).await;
            greeted.map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
                    if replies.is_empty() =>
                {
                    ConnectError::Closed { server: self.server.clone() }
                }
                _ => self.error(error),
            })
        };
        let greeted = self.within(self.io_timeout, greeting).await?;
        if replies.starts_with(TLS_ALERT) {
            return Err(self.tls(TlsError::Required));
        }
        let info = greeted.map_err(|cause| self.unsuitable(cause))?;
        Ok(Connected { stream: Stream { tcp, tls: None }, info, replies })
    }

    async fn connect(&self) -> Result<TcpStream, ConnectError> {
        let connected = TcpStream::connect(self.server.to_string()).await;
        let tcp = connected.and_then(|tcp| tcp.set_nodelay(true).map(|()| tcp));
        tcp.map_err(|error| self.error(error))
    }

    async fn secure(&self, tls: &TlsConnector, tcp: TcpStream) -> Result<TlsStream<Recorder>, ConnectError> {
        let name = name_of(&self.server).map_err(|cause| self.tls(cause))?;
        let connecting = tls.connect(name, Recorder::new(tcp)).into_fallible();
        connecting.await.map_err(|(error, recorder)| {
            let said = HandshakeError::from_unexpected(&String::from_utf8_lossy(&recorder.first));
            // memcached says this before TLS.
            match said {
                HandshakeError::TooManyConnections => self.unsuitable(said),
                _ => self.error(error),
            }
        })
    }

    async fn within<T>(
        &self,
        limit: Duration,
        step: impl Future<Output = Result<T, ConnectError>>,
    ) -> Result<T, ConnectError> {
        let timed_out = |_| Err(ConnectError::TimedOut { server: self.server.clone(), after: limit });
        timeout(limit, step).await.unwrap_or_else(timed_out)
    }

    fn error(&self, cause: io::Error) -> ConnectError {
        match TlsError::in_error(&cause, &self.server) {
            Some(cause) => self.tls(cause),
            None => ConnectError::Unreachable { server: self.server.clone(), cause },
        }
    }

    fn tls(&self, cause: TlsError) -> ConnectError {
        ConnectError::Tls { server: self.server.clone(), cause }
    }

    fn unsuitable(&self, cause: HandshakeError) -> ConnectError {
        ConnectError::Unsuitable { server: self.server.clone(), cause }
    }
}

/// Sends the password, and then the handshake. What the server sends is in `replies`, also when this fails.
async fn greet<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    replies: &mut Vec<u8>,
    credentials: Option<&Credentials>,
) -> io::Result<Result<ServerInfo, HandshakeError>> {
    if let Some(credentials) = credentials {
        let end = |reply: &[u8]| reply.contains(&b'\n') || reply.len() > MAX_LINE_BYTES;
        exchange(stream, &credentials.command(), replies, end).await?;
        if let Err(error) = credentials.accepted(replies) {
            return Ok(Err(error));
        }
        replies.clear();
    }
    exchange(stream, HANDSHAKE, replies, |replies| handshake_end(replies).is_some()).await?;
    Ok(ServerInfo::from_handshake(replies))
}

/// Sends a request and reads until the reply is complete, or until a server that is not memcached closes the connection.
async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    request: &[u8],
    replies: &mut Vec<u8>,
    is_complete: impl Fn(&[u8]) -> bool,
) -> io::Result<()> {
    let sent = async {
        stream.write_all(request).await?;
        stream.flush().await
    };
    let sent = sent.await;
    // A server that refuses the connection says why, and may close it before it has read anything.
    while !is_complete(replies) {
        if stream.read_buf(replies).await? == 0 {
            return if begins_like_memcached(replies) {
                sent.and(Err(io::ErrorKind::UnexpectedEof.into()))
            } else {
                Ok(())
            };
        }
    }
    Ok(())
}
