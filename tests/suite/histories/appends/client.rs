//! A client that appends to lists, renews ids, ends sessions, and dies occasionally.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lovely_session_tests::app::{App, CallResult, Container, Error, Session, Tx};
use lovely_session_tests::history::{Lists, Op, Status, Transaction};
use lovely_session_tests::mortal::{Death, Life};
use lovely_session_tests::random::Random;
use lovely_session_tests::world::World;

use super::super::load::Recording;
use super::slots::number;
use super::{CONTAINER, LISTS, SLOTS, Shared};

/// The last call in which a client can die. It is late enough for deaths in commits.
const LAST_CALL: usize = 12;

/// The longest delay of what a dead client had sent.
const LATE: Duration = Duration::from_millis(20);

pub struct Client {
    world: Arc<World>,
    shared: Arc<Shared>,
    number: u64,
    random: Random,
    instance: Instance,
    recording: Recording,
}

/// The state that is lost when a client dies.
struct Instance {
    app: App,
    life: Arc<Life>,
    container: Container,
}

impl Instance {
    async fn start(world: &World) -> Self {
        let (mut app, life) = world.mortal_app().await;
        let container = app.open(CONTAINER).await;
        Self { app, life, container }
    }
}

/// The steps of a transaction so far.
#[derive(Default)]
struct Work {
    ops: Vec<Op>,
    lists: Lists,
    /// The lists to which it has appended.
    appended: BTreeSet<String>,
    /// The slot whose session got another id.
    moved: Option<(usize, String)>,
    /// The number of the session that it ends.
    ends: Option<usize>,
    /// The sessions whose end was acknowledged before it began.
    ended_before: BTreeSet<usize>,
    /// Whether the commit was called.
    is_committing: bool,
}

/// A session of a transaction.
struct Found {
    session: Session,
    /// Its slot, if that was looked up in the directory.
    slot: Option<usize>,
}

impl Client {
    pub async fn start(world: Arc<World>, shared: Arc<Shared>, number: u64, random: Random) -> Self {
        let instance = Instance::start(&world).await;
        Self { world, shared, number, random, instance, recording: Recording::default() }
    }

    pub async fn work_until(mut self, until: Instant) -> Recording {
        for number in 0.. {
            if Instant::now() >= until {
                break;
            }
            let name = format!("client {} #{number}", self.number);
            let begin = self.shared.now();
            let mut work = Work { ended_before: self.shared.slots.ended(), ..Work::default() };
            let status = self.transaction(&name, &mut work).await;
            let (end, ops) = (self.shared.now(), work.ops);
            self.recording.history.push(Transaction { name, begin, end, status, ops });
            self.recording.lists.append(work.lists);
        }
        self.recording
    }

    async fn transaction(&mut self, name: &str, work: &mut Work) -> Status {
        let life = Arc::clone(&self.instance.life);
        if self.shared.load.unrest && self.random.below(10) == 0 {
            let death = Death { after: self.random.index(LAST_CALL), sent: self.random.number() as u32 };
            life.end(death);
        }
        match life.work(self.steps(name, work)).await {
            None => {
                self.die(&life).await;
                if work.is_committing { Status::Unknown } else { Status::Aborted }
            }
            Some(Ok(true)) => {
                self.recording.counts.committed += 1;
                self.note_moves(work);
                Status::Committed
            }
            Some(Ok(false) | Err(Error::Ended(_))) => {
                self.recording.counts.lost += 1;
                Status::Aborted
            }
            Some(Err(error)) => self.recording.counts.status_of(Err(error)),
        }
    }

    /// Begins a new life. The writes that the old one had sent can still arrive.
    async fn die(&mut self, life: &Life) {
        self.recording.counts.unknown += 1;
        self.instance = Instance::start(&self.world).await;
        if self.random.below(2) == 0 {
            self.random.wait(LATE).await;
            life.deliver().await;
        }
    }

    /// Notes the effects of an acknowledged commit.
    fn note_moves(&self, work: &Work) {
        if let Some((slot, id)) = &work.moved {
            self.shared.slots.see(*slot, id);
        }
        if let Some(session) = work.ends {
            self.shared.slots.end(session);
        }
    }

    /// Returns whether it committed. It does not if a session was not under its former id.
    async fn steps(&mut self, name: &str, work: &mut Work) -> CallResult<bool> {
        let tx = self.instance.app.begin_with(self.shared.load.isolation).await;
        let mut span: Vec<usize> = (0..SLOTS).collect();
        span.rotate_left(self.random.index(SLOTS));
        span.truncate(1 + self.random.index(3));
        let mut found = Vec::new();
        for slot in span {
            let Some(session) = self.find(tx, slot, work).await? else { return Ok(false) };
            self.use_lists(&session, name, work).await?;
            found.push(session);
        }
        let entered = found.iter().find_map(|found| Some((found.session, found.slot?)));
        if let Some((session, slot)) = entered.filter(|_| self.shared.load.unrest) {
            match self.random.below(16) {
                0 | 1 => self.renew(tx, session, slot, work).await?,
                2 => self.replace(tx, session, slot, work).await?,
                _ => {}
            }
        }
        work.is_committing = true;
        self.instance.app.commit(tx).await?;
        Ok(true)
    }

    /// The session in a slot, by its entry in the directory or by a remembered id; or any session, by an old id.
    async fn find(&mut self, tx: Tx, slot: usize, work: &mut Work) -> CallResult<Option<Found>> {
        let (id, slot) = match self.random.below(10) {
            0..5 => (self.look_up(tx, slot, work).await?, Some(slot)),
            5..9 => (self.shared.slots.latest(slot), None),
            _ => (self.shared.slots.any(self.random.number()), None),
        };
        let Instance { app, container, .. } = &mut self.instance;
        let Some(session) = app.resume(*container, tx, &id).await? else { return Ok(None) };
        let number = number(app, session).await?;
        assert!(!work.ended_before.contains(&number), "session {number} had ended, and is alive under {id}");
        Ok(Some(Found { session, slot }))
    }

    async fn look_up(&mut self, tx: Tx, slot: usize, work: &mut Work) -> CallResult<String> {
        let directory = self.directory(tx).await?;
        let (id, op) = self.shared.look_up(&mut self.instance.app, directory, slot).await?;
        work.ops.push(op);
        Ok(id)
    }

    async fn directory(&mut self, tx: Tx) -> CallResult<Session> {
        let Instance { app, container, .. } = &mut self.instance;
        Ok(app.resume(*container, tx, &self.shared.directory).await?.expect("the directory is there"))
    }

    /// Reads the lists of a session, and appends to some.
    async fn use_lists(&mut self, found: &Found, name: &str, work: &mut Work) -> CallResult<()> {
        for list in LISTS {
            if self.random.below(4) == 0 {
                continue;
            }
            let app = &mut self.instance.app;
            let mut read = self.shared.read_list(app, found.session, list).await?;
            work.ops.push(read.op());
            if !work.appended.contains(&read.key) {
                work.lists.note(&read.key, read.values.clone(), name);
            }
            if self.random.below(2) == 0 {
                let value = self.shared.value();
                read.values.push(value);
                let data = app.package(found.session, "lists").await?;
                app.set(data, list, &serde_json::to_string(&read.values).unwrap()).await?;
                work.ops.push(Op::Write(read.key.clone(), Some(value)));
                work.appended.insert(read.key);
            }
            // Lets the other clients run.
            self.random.wait(Duration::from_micros(300)).await;
        }
        Ok(())
    }

    async fn renew(&mut self, tx: Tx, session: Session, slot: usize, work: &mut Work) -> CallResult<()> {
        let directory = self.directory(tx).await?;
        let grace = self.random.choose(&[None, None, Some(1), Some(60)]);
        let app = &mut self.instance.app;
        let number = number(app, session).await?;
        let id = app.renew_id(session, grace).await?;
        self.shared.slots.add_id(&id, self.shared.value(), number);
        work.ops.push(self.shared.enter(app, directory, slot, &id).await);
        work.moved = Some((slot, id));
        Ok(())
    }

    /// Ends a session, and begins another one in its slot. Not a session to which it has appended: that would not be
    /// written.
    async fn replace(&mut self, tx: Tx, session: Session, slot: usize, work: &mut Work) -> CallResult<()> {
        let directory = self.directory(tx).await?;
        let Instance { app, container, .. } = &mut self.instance;
        let number = number(app, session).await?;
        if work.appended.iter().any(|list| list.starts_with(&format!("{number}/"))) {
            return Ok(());
        }
        app.destroy(session).await?;
        work.ends = Some(number);
        work.ops.push(self.shared.begin_session(app, (*container, tx), directory, slot).await);
        Ok(())
    }
}
