//! Concurrent clients, each with its own application, that run random transactions on the same sessions and record what
//! they do and read.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lovely_session_tests::app::{
    App, CallResult, Container, Error, Isolation, Package, Savepoint, Session, Tx,
};
use lovely_session_tests::history::{Lists, Op, Status, Transaction, Value};
use lovely_session_tests::world::World;

use lovely_session_tests::random::Random;

use super::totals::{self, Added, Totals};

const CLIENTS: u64 = 8;
/// The number of sessions. The name of a key of the first one is `0/cart.a`, for example.
pub const SESSIONS: usize = 3;
const PACKAGES: [&str; 2] = ["cart", "visits"];
const KEYS: [&str; 2] = ["a", "b"];
const CONTAINER: &str = "histories";

/// The most steps of one transaction.
const STEPS: u64 = 6;

/// The kind of the transactions.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub isolation: Isolation,
    /// Whether they remove keys.
    pub removals: bool,
}

/// The number of transactions by their end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub committed: u64,
    pub conflicts: u64,
    /// Aborted by the client.
    pub aborted: u64,
    /// Failed because the store was not available.
    pub unavailable: u64,
    /// Unknown, because no reply was received or the client died.
    pub unknown: u64,
    /// Aborted because a session was not under its former id.
    pub lost: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.committed += other.committed;
        self.conflicts += other.conflicts;
        self.aborted += other.aborted;
        self.unavailable += other.unavailable;
        self.unknown += other.unknown;
        self.lost += other.lost;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { committed, conflicts, aborted, unavailable, unknown, lost } = self;
        let tried = committed + conflicts + aborted + unavailable + unknown + lost;
        write!(
            f,
            "{tried} tried: {committed} committed, {conflicts} conflicts, {aborted} aborted, {unavailable} \
             refused, {unknown} unknown, {lost} without their session"
        )
    }
}

/// The record of a round.
#[derive(Default)]
pub struct Recording {
    pub counts: Counts,
    /// The name of a key is its session, a slash, and its name in the session.
    pub history: Vec<Transaction>,
    pub lists: Lists,
    /// The sums of the additions to the counters.
    pub totals: Totals,
}

impl AddAssign for Recording {
    fn add_assign(&mut self, other: Self) {
        self.counts += other.counts;
        self.history.extend(other.history);
        self.lists.append(other.lists);
        self.totals += other.totals;
    }
}

/// Runs all clients for this time, on new sessions.
pub async fn run(world: &World, load: Load, seed: u64, time: Duration) -> Recording {
    let start = Instant::now();
    let values = Arc::new(AtomicU64::new(1));
    let mut random = Random::seeded(seed);
    let ids: Vec<String> = (0..SESSIONS).map(|number| format!("{seed}-{number}")).collect();
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        let mut app = world.app().await;
        let container = app.open(CONTAINER).await;
        let client = Client {
            app,
            container,
            number,
            load,
            random: Random::seeded(random.number()),
            values: Arc::clone(&values),
            ids: ids.clone(),
            start,
            recording: Recording::default(),
        };
        clients.push(client);
    }
    let until = Instant::now() + time;
    let clients: Vec<_> = clients.into_iter().map(|client| tokio::spawn(client.work(until))).collect();
    let mut all = Recording::default();
    for client in clients {
        all += client.await.unwrap();
    }
    all.totals.read(world, CONTAINER, &ids).await;
    all
}

struct Client {
    app: App,
    container: Container,
    number: u64,
    load: Load,
    random: Random,
    values: Arc<AtomicU64>,
    ids: Vec<String>,
    start: Instant,
    recording: Recording,
}

/// A running transaction.
struct Work {
    tx: Tx,
    begin: u64,
    savepoints: Vec<Savepoint>,
    /// The numbers of the sessions that it may use, and the sessions that have joined.
    span: Vec<usize>,
    joined: BTreeMap<usize, Session>,
    ops: Vec<Op>,
    /// The sum of its additions, and that sum at each savepoint.
    added: Added,
    added_then: Vec<Added>,
}

impl Client {
    async fn work(mut self, until: Instant) -> Recording {
        let mut number = 0;
        while Instant::now() < until {
            number += 1;
            let begin = self.now();
            let tx = self.app.begin_with(self.load.isolation).await;
            let (savepoints, joined, span) = (Vec::new(), BTreeMap::new(), self.span());
            let (added, added_then) = (Added::default(), Vec::new());
            let mut work = Work { tx, begin, savepoints, span, joined, ops: Vec::new(), added, added_then };
            let status = match self.steps(&mut work).await {
                Ok(()) => self.finish(tx).await,
                Err(error) => self.recording.counts.status_of(Err(error)),
            };
            self.record(number, work, status).await;
        }
        self.recording
    }

    fn now(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    /// Usually one session, and up to all of them.
    fn span(&mut self) -> Vec<usize> {
        let mut span: Vec<usize> = (0..SESSIONS).collect();
        span.rotate_left(self.random.index(SESSIONS));
        span.truncate(1 + self.random.index(SESSIONS) * self.random.index(2));
        span
    }

    async fn steps(&mut self, work: &mut Work) -> CallResult<()> {
        for _ in 0..=self.random.below(STEPS) {
            self.step(work).await?;
        }
        Ok(())
    }

    async fn step(&mut self, work: &mut Work) -> CallResult<()> {
        match self.random.below(100) {
            0..25 => self.get(work).await,
            25..45 => self.get_and_write(work).await,
            45..50 => self.peek_and_write(work).await,
            50..60 => self.add(work).await,
            60..72 => self.write(work).await,
            72..80 => self.get_all(work).await,
            80..88 => self.savepoint(work).await,
            88..94 => self.rollback(work).await,
            // Lets the other clients run.
            _ => {
                tokio::time::sleep(Duration::from_micros(self.random.below(1000))).await;
                Ok(())
            }
        }
    }

    async fn get(&mut self, work: &mut Work) -> CallResult<()> {
        let key = self.key(work).await?;
        self.get_at(work, &key).await
    }

    async fn get_and_write(&mut self, work: &mut Work) -> CallResult<()> {
        let key = self.key(work).await?;
        self.get_at(work, &key).await?;
        self.write_at(work, &key).await
    }

    /// A peek at a key that is written later counts as a read.
    async fn peek_and_write(&mut self, work: &mut Work) -> CallResult<()> {
        let key = self.key(work).await?;
        let value = match self.random.below(2) {
            0 => self.app.peek(key.package, key.key).await?,
            _ => {
                let entries = self.app.peek_entries(key.package).await?;
                entries.into_iter().find(|(name, _)| name == key.key).map(|(_, value)| value)
            }
        };
        work.ops.push(Op::Read(key.name(key.key), value.as_deref().map(parse)));
        self.write_at(work, &key).await
    }

    /// Adds to the counter of a session, and peeks at it.
    async fn add(&mut self, work: &mut Work) -> CallResult<()> {
        let key = self.key(work).await?;
        let counters = self.app.package(work.joined[&key.session], totals::PACKAGE).await?;
        let number = self.random.below(20) as i64 - 5;
        self.app.add(counters, totals::KEY, number).await?;
        work.added[key.session] += number;
        assert!(self.app.peek(counters, totals::KEY).await?.is_some());
        Ok(())
    }

    async fn write(&mut self, work: &mut Work) -> CallResult<()> {
        let key = self.key(work).await?;
        self.write_at(work, &key).await
    }

    async fn get_at(&mut self, work: &mut Work, at: &KeyInSession) -> CallResult<()> {
        let value = self.app.get(at.package, at.key).await?;
        work.ops.push(Op::Read(at.name(at.key), value.as_deref().map(parse)));
        Ok(())
    }

    async fn write_at(&mut self, work: &mut Work, at: &KeyInSession) -> CallResult<()> {
        let name = at.name(at.key);
        if !self.load.removals || self.random.below(4) > 0 {
            let value = self.values.fetch_add(1, Ordering::Relaxed);
            self.app.set(at.package, at.key, &value.to_string()).await?;
            work.ops.push(Op::Write(name, Some(value)));
            return Ok(());
        }
        if !self.app.remove(at.package, at.key).await? {
            work.ops.push(Op::Read(name.clone(), None));
        }
        work.ops.push(Op::Write(name, None));
        Ok(())
    }

    async fn get_all(&mut self, work: &mut Work) -> CallResult<()> {
        let at = self.key(work).await?;
        let entries: BTreeMap<String, String> = self.app.entries(at.package).await?.into_iter().collect();
        for key in KEYS {
            let value = entries.get(key).map(|value| parse(value));
            work.ops.push(Op::Read(at.name(key), value));
        }
        Ok(())
    }

    async fn savepoint(&mut self, work: &mut Work) -> CallResult<()> {
        work.savepoints.push(self.app.savepoint(work.tx).await?);
        work.ops.push(Op::Savepoint);
        work.added_then.push(work.added);
        Ok(())
    }

    async fn rollback(&mut self, work: &mut Work) -> CallResult<()> {
        if work.savepoints.is_empty() {
            return Ok(());
        }
        let number = self.random.index(work.savepoints.len());
        self.app.rollback(work.savepoints[number]).await?;
        work.savepoints.truncate(number + 1);
        work.ops.push(Op::Rollback(number));
        work.added = work.added_then[number];
        work.added_then.truncate(number + 1);
        Ok(())
    }

    /// A random key in a session, which joins if it has not.
    async fn key(&mut self, work: &mut Work) -> CallResult<KeyInSession> {
        let number = work.span[self.random.index(work.span.len())];
        let session = match work.joined.get(&number) {
            Some(session) => *session,
            None => {
                let session = self.app.session(self.container, work.tx, &self.ids[number]).await?;
                work.joined.insert(number, session);
                session
            }
        };
        let name = self.random.choose(&PACKAGES);
        let package = self.app.package(session, name).await?;
        Ok(KeyInSession { session: number, package, package_name: name, key: self.random.choose(&KEYS) })
    }

    async fn finish(&mut self, tx: Tx) -> Status {
        if self.random.below(10) == 0 {
            self.app.abort(tx).await.unwrap();
            self.recording.counts.aborted += 1;
            return Status::Aborted;
        }
        let result = self.app.commit(tx).await;
        self.recording.counts.status_of(result)
    }

    async fn record(&mut self, number: u64, work: Work, status: Status) {
        let name = format!("client {} #{number}", self.number);
        let Work { tx, begin, savepoints, joined, ops, added, .. } = work;
        if status == Status::Committed {
            self.recording.totals.add(added);
        }
        self.recording.history.push(Transaction { name, begin, end: self.now(), status, ops });
        for session in joined.into_values() {
            self.app.drop_handle(session).await;
        }
        for savepoint in savepoints {
            self.app.drop_handle(savepoint).await;
        }
        self.app.drop_handle(tx).await;
    }
}

impl Counts {
    /// Counts a result, and returns the status of the transaction.
    pub fn status_of(&mut self, result: CallResult<()>) -> Status {
        let (count, status) = match result {
            Ok(()) => (&mut self.committed, Status::Committed),
            Err(Error::Conflict(_)) => (&mut self.conflicts, Status::Aborted),
            Err(Error::Unavailable(_)) => (&mut self.unavailable, Status::Aborted),
            Err(Error::OutcomeUnknown(_)) => (&mut self.unknown, Status::Unknown),
            Err(error) => panic!("nothing here may lead to {error:?}"),
        };
        *count += 1;
        status
    }
}

/// A key of a session.
struct KeyInSession {
    session: usize,
    package: Package,
    package_name: &'static str,
    key: &'static str,
}

impl KeyInSession {
    /// The name of a key of this package in the history.
    fn name(&self, key: &str) -> String {
        format!("{}/{}.{key}", self.session, self.package_name)
    }
}

fn parse(value: &str) -> Value {
    value.parse().expect("what was stored is a number")
}
