//! A response on its way to the client, and its line in the log.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use hyper::body::{Body, Buf, Bytes, Frame, SizeHint};
use hyper::{Response, StatusCode};
use tracing::Span;
use wasmtime_wasi_http::Error;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use super::ahead::Ahead;
use super::recorder::Recorder;
use super::run::Progress;
use super::streams::Stream;
use crate::log_targets::ACCESS;

/// Writes one line to the log when it is dropped: at the end of the response, or
/// when the client has disconnected.
#[derive(Debug)]
pub(super) struct LogLine {
    span: Span,
    begun: Instant,
    status: Option<StatusCode>,
    bytes: u64,
    recorder: Option<Arc<Recorder>>,
}

impl LogLine {
    /// Begins the line of a request that has just arrived. `span` describes the request.
    pub(super) fn begin(span: Span, recorder: Option<Arc<Recorder>>) -> Self {
        Self { span, begun: Instant::now(), status: None, bytes: 0, recorder }
    }

    /// Keeps the line until the end of the response. The body ends with an error
    /// if the run has failed before its end. Up to `ahead` bytes of it are taken from
    /// the application before the client takes them.
    pub(super) fn follow(
        mut self,
        response: Response<HyperOutgoingBody>,
        progress: Arc<Progress>,
        ahead: usize,
    ) -> Response<ResponseBody> {
        self.status = Some(response.status());
        response.map(|body| ResponseBody {
            body: Ahead::of(body, ahead),
            progress,
            stream: Stream::current(),
            log_line: self,
        })
    }
}

impl Drop for LogLine {
    fn drop(&mut self) {
        if let Some(recorder) = &self.recorder {
            recorder.responded(self.status, self.bytes);
        }
        let _entered = self.span.enter();
        let ms = self.begun.elapsed().as_secs_f64() * 1000.0;
        let ms = (ms * 1000.0).round() / 1000.0;
        match self.status {
            Some(status) => {
                tracing::info!(target: ACCESS, status = status.as_u16(), ms, bytes = self.bytes, "request served");
            }
            None => tracing::info!(target: ACCESS, ms, "the client disconnected before the response"),
        }
    }
}

/// The body of a response.
///
/// The stream of an application that fails half-way looks like a complete one.
/// This body ends with an error then, which closes the connection, so that no
/// client takes half a response for a complete one.
#[derive(Debug)]
pub(super) struct ResponseBody {
    body: Ahead,
    progress: Arc<Progress>,
    stream: Option<Arc<Stream>>,
    log_line: LogLine,
}

impl Body for ResponseBody {
    type Data = Piece;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, Error>>> {
        let polled = self.body.poll_frame(context);
        if matches!(polled, Poll::Ready(None)) && self.progress.has_failed() {
            return Poll::Ready(Some(Err(Error::HttpResponseIncomplete)));
        }
        polled.map_ok(|frame| {
            let length = frame.data_ref().map_or(0, Bytes::len);
            self.log_line.bytes += length as u64;
            frame.map_data(|bytes| Piece::new(bytes, self.stream.clone()))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream() && !self.progress.has_failed()
    }

    fn size_hint(&self) -> SizeHint {
        if self.progress.has_failed() { SizeHint::new() } else { self.body.size_hint() }
    }
}

/// A piece of a response. It tells its stream, if it has one, how much of it the connection has taken.
#[derive(Debug)]
pub(super) struct Piece {
    bytes: Bytes,
    stream: Option<Arc<Stream>>,
}

impl Piece {
    fn new(bytes: Bytes, stream: Option<Arc<Stream>>) -> Self {
        if let Some(stream) = &stream {
            stream.give(bytes.len());
        }
        Self { bytes, stream }
    }
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.len()
    }

    fn chunk(&self) -> &[u8] {
        &self.bytes
    }

    fn advance(&mut self, count: usize) {
        if let Some(stream) = &self.stream {
            stream.take(count);
        }
        self.bytes.advance(count);
    }
}
