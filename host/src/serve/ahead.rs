//! Takes the response from the application before the client does.
//!
//! Otherwise a client that reads slowly, or not at all, would hold the instance that writes the response.

use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use wasmtime_wasi_http::Error;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

/// The frames that are taken at once. More can only come from an application that writes at the same time.
const MOST_AT_ONCE: usize = 4;

/// The bytes of a frame beside its content.
const FRAME_OVERHEAD: usize = 256;

type Framed = Result<Frame<Bytes>, Error>;

/// A body that is taken from its application while the client reads.
#[derive(Debug)]
pub(super) struct Ahead {
    /// Those that were there at once.
    first: std::vec::IntoIter<Framed>,
    /// The others; none if there are no others.
    rest: Option<mpsc::UnboundedReceiver<Taken>>,
    hint: SizeHint,
}

/// A frame, with its permit.
#[derive(Debug)]
struct Taken {
    frame: Framed,
    _room: Option<OwnedSemaphorePermit>,
}

impl Ahead {
    /// Takes what is there, and the rest in a task, up to `room` bytes more than the client has read.
    pub(super) fn of(mut body: HyperOutgoingBody, room: usize) -> Self {
        let mut first = Vec::new();
        while first.len() < MOST_AT_ONCE {
            match body.frame().now_or_never() {
                Some(Some(frame)) => first.push(frame),
                Some(None) => return Self::complete(first),
                None => break,
            }
        }
        let hint = body.size_hint();
        Self { first: first.into_iter(), rest: Some(follow(body, room.max(1))), hint }
    }

    /// A body with nothing behind these frames, whose size is known if all of them are data.
    fn complete(frames: Vec<Framed>) -> Self {
        let lengths = frames.iter().map(|frame| Some(frame.as_ref().ok()?.data_ref()?.len() as u64));
        let hint = lengths.sum::<Option<u64>>().map_or_else(SizeHint::new, SizeHint::with_exact);
        Self { first: frames.into_iter(), rest: None, hint }
    }

    pub(super) fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Framed>> {
        if let Some(frame) = self.first.next() {
            return Poll::Ready(Some(frame));
        }
        let Some(rest) = &mut self.rest else { return Poll::Ready(None) };
        rest.poll_recv(context).map(|taken| taken.map(|taken| taken.frame))
    }

    pub(super) fn is_end_stream(&self) -> bool {
        self.first.len() == 0 && self.rest.is_none()
    }

    /// The size, as far as it is known.
    pub(super) fn size_hint(&self) -> SizeHint {
        self.hint
    }
}

fn follow(body: HyperOutgoingBody, room: usize) -> mpsc::UnboundedReceiver<Taken> {
    let (sender, receiver) = mpsc::unbounded_channel();
    // The task is gone when the client is, which the application sees at its next write.
    tokio::spawn(async move {
        tokio::select! {
            () = take(body, &sender, room) => {}
            () = sender.closed() => {}
        }
    });
    receiver
}

async fn take(mut body: HyperOutgoingBody, sender: &mpsc::UnboundedSender<Taken>, room: usize) {
    let space = Arc::new(Semaphore::new(room.min(Semaphore::MAX_PERMITS)));
    while let Some(frame) = body.frame().await {
        let length = frame.as_ref().ok().and_then(Frame::data_ref).map_or(0, Bytes::len);
        // A frame that is larger than all the room waits until the client has read all others.
        let needed = u32::try_from((length + FRAME_OVERHEAD).min(room)).unwrap_or(u32::MAX);
        let room = space.clone().acquire_many_owned(needed).await.ok();
        if sender.send(Taken { frame, _room: room }).is_err() {
            return;
        }
    }
}
