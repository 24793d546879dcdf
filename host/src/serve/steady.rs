//! A connection whose client has to take what the server sends.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

/// The most bytes that the system keeps unsent for a connection. Without this it keeps up to some MiB, and reports
/// progress only after a third of them is sent, which a slow client can take minutes for.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 128 << 10;

/// A connection that fails when the client has taken nothing for some time, while there was something to take.
///
/// The system reports progress for about 64 KiB at a time. So a client that takes 64 KiB in that time is fast enough.
pub(super) struct Steady {
    stream: TcpStream,
    time: Duration,
    /// When the client has to have taken something; kept for the next time when it has.
    deadline: Option<Pin<Box<Sleep>>>,
    is_stalled: bool,
}

impl Steady {
    /// Gives the client `time` for each step.
    pub(super) fn new(stream: TcpStream, time: Duration) -> Self {
        #[cfg(target_os = "linux")]
        if let Err(error) = socket2::SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT) {
            tracing::debug!("cannot set TCP_NOTSENT_LOWAT on a connection: {error}");
        }
        Self { stream, time, deadline: None, is_stalled: false }
    }

    /// Fails at the deadline, which is set at the first call after progress.
    fn poll_deadline(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let time = self.time;
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + time)));
        if !self.is_stalled {
            self.is_stalled = true;
            deadline.as_mut().reset(Instant::now() + time);
        }
        ready!(deadline.as_mut().poll(context));
        Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, "the client does not take its response"))
    }

    fn check<T>(&mut self, written: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.is_stalled = false;
            return written;
        }
        self.poll_deadline(context).map(Err)
    }
}

impl AsyncRead for Steady {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Steady {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.check(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.check(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
