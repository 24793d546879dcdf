//! The outgoing HTTP requests that an instance has begun: how many they are, and what becomes of them at its end.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use wasmtime_wasi_http::{Error, WasiBody};

/// The outgoing requests of one instance.
#[derive(Debug, Default)]
pub(super) struct Exchanges {
    running: AtomicUsize,
    instance_has_ended: AtomicBool,
}

impl Exchanges {
    /// Begins an exchange, if fewer than `limit` are running.
    pub(super) fn begin(self: &Arc<Self>, limit: usize) -> Option<Arc<Exchange>> {
        let more = |running| (running < limit).then_some(running + 1);
        let begun = self.running.fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        begun.ok().map(|_| Arc::new(Exchange { all: Arc::clone(self) }))
    }

    pub(super) fn running(&self) -> usize {
        self.running.load(Ordering::Acquire)
    }

    /// The instance has ended, and with it the bodies that it has not finished.
    pub(super) fn end(&self) {
        self.instance_has_ended.store(true, Ordering::Release);
    }
}

/// A request and its response. It is running until both of their bodies are dropped.
#[derive(Debug)]
pub(super) struct Exchange {
    all: Arc<Exchanges>,
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.all.running.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A body of an exchange.
pub(super) struct ExchangeBody {
    inner: WasiBody,
    exchange: Arc<Exchange>,
}

impl ExchangeBody {
    pub(super) fn new(inner: WasiBody, exchange: Arc<Exchange>) -> Self {
        Self { inner, exchange }
    }
}

impl Body for ExchangeBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        // The body of an instance that has ended looks like a complete one. With the error, the connection closes, so
        // that the backend does not take half a request for a complete one.
        let ended = self.exchange.all.instance_has_ended.load(Ordering::Acquire);
        match polled {
            Poll::Ready(None) if ended => Poll::Ready(Some(Err(Error::HttpProtocolError))),
            polled => polled,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
