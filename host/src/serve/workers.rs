//! The threads that serve connections, one for each processor.
//!
//! Each has a runtime of its own, so the tasks of a request run on one thread, wake up no other, and use connections of
//! their own to the store. The acceptor gives a new connection to the thread that has the fewest. (With a socket for
//! each thread, `SO_REUSEPORT`, the system would distribute connections by a hash, and a few clients could share one
//! thread while the others are idle.)

use std::convert::Infallible;
use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;

use futures_util::future::join_all;
use tokio::runtime::{Builder, Handle};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

use super::connection::{self, Serving};

/// What the server tells its connections.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signal {
    pub(super) phase: Phase,
    /// Changes when the server needs the places of idle connections.
    pub(super) calls: u32,
}

/// What the server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Serving,
    /// Connections close when their requests are complete.
    Stopping,
    /// What still runs is aborted.
    Ending,
}

/// A connection for a worker.
struct Accepted {
    stream: TcpStream,
    _place: OwnedSemaphorePermit,
    /// Kept while the connection is open.
    _counted: Arc<()>,
}

/// Ends a thread when it is dropped.
type Thread = oneshot::Sender<Infallible>;

/// The threads. They end when this is dropped.
pub(super) struct Workers {
    workers: Vec<Worker>,
}

struct Worker {
    accepted: mpsc::UnboundedSender<Accepted>,
    /// Has one more reference than the worker has connections.
    count: Arc<()>,
    end: JoinHandle<usize>,
    /// `None` if the system refused a thread.
    thread: Option<Thread>,
}

impl Workers {
    /// Starts a thread for each processor. If the system refuses one, its connections are served on the current
    /// runtime.
    pub(super) fn start(serving: &Serving) -> Self {
        let count = thread::available_parallelism().map_or(1, usize::from);
        let workers = (0..count).map(|_| Worker::start(serving.clone()));
        Self { workers: workers.collect() }
    }

    /// Gives a connection to the worker that has the fewest. It keeps its place, from the limit of all connections, while
    /// it is open.
    pub(super) fn serve(&self, stream: TcpStream, place: OwnedSemaphorePermit) {
        let worker = self.workers.iter().min_by_key(|worker| Arc::strong_count(&worker.count));
        if let Some(worker) = worker {
            let accepted = Accepted { stream, _place: place, _counted: Arc::clone(&worker.count) };
            // Fails only if the runtime of the worker has ended, and all others with it.
            let _ = worker.accepted.send(accepted);
        }
    }

    /// Tells the workers that no more connections come.
    pub(super) fn finish(self) -> Finishing {
        let (ends, threads) = self.workers.into_iter().map(|worker| (worker.end, worker.thread)).unzip();
        Finishing { ends, _threads: threads }
    }
}

/// Workers that get no more connections. The threads end when this is dropped.
pub(super) struct Finishing {
    ends: Vec<JoinHandle<usize>>,
    _threads: Vec<Option<Thread>>,
}

impl Finishing {
    /// Waits for the end of the connections, and returns how many were aborted.
    pub(super) async fn aborted(self) -> usize {
        join_all(self.ends).await.into_iter().map(|end| end.unwrap_or(0)).sum()
    }
}

impl Worker {
    fn start(serving: Serving) -> Self {
        let (accepted, receiver) = mpsc::unbounded_channel();
        let serving = serve(receiver, serving);
        let (end, thread) = match start_thread() {
            Ok((runtime, thread)) => (runtime.spawn(serving), Some(thread)),
            Err(error) => {
                tracing::warn!("cannot start a thread for connections: {error}");
                (tokio::spawn(serving), None)
            }
        };
        Self { accepted, count: Arc::new(()), end, thread }
    }
}

/// Starts a thread with a runtime. They end when the sender is dropped.
fn start_thread() -> io::Result<(Handle, Thread)> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let (sender, dropped) = oneshot::channel::<Infallible>();
    let run = move || {
        let _never_sent = runtime.block_on(dropped);
        // A blocking call of an application does not delay the end.
        runtime.shutdown_background();
    };
    thread::Builder::new().name("connections".to_owned()).spawn(run)?;
    Ok((handle, sender))
}

/// Serves connections until no more come and all are closed, or until the server ends. Returns the number of those that
/// were aborted.
async fn serve(mut accepted: mpsc::UnboundedReceiver<Accepted>, serving: Serving) -> usize {
    let mut connections = JoinSet::new();
    let mut signal = serving.signal.clone();
    loop {
        tokio::select! {
            next = accepted.recv() => {
                let Some(accepted) = next else { break };
                connections.spawn(serve_accepted(accepted, serving.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
    // The server waits until all of these are dropped.
    drop(serving);
    tokio::select! {
        // In this order: the end of the last connection lets the server end, and that connection was not aborted.
        biased;
        () = async { while connections.join_next().await.is_some() {} } => {}
        // Also if the server was dropped.
        _ = signal.wait_for(|signal| signal.phase == Phase::Ending) => {}
    }
    let unfinished = connections.len();
    connections.shutdown().await;
    unfinished
}

async fn serve_accepted(accepted: Accepted, serving: Serving) {
    let Accepted { stream, _place, _counted } = accepted;
    connection::serve(stream, serving).await;
}
