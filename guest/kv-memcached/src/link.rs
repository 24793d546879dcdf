//! A server, the connection to it, and what is known of it.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use lovely_session_memcached::{Batch, Epoch, Facts, ServerAddress};

use crate::bindings::clocks::monotonic_clock;
use crate::bindings::io::poll::{Pollable, poll};
use crate::bindings::random::random::get_random_bytes;
use crate::connection::Connection;
use crate::exchange::Exchange;
use crate::failure::Failure;

/// A server.
pub struct Link {
    address: ServerAddress,
    name: String,
    connection: Option<Connection>,
    /// Of the process at the other end of the connection.
    known: Option<(Facts, Epoch)>,
    next_token: u32,
}

/// What is asked of a server in a call.
pub struct Job {
    /// The place of the server.
    pub server: usize,
    /// The process that is asked, if it was known before.
    pub epoch: Option<Epoch>,
    /// What is asked.
    pub exchange: Exchange,
}

impl Link {
    /// A server that was not yet needed.
    pub fn new(address: ServerAddress) -> Self {
        Self { name: address.to_string(), address, connection: None, known: None, next_token: 0 }
    }

    /// Its address, as keys are routed by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is known of the process at the other end.
    pub fn known(&self) -> Option<(Facts, Epoch)> {
        self.known
    }

    /// Numbers for so many commands: the first of them.
    pub fn tokens(&mut self, commands: usize) -> u32 {
        let first = self.next_token;
        self.next_token = first.wrapping_add(commands as u32);
        first
    }

    /// Makes sure that there is a connection, or the way to one, and tells what is known of the process there.
    fn check(&mut self) -> Option<(Facts, Epoch)> {
        if !self.connection.as_ref().is_some_and(Connection::is_quiet) {
            self.forget();
        }
        self.known
    }

    fn forget(&mut self) {
        self.connection = None;
        self.known = None;
    }

    /// Does for an exchange all that can be done without waiting.
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

    /// Takes in how an exchange has ended.
    fn settle(&mut self, exchange: &Exchange) {
        if exchange.failure().is_some() {
            // What comes on this connection may belong to that exchange.
            self.forget();
        } else if let (None, Some(facts)) = (self.known, exchange.facts()) {
            let epoch = facts.process.epoch(&self.name).unwrap_or_else(|| Epoch::made_up(random()));
            self.known = Some((facts, epoch));
        }
    }
}

impl Job {
    /// Asks a server what it is, if nothing is known of it.
    pub fn greeting(server: usize, link: &mut Link) -> Option<Self> {
        if link.check().is_some() {
            return None;
        }
        Some(Self { server, epoch: None, exchange: Exchange::new(None, None) })
    }

    /// Reads from a server, and asks it what it is along with that, if nothing is known of it.
    pub fn reading(server: usize, link: &mut Link, batch: &Batch) -> Self {
        let (facts, epoch) = link.check().unzip();
        // A read depends on no version, so that any epoch will do.
        let request = batch.encode(epoch.unwrap_or(Epoch::made_up(0)));
        Self { server, epoch, exchange: Exchange::new(facts, Some(request)) }
    }

    /// Writes to a server; not without knowing which process is there.
    pub fn writing(server: usize, link: &Link, batch: &Batch) -> Option<Self> {
        let (facts, epoch) = link.known?;
        Some(Self {
            server,
            epoch: Some(epoch),
            exchange: Exchange::new(Some(facts), Some(batch.encode(epoch))),
        })
    }
}

/// Runs all jobs at the same time, until each is over or the time is up, a moment of the monotonic clock.
pub fn run(links: &mut [Link], jobs: &mut [Job], deadline: u64) {
    loop {
        let mut awaited: Vec<Pollable> = Vec::new();
        for job in jobs.iter_mut().filter(|job| !job.exchange.is_over()) {
            let Some(link) = links.get_mut(job.server) else { continue };
            link.drive(&mut job.exchange);
            if let (false, Some(connection)) = (job.exchange.is_over(), &link.connection) {
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
        if let Some(link) = links.get_mut(job.server) {
            link.settle(&job.exchange);
        }
    }
}

fn random() -> u64 {
    get_random_bytes(8).into_iter().fold(0, |number, byte| number << 8 | u64::from(byte))
}
