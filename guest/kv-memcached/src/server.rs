//! A server, the connection to it, and what is known of it.

use lovely_session_key_value::{Entry, Error};
use lovely_session_memcached::{
    Batch, BatchResult, Epoch, Failure, Generations, InvalidCommand, ServerAddress, ServerInfo,
};

use crate::bindings::clocks::monotonic_clock;
use crate::bindings::io::poll::{Pollable, poll};
use crate::bindings::random::random::get_random_u64;
use crate::connection::Connection;
use crate::exchange::Exchange;

/// A server.
pub struct Server {
    address: ServerAddress,
    name: String,
    connection: Option<Connection>,
    /// Of the process at the other end of the connection.
    known: Option<(ServerInfo, Epoch)>,
    /// The generations of families, as they were last seen.
    pub generations: Generations,
    next_opaque: u32,
}

/// What a call exchanges with a server.
pub struct Job {
    /// The position of the server.
    pub server: usize,
    /// The epoch of the process at the other end, if it was known before.
    epoch: Option<Epoch>,
    exchange: Exchange,
}

impl Server {
    /// A server that was not needed yet.
    pub fn new(address: ServerAddress) -> Self {
        let (name, generations) = (address.to_string(), Generations::default());
        Self { name, address, connection: None, known: None, generations, next_opaque: 0 }
    }

    /// Its address, by which keys are routed.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The most bytes that an item may have; `None` before the handshake.
    pub fn item_size_max(&self) -> Option<u64> {
        self.known.map(|(info, _)| info.item_size_max)
    }

    /// Reserves the opaques of this many commands, and returns the first.
    pub fn reserve_opaques(&mut self, commands: usize) -> u32 {
        let first = self.next_opaque;
        self.next_opaque = first.wrapping_add(commands as u32);
        first
    }

    /// The entries that a batch of reads has found.
    ///
    /// # Errors
    ///
    /// When a reply is missing or invalid.
    pub fn found(&mut self, batch: Batch, result: BatchResult) -> Result<Vec<Option<Entry>>, Error> {
        batch.into_entries(result, &self.name, &mut self.generations)
    }

    /// Forgets a connection that cannot be used any more, and returns what is known of the process at the other end.
    fn check(&mut self) -> Option<(ServerInfo, Epoch)> {
        if !self.connection.as_ref().is_some_and(Connection::is_usable) {
            self.forget();
        }
        self.known
    }

    fn forget(&mut self) {
        self.connection = None;
        self.known = None;
    }

    /// Does as much of an exchange as is possible without blocking. Connects first if there is no connection.
    fn drive(&mut self, exchange: &mut Exchange) {
        if self.connection.is_none() {
            match Connection::start(&self.address) {
                Ok(connection) => self.connection = Some(connection),
                Err(failure) => exchange.fail(failure),
            }
        }
        if let Some(connection) = &mut self.connection {
            connection.drive(exchange);
        }
    }

    /// Records how an exchange has ended.
    fn settle(&mut self, exchange: &Exchange) {
        if exchange.failure().is_some() {
            // The next bytes on this connection may belong to that exchange.
            self.forget();
        } else if let (None, Some(info)) = (self.known, exchange.info()) {
            let epoch = info.process.epoch(&self.name).unwrap_or_else(|| Epoch::random(get_random_u64()));
            self.known = Some((info, epoch));
        }
    }
}

impl Job {
    /// The handshake, with these reads along with it; `None` when it is done already.
    ///
    /// # Errors
    ///
    /// When the batch cannot be encoded.
    pub fn handshake(
        server: usize,
        state: &mut Server,
        batch: &Batch,
    ) -> Result<Option<Self>, InvalidCommand> {
        if state.check().is_some() {
            return Ok(None);
        }
        Self::read(server, state, batch).map(Some)
    }

    /// A read, along with the handshake if it is not done yet.
    ///
    /// # Errors
    ///
    /// When the batch cannot be encoded.
    pub fn read(server: usize, state: &mut Server, batch: &Batch) -> Result<Self, InvalidCommand> {
        let (info, epoch) = state.check().unzip();
        // A read expects no version, so any epoch will do.
        let request = batch.encode(epoch.unwrap_or(Epoch::random(0)))?;
        Ok(Self { server, epoch, exchange: Exchange::new(info, Some(request)) })
    }

    /// A write; `None` when the handshake is not done.
    ///
    /// # Errors
    ///
    /// When the batch cannot be encoded.
    pub fn write(server: usize, state: &Server, batch: &Batch) -> Result<Option<Self>, InvalidCommand> {
        let Some((info, epoch)) = state.known else { return Ok(None) };
        let exchange = Exchange::new(Some(info), Some(batch.encode(epoch)?));
        Ok(Some(Self { server, epoch: Some(epoch), exchange }))
    }

    /// Why replies are missing.
    pub fn failure(&self) -> Option<&Failure> {
        self.exchange.failure()
    }

    /// The result of its batch.
    pub fn into_result(self, state: &Server) -> BatchResult {
        let epoch = self.epoch.or_else(|| state.known.map(|(_, epoch)| epoch));
        self.exchange.into_result(epoch)
    }
}

/// Runs all jobs concurrently, until each is over or the deadline passes, a moment of the monotonic clock.
pub fn run(servers: &mut [Server], jobs: &mut [Job], deadline: u64) {
    loop {
        let mut awaited: Vec<Pollable> = Vec::new();
        for job in jobs.iter_mut().filter(|job| !job.exchange.is_over()) {
            let Some(server) = servers.get_mut(job.server) else { continue };
            server.drive(&mut job.exchange);
            if let (false, Some(connection)) = (job.exchange.is_over(), &server.connection) {
                awaited.extend(connection.awaited(&job.exchange));
            }
        }
        if awaited.is_empty() {
            break;
        }
        if monotonic_clock::now() >= deadline {
            jobs.iter_mut().for_each(|job| job.exchange.fail(Failure::TimedOut));
            break;
        }
        awaited.push(monotonic_clock::subscribe_instant(deadline));
        poll(&awaited.iter().collect::<Vec<_>>());
    }
    for job in jobs {
        if let Some(server) = servers.get_mut(job.server) {
            server.settle(&job.exchange);
        }
    }
}
