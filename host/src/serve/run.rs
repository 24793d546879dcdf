//! A run of the application for one request, and where it is polled.
//!
//! A run begins in the task of its connection: most runs send their response and end without waiting for anything but
//! the store, and a task of their own would cost more than it brings. A run leaves that task when it has to go on
//! without it: when the response is sent and the application continues, when the client has disconnected, and when it
//! computes for so long that it would hold up the other connections of its thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tracing::{Instrument, Span};

use super::refusal::Refusal;
use crate::log_targets::APPLICATION;

/// What a run tells those who wait for it.
#[derive(Debug, Default)]
pub(super) struct Progress {
    has_failed: AtomicBool,
    computes: AtomicBool,
}

impl Progress {
    /// The application failed, so that its response is incomplete.
    pub(super) fn fail(&self) {
        self.has_failed.store(true, Ordering::Release);
    }

    pub(super) fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Acquire)
    }

    /// The application has computed for so long that other requests should not wait for it.
    pub(super) fn compute(&self) {
        self.computes.store(true, Ordering::Relaxed);
    }

    pub(super) fn computes(&self) -> bool {
        self.computes.load(Ordering::Relaxed)
    }
}

type End = Result<(), Refusal>;
type Work = Pin<Box<dyn Future<Output = End> + Send>>;

/// A run. As a future it completes at the end of the run. Dropping it does not end the run, which then continues in a
/// task of its own.
pub(super) struct Run {
    place: Place,
    progress: Arc<Progress>,
    /// Where it continues if it computes.
    computing: Handle,
    span: Span,
}

enum Place {
    /// In the task of the connection.
    Here(Work),
    Task(JoinHandle<End>),
    Ended,
}

impl Run {
    /// A run that does `work`. In a task of its own, it is in the current span.
    pub(super) fn new(
        work: impl Future<Output = End> + Send + 'static,
        progress: Arc<Progress>,
        computing: Handle,
    ) -> Self {
        Self { place: Place::Here(Box::pin(work)), progress, computing, span: Span::current() }
    }

    /// Continues the run in a task of another runtime, or of this one.
    fn leave(&mut self, runtime: &Handle) {
        if let Place::Here(work) = std::mem::replace(&mut self.place, Place::Ended) {
            self.place = Place::Task(runtime.spawn(work.instrument(self.span.clone())));
        }
    }
}

impl Future for Run {
    type Output = End;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<End> {
        let polled = match &mut self.place {
            Place::Here(work) => poll_here(work, context),
            Place::Task(task) => Pin::new(task).poll(context).map(|end| end.unwrap_or_else(|_| panicked())),
            Place::Ended => Poll::Ready(Ok(())),
        };
        if polled.is_ready() {
            self.place = Place::Ended;
        } else if self.progress.computes() && matches!(self.place, Place::Here(_)) {
            let computing = self.computing.clone();
            self.leave(&computing);
            // The task wakes this one up at its end.
            return self.poll(context);
        }
        polled
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // Without a runtime, everything ends.
        if let Ok(runtime) = Handle::try_current() {
            self.leave(&runtime);
        }
    }
}

/// Polls in the task of the connection, which does not end if the run panics.
fn poll_here(work: &mut Work, context: &mut Context<'_>) -> Poll<End> {
    catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)))
        .unwrap_or_else(|_panic| Poll::Ready(panicked()))
}

fn panicked() -> End {
    // The hook of the process has logged the reason.
    tracing::error!(target: APPLICATION, "running the application failed");
    Err(Refusal::ApplicationFailed)
}
