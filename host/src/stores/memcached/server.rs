//! One server: its connections, and the batches that are sent to it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lovely_session_memcached::{Batch, BatchResult, Failure, Interruption, ReplyBuffer, ServerAddress};
use tokio::runtime::{self, Handle};
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio::task::yield_now;
use tokio::time::Instant;

use super::connect::{Connected, Dialer, Security};
use super::connect_error::ConnectError;
use super::connection::Connection;
use super::failure_log::Call;
use super::incarnation::Incarnation;
use super::options::MemcachedOptions;
use super::pipeline::Completion;
use super::status::ServerStatus;
use super::watch::{Slot, Watch};

/// The total weight of the batches that may be under way to a server. Further batches wait.
const MAX_WEIGHT: u32 = 16 * 1024;

/// Open another connection when this many commands wait on one.
const CROWDED: usize = 128;

/// The item limit of a server that was never reached: the largest that any memcached allows. Nothing is written to such
/// a server before its handshake.
const UNKNOWN_SIZE: u64 = 1 << 30;

/// One server of a store.
pub(super) struct Server {
    name: String,
    dialer: Dialer,
    options: MemcachedOptions,
    watch: Arc<Watch>,
    weight: Semaphore,
    connections: Mutex<Connections>,
    next_opaque: AtomicU32,
    was_reached: AtomicBool,
    /// From the latest handshake; [`UNKNOWN_SIZE`] before the first.
    item_size_max: AtomicU64,
}

/// The connections, by the runtime that made them: each wakes up its own tasks only, and has a task there.
#[derive(Default)]
struct Connections {
    by_runtime: HashMap<Option<runtime::Id>, RuntimeConnections>,
    incarnation: Incarnation,
}

/// The connections of one runtime.
#[derive(Default)]
struct RuntimeConnections {
    open: Vec<Arc<Connection>>,
    /// The connection that is being made. All calls that need one wait for the same.
    dialing: Option<Dialing>,
}

type Dialed = Result<Arc<Connection>, Failure>;
type Dialing = watch::Receiver<Option<Dialed>>;

impl Server {
    /// A server without connections.
    pub(super) fn new(address: ServerAddress, options: &MemcachedOptions, security: Security) -> Self {
        let name = address.to_string();
        Self {
            watch: Arc::new(Watch::over(&name, options)),
            name,
            dialer: Dialer {
                server: address,
                security,
                connect_timeout: options.connect_timeout,
                io_timeout: options.io_timeout,
            },
            options: options.clone(),
            weight: Semaphore::new(MAX_WEIGHT as usize),
            connections: Mutex::default(),
            next_opaque: AtomicU32::new(0),
            item_size_max: AtomicU64::new(UNKNOWN_SIZE),
            was_reached: AtomicBool::new(false),
        }
    }

    /// Makes the first connection. A failure that the options permit is logged.
    pub(super) async fn connect(&self) -> Result<(), ConnectError> {
        let begun = Instant::now();
        match self.dial().await {
            Err(error) if error.is_away() && self.options.may_be_away => {
                self.not_connected(error, begun);
                Ok(())
            }
            connected => connected.map(drop),
        }
    }

    /// Makes the first connection to a server that was away until now.
    pub(super) async fn reach(self: &Arc<Self>) -> Result<(), Failure> {
        let slot = self.enter().await?;
        self.connection(&slot).await.map(drop)
    }

    /// Whether there ever was a connection, so that the item limit is known.
    pub(super) fn was_reached(&self) -> bool {
        self.was_reached.load(Ordering::Acquire)
    }

    /// How connections to it are made.
    pub(super) fn dialer(&self) -> &Dialer {
        &self.dialer
    }

    /// The server as this store sees it.
    pub(super) fn status(&self) -> ServerStatus {
        let connections = self.connections().all().filter(|connection| connection.is_open()).count();
        self.watch.status(&self.name, connections)
    }

    /// Its address, by which keys are routed.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The most bytes that an item may take, with its key and header, by the latest handshake.
    pub(super) fn item_size_max(&self) -> u64 {
        self.item_size_max.load(Ordering::Relaxed)
    }

    /// Reserves the opaques of this many commands, and returns the first.
    pub(super) fn reserve_opaques(&self, commands: usize) -> u32 {
        self.next_opaque.fetch_add(commands as u32, Ordering::Relaxed)
    }

    /// Sends a batch and waits for the replies.
    ///
    /// A connection that turns out to be broken is replaced once, unless a write may have been done on it.
    pub(super) async fn exchange(self: &Arc<Self>, batch: &Batch) -> BatchResult {
        match self.enter().await {
            Ok(slot) => self.exchange_in(&slot, batch).await,
            Err(failure) => BatchResult::unsent(failure),
        }
    }

    async fn enter(&self) -> Result<Slot<'_>, Failure> {
        let slot = self.watch.enter();
        if slot.is_err() {
            // A caller that retries at once must not keep the runtime from reading what the server sends.
            yield_now().await;
        }
        slot
    }

    /// Counts and logs that a call has failed.
    pub(super) fn failed(&self, call: Call, failure: &Failure) {
        self.watch.counters().failed(failure);
        self.watch.log().failed(call, failure);
    }

    async fn exchange_in(self: &Arc<Self>, slot: &Slot<'_>, batch: &Batch) -> BatchResult {
        let _weight = match self.acquire_weight(slot, batch).await {
            Ok(weight) => weight,
            Err(failure) => return BatchResult::unsent(failure),
        };
        let first = self.try_exchange(slot, batch).await;
        match &first.interruption {
            Some(Interruption::Unsent(Failure::Broken(_))) => self.try_exchange(slot, batch).await,
            Some(Interruption::NoReply(Failure::Broken(_))) if batch.is_read_only() => {
                self.try_exchange(slot, batch).await
            }
            _ => first,
        }
    }

    async fn acquire_weight(&self, slot: &Slot<'_>, batch: &Batch) -> Result<SemaphorePermit<'_>, Failure> {
        let weight = u32::try_from(batch.weight()).unwrap_or(MAX_WEIGHT).min(MAX_WEIGHT);
        if let Ok(weight) = self.weight.try_acquire_many(weight) {
            return Ok(weight);
        }
        let deadline = Instant::now() + self.options.connect_timeout;
        match slot.wait(self.weight.acquire_many(weight), Some(deadline), true).await {
            Ok(Ok(weight)) => Ok(weight),
            // The semaphore is never closed.
            Ok(Err(_)) | Err(Failure::TimedOut) => Err(Failure::Busy),
            Err(failure) => Err(failure),
        }
    }

    async fn try_exchange(self: &Arc<Self>, slot: &Slot<'_>, batch: &Batch) -> BatchResult {
        let connection = match self.connection(slot).await {
            Ok(connection) => connection,
            Err(failure) => return BatchResult::unsent(failure),
        };
        let epoch = connection.epoch();
        let request = match batch.encode(epoch) {
            Ok(request) => request,
            Err(invalid) => return BatchResult::unsent(Failure::InvalidCommand(invalid.to_string())),
        };
        let (begun, bytes) = (Instant::now(), request.bytes.len());
        let deadline = begun + self.options.io_timeout;
        // A write waits to the end, because it would not be known otherwise whether it was done.
        let may_leave = batch.is_read_only();
        let Completion { replies, interruption } =
            connection.exchange(slot, request, deadline, may_leave).await;
        if interruption.is_none() {
            let counters = self.watch.counters();
            counters.completed(begun.elapsed());
            counters.sent(bytes);
        }
        BatchResult { epoch: Some(epoch), commands: batch.pending(epoch), replies, interruption }
    }

    /// A connection to use: the first that is not crowded, or else the one with the smallest load. When all are crowded,
    /// another one is made meanwhile.
    async fn connection(self: &Arc<Self>, slot: &Slot<'_>) -> Result<Arc<Connection>, Failure> {
        let mut dialing = {
            let mut connections = self.connections();
            let (connection, load) = connections.least_loaded();
            if load >= CROWDED && connections.may_grow(self.options.connections) {
                connections.dialing(self);
            }
            match connection {
                Some(connection) => return Ok(connection),
                None => connections.dialing(self),
            }
        };
        let dialed = slot.wait(dialing.wait_for(Option::is_some), None, true).await?;
        // The task that makes the connection ends without a result only with its runtime.
        let stopped = Failure::Broken(std::io::ErrorKind::ConnectionAborted);
        dialed.ok().and_then(|dialed| dialed.clone()).unwrap_or(Err(stopped))
    }

    async fn dial(&self) -> Result<Arc<Connection>, ConnectError> {
        let Connected { stream, info, .. } = self.dialer.dial().await?;
        self.item_size_max.store(info.item_size_max, Ordering::Relaxed);
        self.was_reached.store(true, Ordering::Release);
        let mut connections = self.connections();
        let epoch = connections.incarnation.epoch(info.process);
        let received = ReplyBuffer::new(info.item_size_max);
        let watch = Arc::clone(&self.watch);
        let connection = Connection::open(stream, epoch, info.process.uptime, received, watch);
        connections.own().open.push(Arc::clone(&connection));
        drop(connections);
        self.watch.heard();
        Ok(connection)
    }

    /// As [`Self::dial`], for a server that was connected to before.
    async fn redial(&self) -> Result<Arc<Connection>, Failure> {
        let begun = Instant::now();
        self.dial().await.map_err(|error| self.not_connected(error, begun))
    }

    /// Records and logs that a connection could not be made that was begun at this moment.
    fn not_connected(&self, error: ConnectError, begun: Instant) -> Failure {
        self.watch.not_connected(matches!(error, ConnectError::TimedOut { .. }), begun);
        let failure = error.into_failure();
        self.watch.log().failed(Call::Connect, &failure);
        failure
    }

    fn connections(&self) -> MutexGuard<'_, Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for connection in self.connections().all() {
            connection.close(Failure::Broken(std::io::ErrorKind::ConnectionAborted));
        }
    }
}

impl Connections {
    /// Those of the current runtime.
    fn own(&mut self) -> &mut RuntimeConnections {
        self.by_runtime.entry(current_runtime()).or_default()
    }

    fn all(&self) -> impl Iterator<Item = &Arc<Connection>> {
        self.by_runtime.values().flat_map(|connections| &connections.open)
    }

    /// The connection to use, and its load. Connections that cannot be used any more are removed.
    fn least_loaded(&mut self) -> (Option<Arc<Connection>>, usize) {
        let mut best = (None, usize::MAX);
        let Self { by_runtime, incarnation } = self;
        let own = by_runtime.entry(current_runtime()).or_default();
        own.open.retain(|connection| {
            incarnation.was_alive(connection.epoch(), connection.uptime_at_last_reply());
            let Some(load) = connection.load() else { return false };
            if best.1 >= CROWDED && load < best.1 {
                best = (Some(Arc::clone(connection)), load);
            }
            true
        });
        best
    }

    /// Whether another connection may be made and would be of use. One of another epoch would not, because it does not
    /// accept the versions that were read on the others of its runtime.
    fn may_grow(&mut self, connections: usize) -> bool {
        let next = self.incarnation.next_epoch();
        let count = self.all().count();
        let own = self.own();
        own.dialing.is_none()
            && count < connections
            && own.open.first().is_some_and(|connection| next == Some(connection.epoch()))
    }

    /// The connection that is being made. Begins to make one if there is none.
    fn dialing(&mut self, server: &Arc<Server>) -> Dialing {
        if let Some(dialing) = &self.own().dialing
            && dialing.has_changed().is_ok()
        {
            return dialing.clone();
        }
        // Runtimes may have ended.
        self.by_runtime.retain(|_, connections| connections.is_used());
        let (dialed, dialing) = watch::channel(None);
        self.own().dialing = Some(dialing.clone());
        let server = Arc::clone(server);
        tokio::spawn(async move {
            let connection = server.redial().await;
            server.connections().own().dialing = None;
            // All calls that waited may have given up.
            let _ = dialed.send(Some(connection));
        });
        dialing
    }
}

impl RuntimeConnections {
    fn is_used(&self) -> bool {
        self.dialing.as_ref().is_some_and(|dialing| dialing.has_changed().is_ok())
            || self.open.iter().any(|connection| connection.load().is_some())
    }
}

fn current_runtime() -> Option<runtime::Id> {
    Handle::try_current().ok().map(|runtime| runtime.id())
}
