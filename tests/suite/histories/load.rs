//! Many clients at once, each an application of its own, with random transactions over the same sessions;
//! and the record of what each of them did and saw.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lovely_session_tests::app::{
    Answer, App, Container, Error, Isolation, Package, Savepoint, Session, SessionOutcome, Tx,
};
use lovely_session_tests::history::{Op, Status, Transaction, Value};
use lovely_session_tests::world::World;

use lovely_session_tests::random::Random;

const CLIENTS: u64 = 8;
const SESSIONS: usize = 3;
const PACKAGES: [&str; 2] = ["cart", "visits"];
const KEYS: [&str; 2] = ["a", "b"];
const CONTAINER: &str = "histories";

/// The most steps of one transaction.
const STEPS: u64 = 6;

/// What the transactions are like.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub isolation: Isolation,
    /// Whether they remove keys.
    pub removals: bool,
}

/// How the transactions ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub committed: u64,
    pub conflicts: u64,
    /// Given up by the client.
    pub aborted: u64,
    /// Refused because the store did not answer.
    pub unavailable: u64,
    /// Not known, or known for a part of the sessions only.
    pub unknown: u64,
    pub partial: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.committed += other.committed;
        self.conflicts += other.conflicts;
        self.aborted += other.aborted;
        self.unavailable += other.unavailable;
        self.unknown += other.unknown;
        self.partial += other.partial;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { committed, conflicts, aborted, unavailable, unknown, partial } = self;
        let tried = committed + conflicts + aborted + unavailable + unknown + partial;
        write!(
            f,
            "{tried} tried: {committed} committed, {conflicts} conflicts, {aborted} aborted, {unavailable} \
             refused, {unknown} unknown, {partial} in part"
        )
    }
}

/// What happened in one round.
pub struct Recording {
    pub counts: Counts,
    /// The history of each session.
    pub sessions: BTreeMap<String, Vec<Transaction>>,
}

/// Lets all clients work for this time, on sessions that nobody has used before.
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
            recording: Recording { counts: Counts::default(), sessions: BTreeMap::new() },
        };
        clients.push(client);
    }
    let until = Instant::now() + time;
    let clients: Vec<_> = clients.into_iter().map(|client| tokio::spawn(client.work(until))).collect();
    let mut all = Recording { counts: Counts::default(), sessions: BTreeMap::new() };
    for client in clients {
        let recording = client.await.unwrap();
        all.counts += recording.counts;
        for (session, history) in recording.sessions {
            all.sessions.entry(session).or_default().extend(history);
        }
    }
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

/// A transaction under way.
struct Work {
    tx: Tx,
    begin: u64,
    savepoints: Vec<Savepoint>,
    /// The sessions that joined, with what was done in them.
    joined: BTreeMap<String, Joined>,
}

struct Joined {
    session: Session,
    ops: Vec<Op>,
}

/// What a transaction came to, in each of its sessions.
enum End {
    Everywhere(Status),
    Each(BTreeMap<String, Status>),
}

impl Client {
    async fn work(mut self, until: Instant) -> Recording {
        let mut number = 0;
        while Instant::now() < until {
            number += 1;
            let begin = self.now();
            let tx = self.app.begin_with(self.load.isolation).await;
            let mut work = Work { tx, begin, savepoints: Vec::new(), joined: BTreeMap::new() };
            let end = match self.steps(&mut work).await {
                Ok(()) => self.finish(tx).await,
                Err(error) => self.end_of(Err(error)),
            };
            let end = (self.now(), end);
            self.record(number, work, end).await;
        }
        self.recording
    }

    fn now(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    async fn steps(&mut self, work: &mut Work) -> Answer<()> {
        for _ in 0..=self.random.below(STEPS) {
            self.step(work).await?;
        }
        Ok(())
    }

    async fn step(&mut self, work: &mut Work) -> Answer<()> {
        match self.random.below(100) {
            0..30 => self.get(work).await,
            30..60 => self.get_and_write(work).await,
            60..72 => self.write(work).await,
            72..80 => self.get_all(work).await,
            80..88 => self.savepoint(work).await,
            88..94 => self.rollback(work).await,
            // Time for the others.
            _ => {
                tokio::time::sleep(Duration::from_micros(self.random.below(1000))).await;
                Ok(())
            }
        }
    }

    async fn get(&mut self, work: &mut Work) -> Answer<()> {
        let place = self.place(work).await?;
        self.get_at(work, &place).await
    }

    async fn get_and_write(&mut self, work: &mut Work) -> Answer<()> {
        let place = self.place(work).await?;
        self.get_at(work, &place).await?;
        self.write_at(work, &place).await
    }

    async fn write(&mut self, work: &mut Work) -> Answer<()> {
        let place = self.place(work).await?;
        self.write_at(work, &place).await
    }

    async fn get_at(&mut self, work: &mut Work, place: &Place) -> Answer<()> {
        let value = self.app.get(place.package, place.key).await?;
        work.note(place, Op::Read(place.name(place.key), value.as_deref().map(parse)));
        Ok(())
    }

    async fn write_at(&mut self, work: &mut Work, place: &Place) -> Answer<()> {
        let name = place.name(place.key);
        if !self.load.removals || self.random.below(4) > 0 {
            let value = self.values.fetch_add(1, Ordering::Relaxed);
            self.app.set(place.package, place.key, &value.to_string()).await?;
            work.note(place, Op::Write(name, Some(value)));
            return Ok(());
        }
        if !self.app.remove(place.package, place.key).await? {
            work.note(place, Op::Read(name.clone(), None));
        }
        work.note(place, Op::Write(name, None));
        Ok(())
    }

    async fn get_all(&mut self, work: &mut Work) -> Answer<()> {
        let place = self.place(work).await?;
        let entries: BTreeMap<String, String> = self.app.entries(place.package).await?.into_iter().collect();
        for key in KEYS {
            let value = entries.get(key).map(|value| parse(value));
            work.note(&place, Op::Read(place.name(key), value));
        }
        Ok(())
    }

    async fn savepoint(&mut self, work: &mut Work) -> Answer<()> {
        work.savepoints.push(self.app.savepoint(work.tx).await?);
        work.joined.values_mut().for_each(|joined| joined.ops.push(Op::Savepoint));
        Ok(())
    }

    async fn rollback(&mut self, work: &mut Work) -> Answer<()> {
        if work.savepoints.is_empty() {
            return Ok(());
        }
        let number = self.random.index(work.savepoints.len());
        self.app.rollback(work.savepoints[number]).await?;
        work.savepoints.truncate(number + 1);
        work.joined.values_mut().for_each(|joined| joined.ops.push(Op::Rollback(number)));
        Ok(())
    }

    /// A random place in a session, which joins if it has not. Most transactions keep to the first session.
    async fn place(&mut self, work: &mut Work) -> Answer<Place> {
        let same = work.joined.keys().next().cloned().filter(|_| self.random.below(8) > 0);
        let id = match same {
            Some(id) => id,
            None => self.ids[self.random.index(SESSIONS)].clone(),
        };
        let session = match work.joined.get(&id) {
            Some(joined) => joined.session,
            None => {
                let session = self.app.session(self.container, work.tx, &id).await?;
                // A session that joins late goes back to what was loaded.
                let ops = vec![Op::Savepoint; work.savepoints.len()];
                work.joined.insert(id.clone(), Joined { session, ops });
                session
            }
        };
        let name = self.random.choose(&PACKAGES);
        let package = self.app.package(session, name).await?;
        Ok(Place { id, package, package_name: name, key: self.random.choose(&KEYS) })
    }

    async fn finish(&mut self, tx: Tx) -> End {
        if self.random.below(10) == 0 {
            self.app.abort(tx).await.unwrap();
            self.recording.counts.aborted += 1;
            return End::Everywhere(Status::Aborted);
        }
        let result = self.app.commit(tx).await;
        self.end_of(result)
    }

    fn end_of(&mut self, result: Answer<()>) -> End {
        let counts = &mut self.recording.counts;
        let (count, end) = match result {
            Ok(()) => (&mut counts.committed, End::Everywhere(Status::Committed)),
            Err(Error::Conflict(_)) => (&mut counts.conflicts, End::Everywhere(Status::Aborted)),
            Err(Error::Unavailable(_)) => (&mut counts.unavailable, End::Everywhere(Status::Aborted)),
            Err(Error::OutcomeUnknown(_)) => (&mut counts.unknown, End::Everywhere(Status::Unknown)),
            Err(Error::Partial(reports)) => {
                let status = |outcome| match outcome {
                    SessionOutcome::Applied => Status::Committed,
                    SessionOutcome::Unknown => Status::Unknown,
                    _ => Status::Aborted,
                };
                let each = reports.into_iter().map(|report| (report.session.session, status(report.outcome)));
                (&mut counts.partial, End::Each(each.collect()))
            }
            Err(error) => panic!("nothing here may lead to {error:?}"),
        };
        *count += 1;
        end
    }

    /// Adds a transaction to the history of each of its sessions.
    async fn record(&mut self, number: u64, work: Work, (end, ends): (u64, End)) {
        for (id, Joined { session, ops }) in work.joined {
            let status = match &ends {
                End::Everywhere(status) => *status,
                // A session that was not written is not reported.
                End::Each(each) => each.get(&id).copied().unwrap_or(Status::Aborted),
            };
            let name = format!("client {} #{number}", self.number);
            let transaction = Transaction { name, begin: work.begin, end, status, ops };
            self.recording.sessions.entry(id).or_default().push(transaction);
            self.app.drop_handle(session).await;
        }
        for savepoint in work.savepoints {
            self.app.drop_handle(savepoint).await;
        }
        self.app.drop_handle(work.tx).await;
    }
}

impl Work {
    fn note(&mut self, place: &Place, op: Op) {
        self.joined.get_mut(&place.id).unwrap().ops.push(op);
    }
}

/// A key of a session.
struct Place {
    id: String,
    package: Package,
    package_name: &'static str,
    key: &'static str,
}

impl Place {
    /// What the history calls a key of this package.
    fn name(&self, key: &str) -> String {
        format!("{}.{key}", self.package_name)
    }
}

fn parse(value: &str) -> Value {
    value.parse().expect("what was stored is a number")
}
