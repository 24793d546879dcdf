//! Finds out which version of HTTP a client speaks.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

/// What a client of HTTP/2 sends first: RFC 9113, section 3.4. No request of HTTP/1.1 begins like this.
const PREFACE: [u8; 24] = *b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A version of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// Reads until it is clear whether the client sends the preface of HTTP/2. The returned stream has these bytes, too.
pub(super) async fn read_preface<S: AsyncRead + Unpin>(mut stream: S) -> io::Result<(Protocol, Rewound<S>)> {
    let mut bytes = [0; PREFACE.len()];
    let mut length = 0;
    let protocol = loop {
        let (read, free) = bytes.split_at_mut(length);
        if free.is_empty() {
            break Protocol::Http2;
        }
        let more = stream.read(free).await?;
        let is_preface =
            read.len() + more > 0 && PREFACE.starts_with(bytes.get(..length + more).unwrap_or_default());
        length += more;
        if more == 0 || !is_preface {
            break Protocol::Http1;
        }
    };
    let read = Bytes::copy_from_slice(bytes.get(..length).unwrap_or_default());
    Ok((protocol, Rewound { read, stream }))
}

/// A stream some of which was read already. Reading begins with that.
pub(super) struct Rewound<S> {
    read: Bytes,
    stream: S,
}

impl<S: AsyncRead + Unpin> AsyncRead for Rewound<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.read.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let length = self.read.len().min(buffer.remaining());
        buffer.put_slice(self.read.get(..length).unwrap_or_default());
        self.read.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Rewound<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
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

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &[u8]) -> (Protocol, Vec<u8>) {
        let (protocol, mut stream) = read_preface(bytes).await.unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.unwrap();
        (protocol, all)
    }

    #[tokio::test]
    async fn the_preface_means_http_2_and_everything_else_http_1() {
        let with_more = [&PREFACE[..], b"more"].concat();
        assert_eq!(read(&with_more).await, (Protocol::Http2, with_more.clone()));
        for other in
            ["", "GET / HTTP/1.1\r\n\r\n", "P", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r", "PRI * HTTP/1.1\r\n\r\n"]
        {
            assert_eq!(
                read(other.as_bytes()).await,
                (Protocol::Http1, other.as_bytes().to_vec()),
                "{other:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_preface_may_come_in_pieces() {
        let (mut client, server) = tokio::io::duplex(1);
        let sending =
            tokio::spawn(async move { tokio::io::AsyncWriteExt::write_all(&mut client, &PREFACE).await });
        let (protocol, _) = read_preface(server).await.unwrap();
        assert_eq!(protocol, Protocol::Http2);
        sending.await.unwrap().unwrap();
    }
}
