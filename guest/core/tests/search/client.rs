//! A client: runs its transactions through the public interface, and notes the results.

use std::cell::Cell;
use std::rc::Rc;

use corosensei::{Coroutine, CoroutineResult, Yielder};
use lovely_session_core::{Container, ContainerOptions, Environment, Error, Savepoint, Session, Transaction};

use crate::environment::{Env, Reply, Request};
use crate::history::{Answer, ENDED, End, Event, FOUND, Failure, NOTHING, SILENT, SKIPPED};
use crate::job::Job;
use crate::program::{Act, CONTAINER, Deed, Id, Initial, KEYS, Lives, PACKAGES, TRUSTED, Tx};
use crate::random::mix;

/// Opens the container that all programs use.
pub fn container(lives: &Lives) -> Container {
    let options = ContainerOptions {
        timeout: lives.timeout,
        remember_ended: lives.remember,
        ..ContainerOptions::default()
    };
    Container::open(CONTAINER, options).expect("good options")
}

/// A client as a coroutine, which runs one program after another.
pub struct Worker {
    coroutine: Coroutine<Reply, Request, ()>,
}

impl Worker {
    pub fn new() -> Self {
        Self { coroutine: Coroutine::new(work) }
    }

    /// Continues until the client makes a request, or is done.
    pub fn resume(&mut self, reply: Reply) -> Request {
        match self.coroutine.resume(reply) {
            CoroutineResult::Yield(request) => request,
            CoroutineResult::Return(()) => panic!("a worker goes on for ever"),
        }
    }
}

fn work(yielder: &Yielder<Reply, Request>, first: Reply) {
    let mut reply = first;
    loop {
        let Reply::Begin(job) = reply else { panic!("a program begins first") };
        job.run(yielder);
        drop(job);
        reply = yielder.suspend(Request::Finished);
    }
}

impl Job {
    fn run(&self, yielder: &Yielder<Reply, Request>) {
        let container = container(&self.program.lives);
        let client = &self.program.clients[self.client];
        for (position, tx) in client.transactions.iter().enumerate() {
            let number = self.first + position;
            self.shared.current.borrow_mut()[self.client].transaction = number;
            self.shared.current.borrow_mut()[self.client].commits = false;
            let seed = 0x5eed + number as u64;
            let (shared, skew) = (Rc::clone(&self.shared), client.skew);
            let env = Rc::new(Env { yielder, shared, skew, seed, drawn: Cell::new(0) });
            let pause = || drop(yielder.suspend(Request::Pause));
            let running =
                Running { job: self, number, tx: Transaction::begin(env, tx.isolation), pause: &pause };
            let end = running.run(&container, tx);
            if self.shared.current.borrow()[self.client].crashed {
                return;
            }
            self.shared.happens(&self.program, Event::Ended(number, end));
            self.shared.end(number, end);
        }
    }
}

/// A transaction that is open.
struct Running<'j, E: Environment> {
    job: &'j Job,
    number: usize,
    tx: Transaction<E>,
    /// Lets other clients continue.
    pause: &'j dyn Fn(),
}

/// The handles of a transaction.
struct Held<E> {
    sessions: Vec<Option<Session<E>>>,
    savepoints: Vec<Savepoint<E>>,
}

impl<E: Environment> Running<'_, E> {
    fn run(&self, container: &Container, tx: &Tx) -> End {
        let mut held = Held { sessions: Vec::new(), savepoints: Vec::new() };
        for (position, act) in tx.acts.iter().enumerate() {
            self.let_time_pass();
            self.happens(Event::Calls(self.number));
            match self.act(container, act, position, &mut held) {
                Ok(answer) => self.note(act, position, answer),
                Err(error) => return End::Failed(Failure::of(&error)),
            }
        }
        if !tx.commits {
            return End::Aborted;
        }
        self.let_time_pass();
        self.happens(Event::Commits(self.number));
        self.job.shared.current.borrow_mut()[self.job.client].commits = true;
        match self.tx.commit() {
            Ok(()) => End::Done,
            Err(Error::OutcomeUnknown(_)) => End::Unknown,
            Err(error) => End::Failed(Failure::of(&error)),
        }
    }

    /// Notes an event, unless the client has crashed and only seems to continue.
    fn happens(&self, event: Event) {
        if !self.job.shared.current.borrow()[self.job.client].crashed {
            self.job.shared.happens(&self.job.program, event);
        }
    }

    fn note(&self, act: &Act, position: usize, answer: Answer) {
        self.happens(Event::Returned(self.number, position, answer));
        let begun = self.job.shared.begun.get() & self.job.shared.beginners.get();
        let observed = &mut self.job.shared.observed.borrow_mut()[self.number];
        observed.answers.push(answer);
        observed.begun_then.push(begun);
        if act.handles() > 0 {
            let current = &mut self.job.shared.current.borrow_mut()[self.job.client];
            current.hearsay = mix(current.hearsay ^ u64::from(begun) ^ observed.certain << 32);
        }
    }

    fn act(
        &self,
        container: &Container,
        act: &Act,
        position: usize,
        held: &mut Held<E>,
    ) -> Result<Answer, Error> {
        let answer = match act {
            Act::Session(id) => match self.id(*id) {
                None => self.found(Ok(None), held).map(|_| SKIPPED)?,
                Some(name) => {
                    let answer = self.found(container.session(&self.tx, &name).map(Some), held)?;
                    self.note_certainty(*id, position);
                    answer
                }
            },
            Act::Sessions(first, second) => self.sessions(container, *first, *second, held)?,
            Act::Resume(id) => match self.id(*id) {
                None => self.found(Ok(None), held).map(|_| SKIPPED)?,
                Some(name) => {
                    let answer = self.found(container.resume(&self.tx, &name), held)?;
                    if answer == FOUND {
                        self.job.shared.observed.borrow_mut()[self.number].certain |= 1 << position;
                    }
                    answer
                }
            },
            Act::Create(id) => {
                let session = container.create(&self.tx)?;
                self.job.shared.learn(*id, &session.id(), self.number);
                held.sessions.push(Some(session));
                SILENT
            }
            Act::On(handle, deed) => match held.sessions.get(usize::from(*handle)) {
                Some(Some(session)) => self.deed(session, *deed)?,
                _ => SKIPPED,
            },
            Act::Savepoint => {
                held.savepoints.push(self.tx.savepoint()?);
                SILENT
            }
            Act::Rollback(which) => match held.savepoints.get(usize::from(*which)) {
                Some(savepoint) => {
                    savepoint.rollback()?;
                    held.savepoints.truncate(usize::from(*which) + 1);
                    SILENT
                }
                None => SKIPPED,
            },
        };
        Ok(answer)
    }

    fn let_time_pass(&self) {
        if !self.job.program.lives.passes.is_empty() {
            (self.pause)();
        }
    }

    /// An id, if it is known by now: a client that draws an id does not publish it before its transaction is
    /// over.
    fn id(&self, id: Id) -> Option<Rc<str>> {
        let shared = &self.job.shared;
        let position = usize::from(id);
        if position < TRUSTED.len() {
            return shared.ids.borrow()[position].clone();
        }
        let is_own = |by| by == self.number && shared.ids.borrow()[position].is_some();
        if !is_own(shared.drawn_by.borrow()[position]) {
            (self.pause)();
        }
        let name = shared.ids.borrow()[position].clone();
        let by = shared.drawn_by.borrow()[position];
        let name = name.filter(|_| by == self.number || shared.observed.borrow()[by].end != End::Never);
        let current = &mut shared.current.borrow_mut()[self.job.client];
        current.hearsay = mix(current.hearsay + 1 + u64::from(name.is_some()));
        name
    }

    fn found(&self, found: Result<Option<Session<E>>, Error>, held: &mut Held<E>) -> Result<Answer, Error> {
        let (session, answer) = match found {
            Ok(Some(session)) => (Some(session), FOUND),
            Ok(None) => (None, NOTHING),
            Err(Error::Ended(_)) => (None, ENDED),
            Err(error) => return Err(error),
        };
        held.sessions.push(session);
        Ok(answer)
    }

    fn sessions(
        &self,
        container: &Container,
        first: Id,
        second: Id,
        held: &mut Held<E>,
    ) -> Result<Answer, Error> {
        let (Some(one), Some(two)) = (self.id(first), self.id(second)) else {
            held.sessions.extend([None, None]);
            return Ok(SKIPPED);
        };
        match container.session_many(&self.tx, &[&one, &two]) {
            Ok(sessions) => held.sessions.extend(sessions.into_iter().map(Some)),
            Err(Error::Ended(_)) => {
                held.sessions.extend([None, None]);
                return Ok(ENDED);
            }
            Err(error) => return Err(error),
        }
        Ok(FOUND)
    }

    /// Notes whether a session certainly was in the store when it was requested.
    fn note_certainty(&self, id: Id, position: usize) {
        let shared = &self.job.shared;
        let initial = self.job.program.initial.get(usize::from(id));
        let others = shared.begun.get() & !(1 << self.number);
        let mut transactions = self.job.program.transactions().enumerate();
        let disturbed = transactions.any(|(number, tx)| others & (1 << number) != 0 && tx.may_end());
        if matches!(initial, Some(Initial::Live(_))) && !shared.lost.get() && !disturbed {
            shared.observed.borrow_mut()[self.number].certain |= 1 << position;
        }
    }

    fn deed(&self, session: &Session<E>, deed: Deed) -> Result<Answer, Error> {
        match perform(session, deed, self.job.program.lives.grace) {
            Ok(DeedResult::Answer(answer)) => Ok(answer),
            Ok(DeedResult::Drawn(number, id)) => {
                self.job.shared.learn(number, &id, self.number);
                Ok(SILENT)
            }
            Err(Error::Ended(_)) => Ok(ENDED),
            Err(error) => Err(error),
        }
    }
}

/// The result of a deed.
enum DeedResult {
    Answer(Answer),
    Drawn(Id, String),
}

/// The number of a value in the programs; 65,535 for a value that they never write.
fn number(text: &str) -> u16 {
    text.parse().unwrap_or(u16::MAX)
}

fn place_of(package: usize, key: &str) -> Option<usize> {
    Some(package * KEYS.len() + KEYS.iter().position(|it| *it == key)?)
}

/// Names as a set of bits.
fn bits<'n>(names: impl IntoIterator<Item = &'n String>, known: &[&str]) -> Answer {
    let bit = |name: &String| 1 << known.iter().position(|it| it == name).unwrap_or(30);
    names.into_iter().map(bit).sum()
}

/// The values of a package.
pub fn entries<E: Environment>(session: &Session<E>, package: usize) -> Result<[u16; KEYS.len()], Error> {
    session.package(PACKAGES[package])?.entries().map(values)
}

fn values(entries: Vec<(String, String)>) -> [u16; KEYS.len()] {
    let mut values = [0; KEYS.len()];
    for (key, text) in entries {
        let position = place_of(0, &key).unwrap_or(0);
        values[position] = number(&text);
    }
    values
}

/// The values of a package as one number.
pub fn pack(values: &[u16]) -> Answer {
    values.iter().fold(0, |sum, value| sum << 16 | Answer::from(*value))
}

fn perform<E: Environment>(session: &Session<E>, deed: Deed, seconds: u32) -> Result<DeedResult, Error> {
    let package_of = |position: u8| session.package(PACKAGES[usize::from(position) / KEYS.len()]);
    let key_of = |position: u8| KEYS[usize::from(position) % KEYS.len()];
    let package = |p: u8| session.package(PACKAGES[usize::from(p)]);
    let silent = |()| SILENT;
    let answer = match deed {
        Deed::Get(at) => package_of(at)?.get(key_of(at))?.map_or(0, |text| number(&text).into()),
        Deed::Peek(at) => package_of(at)?.peek(key_of(at))?.map_or(0, |text| number(&text).into()),
        Deed::Contains(at) => package_of(at)?.contains(key_of(at))?.into(),
        Deed::Set(at, value) => package_of(at)?.set(key_of(at), &value.to_string()).map(silent)?,
        Deed::Increment(at) => {
            let package = package_of(at)?;
            let value = package.get(key_of(at))?.map_or(0, |text| number(&text)).wrapping_add(1);
            package.set(key_of(at), &value.to_string())?;
            value.into()
        }
        Deed::Add(at, number) => package_of(at)?.add(key_of(at), number.into()).map(silent)?,
        Deed::Remove(at) => package_of(at)?.remove(key_of(at))?.into(),
        Deed::Keys(p) => bits(&package(p)?.keys()?, &KEYS),
        Deed::Len(p) => package(p)?.len()? as Answer,
        Deed::Entries(p) => pack(&entries(session, p.into())?),
        Deed::PeekEntries(p) => pack(&values(package(p)?.peek_entries()?)),
        Deed::Clear(p) => package(p)?.clear().map(silent)?,
        Deed::Packages => bits(&session.packages()?, &PACKAGES),
        Deed::RemovePackage(p) => session.remove_package(PACKAGES[usize::from(p)])?.into(),
        Deed::IsNew => session.is_new()?.into(),
        Deed::Destroy => session.destroy().map(silent)?,
        Deed::Renew(number, grace) => {
            return Ok(DeedResult::Drawn(number, session.renew_id(if grace { seconds } else { 0 })?));
        }
    };
    Ok(DeedResult::Answer(answer))
}
