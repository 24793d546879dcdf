//! The body of a backend's response.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};
use wasmtime_wasi_http::Error;

use super::failure::from_hyper;

/// A body that ends with an error when it becomes too large, or when its next part takes too long. The connection is
/// read as fast as the guest reads.
pub(super) struct ResponseBody {
    /// None after an error, which closes the connection.
    inner: Option<Incoming>,
    limit: u64,
    received: u64,
    between_bytes: Duration,
    /// Runs while the guest waits. It does not run while the guest reads nothing.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl ResponseBody {
    pub(super) fn new(inner: Incoming, limit: u64, between_bytes: Duration) -> Self {
        Self { inner: Some(inner), limit, received: 0, between_bytes, waiting: None }
    }

    fn fail(&mut self, error: Error) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.inner = None;
        Poll::Ready(Some(Err(error)))
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        let Some(inner) = &mut this.inner else { return Poll::Ready(None) };
        let Poll::Ready(frame) = Pin::new(inner).poll_frame(context) else {
            let waiting = this.waiting.get_or_insert_with(|| Box::pin(sleep(this.between_bytes)));
            ready!(waiting.as_mut().poll(context));
            return this.fail(Error::ConnectionReadTimeout);
        };
        this.waiting = None;
        match frame {
            Some(Err(error)) => this.fail(from_hyper(&error)),
            Some(Ok(frame)) => {
                this.received += frame.data_ref().map_or(0, |data| data.len() as u64);
                if this.received > this.limit {
                    return this.fail(Error::HttpResponseBodySize(Some(this.received)));
                }
                Poll::Ready(Some(Ok(frame)))
            }
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}
