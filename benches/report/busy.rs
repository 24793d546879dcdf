//! Clients that change one session at the same time, over HTTP.

mod rounds;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hyper::StatusCode;
use tokio::runtime::Runtime;

pub use self::rounds::{Answer, Rounds, Rush};
use crate::clients::{Client, Crowd};
use crate::load::{Counts, Site, Visitor, thing};

/// The numbers of clients that are measured.
pub const CLIENTS: [usize; 5] = [1, 2, 8, 64, 256];

/// What the clients of a session add.
#[derive(Clone, Copy, Debug)]
pub enum Adding {
    /// All of them the same thing.
    TheSame,
    /// Each of them another thing.
    AnotherEach,
}

/// A session in which there is something.
pub struct Session<'a> {
    runtime: &'a Runtime,
    owner: Visitor,
}

impl<'a> Session<'a> {
    /// Begins a session on a server, with one each of so many things.
    pub fn begin(runtime: &'a Runtime, site: Site, server: SocketAddr, things: usize) -> Self {
        let mut owner = runtime.block_on(Visitor::arrive(site, server));
        runtime.block_on(owner.fill(things));
        Self { runtime, owner }
    }

    /// So many clients of the session, each on a connection of its own, to these servers alike.
    pub fn clients(&self, servers: &[SocketAddr], count: usize, adding: Adding) -> Clients<'a> {
        let join = |server| self.runtime.block_on(self.owner.joined_by(server));
        let client = |(number, server): (usize, &SocketAddr)| Adder {
            visitor: join(*server),
            thing: match adding {
                Adding::TheSame => thing(0),
                Adding::AnotherEach => thing(number),
            },
            answers: Vec::new(),
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
    /// Has all of them add to the session for some time, each one request after another.
    pub fn rush(&mut self, time: Duration) -> Rush {
        let before = self.look();
        let end = Instant::now() + time;
        self.adders.work(time);
        let after = self.look();
        let mut answers = Vec::new();
        let mut confirmed = Counts::new();
        for adder in self.adders.clients() {
            let good = adder.answers.iter().filter(|answer| answer.good).count();
            *confirmed.entry(adder.thing.clone()).or_default() += good as u64;
            answers.append(&mut adder.answers);
        }
        let count = |counts: &Counts, thing| counts.get(thing).copied().unwrap_or(0);
        let growth = |thing| count(&after, thing).saturating_sub(count(&before, thing));
        let grown = confirmed.keys().map(|thing| (thing.clone(), growth(thing))).collect();
        Rush::new(time, end, answers, &confirmed, &grown)
    }

    fn look(&mut self) -> Counts {
        self.runtime.block_on(self.witness.look())
    }
}

/// A client that adds one of a thing with each request, and remembers the answers.
struct Adder {
    visitor: Visitor,
    thing: String,
    answers: Vec<Answer>,
}

impl Client for Adder {
    async fn transact(&mut self) {
        let begun = Instant::now();
        let status = self.visitor.add(&self.thing).await;
        let at = Instant::now();
        self.answers.push(Answer { at, took: at - begun, good: status == Some(StatusCode::OK) });
    }
}
