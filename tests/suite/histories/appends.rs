//! Lists in several sessions, to which transactions append, while ids are renewed, sessions end and others replace
//! them, and clients die in the middle of commits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lovely_session_tests::app::{App, Container, Isolation, Session, Tx};
use lovely_session_tests::history::{Op, Phenomenon, Status, Transaction, Value};
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::random::Random;
use lovely_session_tests::world::{World, long_timeouts};
use tokio::task::JoinSet;

use self::client::Client;
use self::slots::Slots;
use super::load::{Counts, Recording};
use super::{Allowed, MAX_COMMITS, ROUND, Rounds, duration};
use crate::faults::trouble::{Trouble, settle};

mod client;
mod slots;

const CLIENTS: u64 = 6;

/// The number of slots for sessions. When a session ends, another one gets its slot.
const SLOTS: usize = 4;

const LISTS: [&str; 2] = ["a", "b"];
const CONTAINER: &str = "appends";

/// Skew between sessions that were read at different times.
const SKEW: Allowed =
    Allowed { overall: &[Phenomenon::GSingle, Phenomenon::G2], in_one_session: &[Phenomenon::G2] };

/// The kind of the transactions.
#[derive(Clone, Copy, Debug)]
struct Load {
    isolation: Isolation,
    /// Whether ids are renewed, sessions end, and clients die.
    unrest: bool,
}

/// The data that the clients of one round share.
struct Shared {
    load: Load,
    slots: Slots,
    /// The id of the session with the ids of the others.
    directory: String,
    values: AtomicU64,
    start: Instant,
}

impl Shared {
    /// A value that was never written.
    fn value(&self) -> Value {
        self.values.fetch_add(1, Ordering::Relaxed)
    }

    fn now(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn serializable_appends_have_no_anomaly() {
    let load = Load { isolation: Isolation::Serializable, unrest: true };
    run_for_long(load, Allowed::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshot_appends_have_skew_between_sessions_and_nothing_worse() {
    run_for_long(Load { isolation: Isolation::Snapshot, unrest: true }, SKEW).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn serializable_appends_have_no_anomaly_while_the_servers_fail() {
    let load = Load { isolation: Isolation::Serializable, unrest: true };
    let mut rounds = Rounds::new(format!("{load:?} with faults"));
    let start = Instant::now();
    while start.elapsed() < duration() {
        let trouble = Trouble::with_servers(2).await;
        let mut random = Random::seeded(rounds.seed());
        let shared = Shared::open(&trouble.calm().await, load, &mut random).await;
        let (time, mut clients) = (ROUND * 3, random.fork());
        let (mut recording, faults) = tokio::join!(
            work(&trouble.world, &shared.0, &mut clients, time),
            trouble.disturb(&mut random, time),
        );
        settle().await;
        println!("faults {faults:?}");
        recording.history.push(shared.1);
        check(&trouble.calm().await, &shared.0, recording, &mut rounds, Allowed::default()).await;
    }
    rounds.print();
}

#[tokio::test(flavor = "multi_thread")]
async fn last_writer_wins_appends_fork_lists_and_the_checker_finds_it() {
    let all = &[
        Phenomenon::LostUpdate,
        Phenomenon::Fork,
        Phenomenon::G0,
        Phenomenon::G1c,
        Phenomenon::GSingle,
        Phenomenon::G2,
    ];
    let load = Load { isolation: Isolation::LastWriterWins, unrest: false };
    let mut rounds = Rounds::new(format!("{load:?}"));
    let world = Arc::new(World::memcached().await);
    while rounds.counts.committed < MAX_COMMITS {
        run(&world, load, &mut rounds, Allowed { overall: all, in_one_session: all }).await;
        if rounds.found.contains_key(&Phenomenon::Fork) {
            return rounds.print();
        }
    }
    panic!("{MAX_COMMITS} commits have shown no fork");
}

async fn run_for_long(load: Load, allowed: Allowed) {
    let servers = [MemcachedServer::start(), MemcachedServer::start(), MemcachedServer::start()];
    let addresses = servers.each_ref().map(MemcachedServer::address);
    let world = Arc::new(World::at_all(&addresses, &long_timeouts()).await);
    let mut rounds = Rounds::new(format!("{load:?}"));
    let start = Instant::now();
    let has_competed = |counts: &Counts| counts.conflicts > 0 && counts.unknown > 0;
    while start.elapsed() < duration()
        || !(has_competed(&rounds.counts) || rounds.counts.committed > MAX_COMMITS)
    {
        run(&world, load, &mut rounds, allowed).await;
    }
    rounds.print();
    let counts = &rounds.counts;
    assert!(counts.committed > 0 && counts.conflicts > 0 && counts.unknown > 0, "nothing competed: {counts}");
}

async fn run(world: &Arc<World>, load: Load, rounds: &mut Rounds, allowed: Allowed) {
    let mut random = Random::seeded(rounds.seed());
    let (shared, opening) = Shared::open(world, load, &mut random).await;
    let mut recording = work(world, &shared, &mut random, ROUND).await;
    recording.history.push(opening);
    check(world, &shared, recording, rounds, allowed).await;
}

/// Runs all clients for this time.
async fn work(world: &Arc<World>, shared: &Arc<Shared>, random: &mut Random, time: Duration) -> Recording {
    let until = Instant::now() + time;
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let client = Client::start(Arc::clone(world), Arc::clone(shared), number, random.fork()).await;
        clients.spawn(client.work_until(until));
    }
    let mut recording = Recording::default();
    while let Some(client) = clients.join_next().await {
        recording += client.unwrap();
    }
    recording
}

/// Checks a round, together with the state at its end.
async fn check(
    world: &World,
    shared: &Shared,
    mut recording: Recording,
    rounds: &mut Rounds,
    allowed: Allowed,
) {
    recording.history.push(shared.read_everything(world).await);
    let forks = recording.lists.check();
    for fork in &forks {
        *rounds.found.entry(fork.phenomenon).or_default() += 1;
        assert!(allowed.overall.contains(&fork.phenomenon), "{}:\n{fork}", rounds.name);
    }
    rounds.check(&recording, shared.slots.sessions(), allowed);
}

impl Shared {
    /// Begins the first sessions and the directory, in one transaction, which is part of the history.
    async fn open(world: &World, load: Load, random: &mut Random) -> (Arc<Self>, Transaction) {
        let directory = format!("directory {}", random.number());
        let slots = Slots::default();
        let shared = Self { load, slots, directory, values: AtomicU64::new(1), start: Instant::now() };
        let mut app = world.app().await;
        let (container, tx) = (app.open(CONTAINER).await, app.begin().await);
        let directory = app.session(container, tx, &shared.directory).await.unwrap();
        let mut ops = Vec::new();
        for slot in 0..SLOTS {
            ops.push(shared.begin_session(&mut app, (container, tx), directory, slot).await);
        }
        app.commit(tx).await.unwrap();
        let (begin, end, status) = (0, shared.now(), Status::Committed);
        let opening = Transaction { name: "the opening".to_owned(), begin, end, status, ops };
        (Arc::new(shared), opening)
    }

    /// Begins a session, and enters it in the directory.
    async fn begin_session(
        &self,
        app: &mut App,
        (container, tx): (Container, Tx),
        directory: Session,
        slot: usize,
    ) -> Op {
        let session = app.create(container, tx).await.unwrap();
        let id = app.id(session).await;
        let number = self.slots.add_session(&id, slot, self.value());
        let data = app.package(session, "p").await.unwrap();
        app.set(data, "number", &number.to_string()).await.unwrap();
        self.enter(app, directory, slot, &id).await
    }

    /// Enters the id of a session in the directory.
    async fn enter(&self, app: &mut App, directory: Session, slot: usize, id: &str) -> Op {
        let data = app.package(directory, "p").await.unwrap();
        app.set(data, &slot.to_string(), &format!("\"{id}\"")).await.unwrap();
        Op::Write(format!("directory/{slot}"), Some(self.slots.value_of(id)))
    }

    /// Reads everything after all clients have ended. Asserts that every id that was ever used finds no session, or one
    /// that is in the directory.
    async fn read_everything(&self, world: &World) -> Transaction {
        let begin = self.now();
        let mut app = world.app().await;
        let (container, tx) = (app.open(CONTAINER).await, app.begin().await);
        let directory = app.resume(container, tx, &self.directory).await.unwrap().expect("the directory");
        let (mut ops, mut alive) = (Vec::new(), Vec::new());
        for slot in 0..SLOTS {
            let (id, op) = self.look_up(&mut app, directory, slot).await.unwrap();
            ops.push(op);
            let session = app.resume(container, tx, &id).await.unwrap().expect("what the directory names");
            for list in LISTS {
                ops.push(self.read_list(&mut app, session, list).await.unwrap().op());
            }
            alive.push(id);
        }
        app.commit(tx).await.unwrap();
        self.slots.assert_no_others_are_alive(world, &alive).await;
        let (end, status) = (self.now(), Status::Committed);
        Transaction { name: "the end".to_owned(), begin, end, status, ops }
    }
}
