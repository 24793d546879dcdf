//! The streams of a connection of HTTP/2, each with one request.
//!
//! hyper gives each stream a task, and limits their number. Here is what it leaves to its users: streams whose client does
//! not take the response, clients that begin requests only to reset them, and connections without streams.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use hyper::rt::Executor;
use tokio::sync::{Notify, OwnedSemaphorePermit};
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// How many bytes a client has to take of a response in [`Limits::send_time`](super::Limits::send_time), if there are as
/// many.
const LEAST_TAKEN: u64 = 16 << 10;

/// How many more requests a client may reset than it lets complete.
const MOST_RESETS: u32 = 100;

tokio::task_local! {
    static STREAM: Arc<Stream>;
}

/// What is known of one stream. It lives until all that was sent on it is written to the connection.
#[derive(Debug, Default)]
pub(super) struct Stream {
    given: AtomicU64,
    taken: AtomicU64,
    place: OnceLock<OwnedSemaphorePermit>,
}

impl Stream {
    /// The stream whose task this is; none for HTTP/1.1.
    pub(super) fn current() -> Option<Arc<Self>> {
        STREAM.try_with(Arc::clone).ok()
    }

    /// Keeps the permit as long as the stream lives.
    pub(super) fn keep(&self, place: OwnedSemaphorePermit) {
        // It is the only one.
        let _ = self.place.set(place);
    }

    /// Bytes of the response go to the connection.
    pub(super) fn give(&self, bytes: usize) {
        self.given.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Bytes of the response were written to the connection, which the client permits for each stream.
    pub(super) fn take(&self, bytes: usize) {
        self.taken.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    fn waits_for_client(&self) -> bool {
        self.given.load(Ordering::Relaxed) > self.taken()
    }
}

/// The streams of one connection. It starts their tasks for hyper.
#[derive(Debug, Clone)]
pub(super) struct Streams {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    too_many_resets: Notify,
}

#[derive(Debug)]
struct State {
    open: Vec<Open>,
    resets: u32,
    /// When the last stream ended, or the connection began.
    idle_since: Instant,
}

/// A stream, and what it was at the last check.
#[derive(Debug)]
struct Open {
    stream: Arc<Stream>,
    task: AbortHandle,
    taken: u64,
    since: Instant,
}

impl Open {
    fn is_over(&self) -> bool {
        self.task.is_finished() && Arc::strong_count(&self.stream) == 1
    }

    /// Whether the client has taken too little since `since`.
    fn is_stalled(&mut self, time: Duration, now: Instant) -> bool {
        let taken = self.stream.taken();
        if !self.stream.waits_for_client() || taken >= self.taken + LEAST_TAKEN {
            (self.taken, self.since) = (taken, now);
        }
        now.saturating_duration_since(self.since) >= time
    }
}

impl Streams {
    pub(super) fn new() -> Self {
        let state = State { open: Vec::new(), resets: 0, idle_since: Instant::now() };
        Self { shared: Arc::new(Shared { state: Mutex::new(state), too_many_resets: Notify::new() }) }
    }

    /// A request begins. Drop what this returns when the client resets its stream.
    pub(super) fn begin(&self) -> Unanswered {
        Unanswered { shared: Some(self.shared.clone()) }
    }

    /// How long the connection has had no stream; none if it has one.
    pub(super) fn idle_time(&self) -> Option<Duration> {
        let mut state = self.shared.state();
        state.remove_finished();
        state.open.is_empty().then(|| state.idle_since.elapsed())
    }

    /// Resets the streams whose client has taken too little of their response in `time`.
    ///
    /// Returns whether one of them cannot be reset, because hyper regards it as complete: then the connection has to
    /// close.
    pub(super) fn reset_stalled(&self, time: Duration) -> bool {
        let now = Instant::now();
        let mut is_stuck = false;
        let mut state = self.shared.state();
        for open in &mut state.open {
            if open.is_stalled(time, now) {
                tracing::debug!("a stream is reset, because the client does not take its response");
                is_stuck |= open.task.is_finished();
                open.task.abort();
            }
        }
        is_stuck
    }

    /// Completes when the client resets too many requests. Each of them costs the server much more than the client.
    pub(super) async fn too_many_resets(&self) {
        self.shared.too_many_resets.notified().await;
    }

    /// Ends the tasks.
    pub(super) fn abort(&self) {
        for open in &self.shared.state().open {
            open.task.abort();
        }
    }
}

impl State {
    fn remove_finished(&mut self) {
        let before = self.open.len();
        self.open.retain(|open| !open.is_over());
        if before > 0 && self.open.is_empty() {
            self.idle_since = Instant::now();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F> Executor<F> for Streams
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, future: F) {
        let stream = Arc::new(Stream::default());
        let task = tokio::spawn(STREAM.scope(Arc::clone(&stream), future)).abort_handle();
        let mut state = self.shared.state();
        // So that a busy connection does not collect those that are over until its next check.
        if state.open.len() == state.open.capacity() {
            state.remove_finished();
        }
        state.open.push(Open { stream, task, taken: 0, since: Instant::now() });
    }
}

/// A request that has no response yet.
pub(super) struct Unanswered {
    shared: Option<Arc<Shared>>,
}

impl Unanswered {
    /// The request has its response.
    pub(super) fn complete(mut self) {
        if let Some(shared) = self.shared.take() {
            let mut state = shared.state();
            state.resets = state.resets.saturating_sub(1);
        }
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.take() {
            let mut state = shared.state();
            state.resets += 1;
            if state.resets > MOST_RESETS {
                shared.too_many_resets.notify_one();
            }
        }
    }
}
