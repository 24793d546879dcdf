//! A connection that remembers the first bytes that came on it, to tell what a server says that does not speak TLS.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// How many bytes are remembered.
const FIRST_BYTES: usize = 64;

/// The connection.
pub(super) struct Recorder {
    pub(super) tcp: TcpStream,
    pub(super) first: Vec<u8>,
}

impl Recorder {
    pub(super) fn new(tcp: TcpStream) -> Self {
        Self { tcp, first: Vec::new() }
    }
}

impl AsyncRead for Recorder {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = space.filled().len();
        let read = Pin::new(&mut self.tcp).poll_read(cx, space);
        let missing = FIRST_BYTES.saturating_sub(self.first.len());
        self.first.extend(space.filled().iter().skip(before).take(missing));
        read
    }
}

impl AsyncWrite for Recorder {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
