//! Accepts connections, and refuses those for which there is no place.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::limits::Limits;
use super::load::Load;
use super::queue::{Busy, Queue, count};
use super::refusal::Refusal;
use super::workers::{Signal, Workers};
use crate::log_limit::LogLimit;

/// The pause after accepting a connection failed. When the process is out of file
/// descriptors, it fails at once each time.
const PAUSE: Duration = Duration::from_millis(100);

/// The shortest time between two calls to idle connections to make room.
const BETWEEN_CALLS: Duration = Duration::from_millis(100);

/// How long a refused client has to read the response. It would not see it if the connection closed while it sends.
const FAREWELL: Duration = Duration::from_secs(1);

/// The most refused clients that are waited for. The connections of others close at once.
const MOST_FAREWELLS: usize = 256;

static REFUSALS: LogLimit<()> = LogLimit::new();

/// Where connections arrive.
pub(super) struct Entrance {
    places: Arc<Semaphore>,
    queue: Queue,
    farewells: Arc<Semaphore>,
    load: Load,
    signal: watch::Sender<Signal>,
    last_call: Option<Instant>,
    uses_tls: bool,
    /// The connections that wait for a place, and those that are being refused.
    outside: JoinSet<Option<Admitted>>,
}

/// A connection with its place.
type Admitted = (TcpStream, OwnedSemaphorePermit);

impl Entrance {
    /// An entrance that calls by `signal` when idle connections should close to make room.
    pub(super) fn new(limits: &Limits, load: Load, signal: watch::Sender<Signal>, uses_tls: bool) -> Self {
        Self {
            places: Arc::new(Semaphore::new(count(limits.connections.max(1)))),
            queue: Queue::new(limits),
            farewells: Arc::new(Semaphore::new(MOST_FAREWELLS)),
            load,
            signal,
            last_call: None,
            uses_tls,
            outside: JoinSet::new(),
        }
    }

    /// Accepts connections until `shutdown` completes. Those that wait then are closed.
    pub(super) async fn accept_until(
        mut self,
        shutdown: impl Future<Output = ()>,
        listener: &TcpListener,
        workers: &Workers,
    ) {
        let mut shutdown = pin!(shutdown);
        loop {
            let admitted = tokio::select! {
                () = &mut shutdown => return,
                stream = accept(listener) => self.admit(stream),
                Some(done) = self.outside.join_next() => done.unwrap_or(None),
                // Others may have become idle.
                () = sleep(BETWEEN_CALLS), if !self.outside.is_empty() => {
                    self.call_for_room();
                    None
                }
            };
            if let Some((stream, place)) = admitted {
                // It is served by another runtime.
                match stream.into_std() {
                    Ok(stream) => workers.serve(stream, place),
                    Err(error) => tracing::warn!("cannot serve a connection: {error}"),
                }
            }
        }
    }

    /// Admits a connection if there is a place. If not, it waits for one, or is refused.
    fn admit(&mut self, stream: TcpStream) -> Option<Admitted> {
        if let Ok(place) = self.places.clone().try_acquire_owned() {
            return Some((stream, place));
        }
        self.call_for_room();
        let farewell =
            Farewell { places: self.farewells.clone(), load: self.load.clone(), uses_tls: self.uses_tls };
        match self.queue.enter() {
            Ok(waiting) => {
                let places = self.places.clone();
                self.outside.spawn(async move {
                    match waiting.wait_for(&places).await {
                        Ok(place) => Some((stream, place)),
                        Err(Busy) => farewell.refuse(stream).await,
                    }
                });
            }
            Err(Busy) => {
                self.outside.spawn(farewell.refuse(stream));
            }
        }
        None
    }

    /// Has connections closed that have no request.
    fn call_for_room(&mut self) {
        if self.last_call.is_none_or(|last| last.elapsed() >= BETWEEN_CALLS) {
            self.last_call = Some(Instant::now());
            self.signal.send_modify(|signal| signal.calls = signal.calls.wrapping_add(1));
        }
    }
}

/// Waits for a connection.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _client)) => return stream,
            Err(error) => {
                tracing::warn!("cannot accept a connection: {error}");
                sleep(PAUSE).await;
            }
        }
    }
}

/// How connections are refused.
struct Farewell {
    places: Arc<Semaphore>,
    load: Load,
    uses_tls: bool,
}

impl Farewell {
    /// Sends a response without reading the request, and discards what the client sends. With TLS this would take a
    /// handshake, which costs too much for a server that is busy.
    async fn refuse(self, mut stream: TcpStream) -> Option<Admitted> {
        self.load.refuse_connection();
        if let Some(left_out) = REFUSALS.admit((), Instant::now().into_std()) {
            tracing::warn!(
                left_out,
                "a connection is refused, because too many are open; allow more connections if the machine can serve them"
            );
        }
        let place = self.places.try_acquire().ok().filter(|_| !self.uses_tls);
        if place.is_some() {
            let _at_most = timeout(FAREWELL, async {
                stream.write_all(Refusal::Busy.in_http1().as_bytes()).await?;
                stream.shutdown().await?;
                let mut discarded = [0; 1024];
                while stream.read(&mut discarded).await? > 0 {}
                std::io::Result::Ok(())
            })
            .await;
        }
        None
    }
}
