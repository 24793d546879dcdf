//! Clients that change one session concurrently, over HTTP.

mod rounds;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hyper::StatusCode;
use tokio::runtime::Runtime;

pub use self::rounds::{Response, Rounds, Rush};
use crate::clients::{Client, Crowd};
use crate::load::{Counts, Visitor, thing};

/// The numbers of clients that are measured.
pub const CLIENTS: [usize; 5] = [1, 2, 8, 64, 256];

/// The items that the clients of a session add.
#[derive(Clone, Copy, Debug)]
pub enum Adding {
    /// All of them add the same item.
    TheSame,
    /// Each of them adds another item.
    AnotherEach,
}

/// A session with items.
pub struct Session<'a> {
    runtime: &'a Runtime,
    owner: Visitor,
}

impl<'a> Session<'a> {
    /// Begins a session on a server, with one each of `things` items.
    pub fn begin(runtime: &'a Runtime, server: SocketAddr, things: usize) -> Self {
        let mut owner = runtime.block_on(Visitor::arrive(server));
        runtime.block_on(owner.fill(things));
        Self { runtime, owner }
    }

    /// `count` clients of the session, each on its own connection, evenly distributed over these servers.
    pub fn clients(&self, servers: &[SocketAddr], count: usize, adding: Adding) -> Clients<'a> {
        let join = |server| self.runtime.block_on(self.owner.joined_by(server));
        let client = |(number, server): (usize, &SocketAddr)| Adder {
            visitor: join(*server),
            thing: match adding {
                Adding::TheSame => thing(0),
                Adding::AnotherEach => thing(number),
            },
            responses: Vec::new(),
        };
        let clients = servers.iter().cycle().take(count).enumerate().map(client).collect();
        Clients {
            runtime: self.runtime,
            witness: join(servers[0]),
            adders: Crowd::new(self.runtime, clients),
        }
    }
}

/// Clients of one session.
pub struct Clients<'a> {
    runtime: &'a Runtime,
    witness: Visitor,
    adders: Crowd<'a, Adder>,
}

impl Clients<'_> {
    /// Lets all of them add to the session for some time, each one request after another.
    pub fn rush(&mut self, time: Duration) -> Rush {
        let before = self.look();
        let end = Instant::now() + time;
        self.adders.work(time);
        let after = self.look();
        let mut responses = Vec::new();
        let mut acknowledged = Counts::new();
        for adder in self.adders.clients() {
            let good = adder.responses.iter().filter(|response| response.good).count();
            *acknowledged.entry(adder.thing.clone()).or_default() += good as u64;
            responses.append(&mut adder.responses);
        }
        let count = |counts: &Counts, thing| counts.get(thing).copied().unwrap_or(0);
        let growth = |thing| count(&after, thing).saturating_sub(count(&before, thing));
        let grown = acknowledged.keys().map(|thing| (thing.clone(), growth(thing))).collect();
        Rush::new(time, end, responses, &acknowledged, &grown)
    }

    fn look(&mut self) -> Counts {
        self.runtime.block_on(self.witness.look())
    }
}

/// A client that adds one of an item with each request, and records the responses.
struct Adder {
    visitor: Visitor,
    thing: String,
    responses: Vec<Response>,
}

impl Client for Adder {
    async fn transact(&mut self) {
        let begun = Instant::now();
        let status = self.visitor.add(&self.thing).await;
        let at = Instant::now();
        self.responses.push(Response { at, took: at - begun, good: status == Some(StatusCode::OK) });
    }
}
