//! One server: its connections, and what they are asked.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lovely_session_memcached::{Batch, ServerAddress};
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio::task::yield_now;
use tokio::time::Instant;

use super::MemcachedOptions;
use super::connect::{self, ConnectError};
use super::exchanged::Exchanged;
use super::failure::Failure;
use super::failure_log::Call;
use super::incarnation::Incarnation;
use super::incoming::Incoming;
use super::lane::Lane;
use super::pipeline::{Lost, Settled};
use super::watch::{Place, Watch};

/// How much may be asked of a server at the same time: so many commands, or 4 KiB of what is sent for each
/// of them. Who comes then waits for room.
const ROOM: u32 = 16 * 1024;

/// From so many commands on a connection on, another one is made.
const CROWDED: usize = 128;

/// One server of a store.
pub(super) struct Server {
    address: ServerAddress,
    name: String,
    options: MemcachedOptions,
    watch: Arc<Watch>,
    room: Semaphore,
    lanes: Mutex<Lanes>,
    next_token: AtomicU32,
    /// As it was told on the latest connection.
    item_size_max: AtomicU64,
}

#[derive(Default)]
struct Lanes {
    open: Vec<Arc<Lane>>,
    /// A connection that is being made: all who need one wait for the same.
    dialing: Option<Dialing>,
    incarnation: Incarnation,
}

type Dialed = Result<Arc<Lane>, Failure>;
type Dialing = watch::Receiver<Option<Dialed>>;

impl Server {
    /// Makes the first connection.
    pub(super) async fn connect(
        address: ServerAddress,
        options: &MemcachedOptions,
    ) -> Result<Arc<Self>, ConnectError> {
        let name = address.to_string();
        let server = Arc::new(Self {
            watch: Arc::new(Watch::over(&name, options)),
            name,
            address,
            options: options.clone(),
            room: Semaphore::new(ROOM as usize),
            lanes: Mutex::default(),
            next_token: AtomicU32::new(0),
            item_size_max: AtomicU64::new(0),
        });
        server.dial().await?;
        Ok(server)
    }

    /// Its address, as keys are routed by.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The most bytes that an item may take, with its key and header, as far as is known.
    pub(super) fn item_size_max(&self) -> u64 {
        self.item_size_max.load(Ordering::Relaxed)
    }

    /// Numbers for so many commands: the first of them.
    pub(super) fn tokens(&self, commands: usize) -> u32 {
        self.next_token.fetch_add(commands as u32, Ordering::Relaxed)
    }

    /// Sends commands together, and waits for the answers.
    ///
    /// A connection that turns out to be broken is replaced once, unless a write may have been done on it.
    pub(super) async fn exchange(self: &Arc<Self>, batch: &Batch) -> Exchanged {
        match self.watch.enter() {
            Ok(place) => self.exchange_at(&place, batch).await,
            Err(failure) => {
                // A caller that tries again at once must not keep the runtime from hearing the server.
                yield_now().await;
                Exchanged::unsent(failure)
            }
        }
    }

    /// Tells the log that a call has failed; without a reason when what was answered makes no sense.
    pub(super) fn failed(&self, call: Call, failure: Option<Failure>) {
        self.watch.log().failed(call, &failure.unwrap_or(Failure::NotUnderstood));
    }

    async fn exchange_at(self: &Arc<Self>, place: &Place<'_>, batch: &Batch) -> Exchanged {
        let _room = match self.room_for(place, batch).await {
            Ok(room) => room,
            Err(failure) => return Exchanged::unsent(failure),
        };
        let first = self.try_exchange(place, batch).await;
        match &first.lost {
            Some(Lost::Unsent(Failure::Broken(_))) => self.try_exchange(place, batch).await,
            Some(Lost::Unanswered(Failure::Broken(_))) if batch.is_read_only() => {
                self.try_exchange(place, batch).await
            }
            _ => first,
        }
    }

    async fn room_for(&self, place: &Place<'_>, batch: &Batch) -> Result<SemaphorePermit<'_>, Failure> {
        let weight = u32::try_from(batch.weight()).unwrap_or(ROOM).min(ROOM);
        if let Ok(room) = self.room.try_acquire_many(weight) {
            return Ok(room);
        }
        let deadline = Instant::now() + self.options.connect_timeout;
        match place.wait(self.room.acquire_many(weight), Some(deadline), true).await {
            Ok(Ok(room)) => Ok(room),
            // It is never closed.
            Ok(Err(_)) | Err(Failure::TimedOut) => Err(Failure::Busy),
            Err(failure) => Err(failure),
        }
    }

    async fn try_exchange(self: &Arc<Self>, place: &Place<'_>, batch: &Batch) -> Exchanged {
        let lane = match self.lane(place).await {
            Ok(lane) => lane,
            Err(failure) => return Exchanged::unsent(failure),
        };
        let epoch = lane.epoch();
        let request = batch.encode(epoch);
        let deadline = Instant::now() + self.options.io_timeout;
        // Of a write that is not waited for, nobody would know whether it was done.
        let Settled { answers, lost } = lane.exchange(place, request, deadline, batch.is_read_only()).await;
        Exchanged { asked: Some((epoch, batch.asked(epoch))), answers, lost }
    }

    /// A connection to use: the first that is not crowded, or else the one with the least to do. When all
    /// are crowded, another one is made meanwhile.
    async fn lane(self: &Arc<Self>, place: &Place<'_>) -> Result<Arc<Lane>, Failure> {
        let mut dialing = {
            let mut lanes = self.lanes();
            let (lane, load) = lanes.least_loaded();
            if load >= CROWDED && lanes.may_grow(self.options.connections) {
                lanes.dialing(self);
            }
            match lane {
                Some(lane) => return Ok(lane),
                None => lanes.dialing(self),
            }
        };
        let dialed = place.wait(dialing.wait_for(Option::is_some), None, true).await?;
        // The task that makes it is gone only with its runtime.
        let stopped = Failure::Broken(std::io::ErrorKind::ConnectionAborted);
        dialed.ok().and_then(|dialed| dialed.clone()).unwrap_or(Err(stopped))
    }

    async fn dial(&self) -> Result<Arc<Lane>, ConnectError> {
        let (stream, facts) = connect::connect(&self.address, &self.options).await?;
        self.item_size_max.store(facts.item_size_max, Ordering::Relaxed);
        let mut lanes = self.lanes();
        let epoch = lanes.incarnation.epoch(facts.process);
        let incoming = Incoming::new(facts.item_size_max);
        let lane = Lane::open(stream, epoch, facts.process.uptime, incoming, Arc::clone(&self.watch));
        lanes.open.push(Arc::clone(&lane));
        drop(lanes);
        self.watch.heard();
        Ok(lane)
    }

    /// As [`Self::dial`], for a server that was connected to before.
    async fn redial(&self) -> Result<Arc<Lane>, Failure> {
        let begun = Instant::now();
        self.dial().await.map_err(|error| {
            self.watch.not_connected(&error, begun);
            let failure = Failure::Unreachable(Arc::new(error));
            self.watch.log().failed(Call::Connect, &failure);
            failure
        })
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for lane in &self.lanes().open {
            lane.close(Failure::Broken(std::io::ErrorKind::ConnectionAborted));
        }
    }
}

impl Lanes {
    /// The connection to use and its load, of those that can be used; the others are forgotten.
    fn least_loaded(&mut self) -> (Option<Arc<Lane>>, usize) {
        let mut best = (None, usize::MAX);
        let incarnation = &mut self.incarnation;
        self.open.retain(|lane| {
            incarnation.was_alive(lane.epoch(), lane.uptime_at_last_answer());
            let Some(load) = lane.load() else { return false };
            if best.1 >= CROWDED && load < best.1 {
                best = (Some(Arc::clone(lane)), load);
            }
            true
        });
        best
    }

    /// Whether a further connection may be made, and would be of use: one of another epoch would not know
    /// the versions that were given out on the others.
    fn may_grow(&self, connections: usize) -> bool {
        !self.open.is_empty()
            && self.open.len() < connections.max(1)
            && self.dialing.is_none()
            && self.incarnation.is_unmistakable()
    }

    /// The connection that is being made; starts to make one if there is none.
    fn dialing(&mut self, server: &Arc<Server>) -> Dialing {
        if let Some(dialing) = &self.dialing
            && dialing.has_changed().is_ok()
        {
            return dialing.clone();
        }
        let (dialed, dialing) = watch::channel(None);
        self.dialing = Some(dialing.clone());
        let server = Arc::clone(server);
        tokio::spawn(async move {
            let lane = server.redial().await;
            server.lanes().dialing = None;
            // Those who waited may all have given up.
            let _ = dialed.send(Some(lane));
        });
        dialing
    }
}
