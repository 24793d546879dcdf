//! One run: the scheduler, which lets clients, faults and late writes take turns at the store.

mod fingerprint;
mod options;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use lovely_session_core::{Entry, Expectation, Outcome, StoreError, Write};

use crate::client::{Job, Worker};
use crate::environment::{Reply, Request};
use crate::hash::Hash;
use crate::history::{Afterwards, End, Event, Eviction, History, View};
use crate::memory::Memory;
use crate::program::{Initial, Lives, Program, StoreKind};
use crate::reader;
use crate::schedule::{Action, Chooser};
use crate::setup;
use crate::shared::Shared;
use crate::trace::Trace;

/// The most steps of a run. A client that never gets to an end is a finding.
const MAX_STEPS: usize = 3000;

/// What a client has asked for and not been told yet.
#[derive(Debug)]
struct Asked {
    request: Request,
    /// What became of each part of it.
    parts: Vec<Option<Part>>,
    open: usize,
}

/// What became of a part of what a client asked for.
#[derive(Clone, Debug)]
enum Part {
    Read(Option<Entry>),
    Write(Outcome),
    Paused,
}

/// How a run ended.
#[derive(Debug)]
pub enum Ran {
    /// All clients came to their end.
    Through,
    /// The chooser broke it off.
    BrokenOff,
    /// The core panicked, or a client never came to an end.
    Broken(String),
}

/// Runs programs, one after another; keeps what is costly to make.
pub struct Runner {
    workers: Vec<Worker>,
    setups: HashMap<([Initial; 3], StoreKind, u32, u32), Memory>,
    shared: Rc<Shared>,
    pub history: History,
    /// The choices of the last run.
    pub choices: Vec<u16>,
    /// The steps at the store of the last run.
    pub steps: usize,
    /// The most round trips of one commit, in all runs.
    pub trips: u32,
    /// The faults that struck in the last run.
    pub struck: Vec<&'static str>,
}

/// The state of one run.
struct Run<'r> {
    workers: &'r mut [Worker],
    program: &'r Rc<Program>,
    shared: &'r Rc<Shared>,
    memory: Memory,
    asked: Vec<Option<Asked>>,
    /// A hash for each client of all that it was told.
    heard: Vec<u64>,
    started: Vec<bool>,
    /// Late writes, each with the transaction that sent it.
    flights: Vec<(Write, usize)>,
    /// The keys of creations that were not answered, each with the transaction that sent it.
    creations: Vec<(String, usize)>,
    faults: u8,
    /// How many stretches of time have passed.
    passed: usize,
    /// How often each client has asked the store since it began to commit, and the most there ever was.
    trips: Vec<u32>,
    most_trips: &'r mut u32,
    evictions: &'r mut Vec<Eviction>,
    struck: &'r mut Vec<&'static str>,
    trace: &'r mut Trace,
}

impl Runner {
    pub fn new() -> Self {
        Self {
            workers: Vec::new(),
            setups: HashMap::new(),
            shared: Rc::default(),
            history: History::default(),
            choices: Vec::new(),
            steps: 0,
            trips: 0,
            struck: Vec::new(),
        }
    }

    /// Runs a program once, and leaves its history.
    pub fn run(&mut self, program: &Rc<Program>, chooser: &mut dyn Chooser, trace: &mut Trace) -> Ran {
        let result = catch_unwind(AssertUnwindSafe(|| self.run_or_panic(program, chooser, trace)));
        result.unwrap_or_else(|panic| {
            // What panicked may be in any state.
            (self.workers, self.shared) = (Vec::new(), Rc::default());
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Ran::Broken(format!("panic: {}", text.unwrap_or_default()))
        })
    }

    fn run_or_panic(&mut self, program: &Rc<Program>, chooser: &mut dyn Chooser, trace: &mut Trace) -> Ran {
        while self.workers.len() < program.clients.len() {
            self.workers.push(Worker::new());
        }
        self.shared.reset(program);
        self.choices.clear();
        self.struck.clear();
        self.history.evictions.clear();
        let setup = self.setups.entry((
            program.initial,
            program.store,
            program.lives.timeout,
            program.lives.remember,
        ));
        let memory = setup.or_insert_with(|| setup::memory(program)).clone();
        self.shared.now.set(memory.now);
        let clients = program.clients.len();
        let mut run = Run {
            workers: &mut self.workers[..clients],
            program,
            shared: &self.shared,
            memory,
            asked: (0..clients).map(|_| None).collect(),
            heard: vec![0; clients],
            started: vec![false; clients],
            flights: Vec::new(),
            creations: Vec::new(),
            faults: program.faults.budget,
            passed: 0,
            trips: vec![0; clients],
            most_trips: &mut self.trips,
            evictions: &mut self.history.evictions,
            struck: &mut self.struck,
            trace,
        };
        let ran = run.go(chooser, &mut self.choices);
        self.steps = self.choices.len();
        if matches!(ran, Ran::Through) {
            self.history.endings = run.look();
            if !program.lives.passes.is_empty() {
                self.history.afterwards = run.afterwards();
            }
        } else {
            run.drain();
        }
        self.history.steps = self.steps;
        std::mem::swap(&mut self.history.events, &mut self.shared.events.borrow_mut());
        std::mem::swap(&mut self.history.told, &mut self.shared.told.borrow_mut());
        ran
    }
}

impl Run<'_> {
    fn go(&mut self, chooser: &mut dyn Chooser, choices: &mut Vec<u16>) -> Ran {
        let mut actions = Vec::new();
        loop {
            actions.clear();
            self.list(&mut actions);
            if !actions.iter().any(|action| action.client().is_some()) {
                return Ran::Through;
            }
            if choices.len() >= MAX_STEPS {
                return Ran::Broken(format!("no end after {MAX_STEPS} steps"));
            }
            let Some(choice) = chooser.choose(&actions, &mut || self.hash()) else { return Ran::BrokenOff };
            choices.push(choice as u16);
            self.act(actions[choice]);
        }
    }

    fn act(&mut self, action: Action) {
        if action.is_fault() {
            self.faults -= 1;
        }
        match action {
            Action::Step(client, part) => {
                let starts = self.start(client);
                // Which part of a batch comes first is chosen next.
                let open = self.asked[usize::from(client)].as_ref().map_or(0, |asked| asked.open);
                if open > 0 && !(starts && open > 1) {
                    let done = self.perform(client, part);
                    self.settle(client, part, done);
                }
            }
            Action::Arrive(flight) => {
                let (write, _) = self.flights.remove(flight.into());
                let outcome = self.memory.write(&write);
                self.trace.arrives(self.shared, &write, &outcome);
            }
            Action::Pass => {
                let seconds = self.program.lives.passes[self.passed];
                self.passed += 1;
                self.memory.now += Duration::from_secs(seconds.into());
                self.shared.now.set(self.memory.now);
                self.trace.passes(seconds);
            }
            Action::Lose(client, part) => self.unanswered(client, part, "write lost", |_, _| {}),
            Action::LoseAnswer(client, part) => self.unanswered(client, part, "answer lost", |run, write| {
                run.memory.write(&write);
            }),
            Action::Delay(client, part) => {
                let number = self.shared.current.borrow()[usize::from(client)].transaction;
                self.unanswered(client, part, "write late", |run, write| run.flights.push((write, number)));
            }
            Action::Away(client, part) => {
                self.struck.push("server away");
                self.trace.fault(self.shared, client, "the server is away for", self.written(client, part));
                self.settle(client, part, Part::Write(Outcome::Unavailable));
            }
            Action::Refuse(client) => self.refuse(client, false),
            Action::Unsupported(client) => self.refuse(client, true),
            Action::Crash(client) => self.crash(client),
            Action::Evict(place) => {
                let ids = self.bits([self.memory.key(place.into())].into_iter());
                self.memory.evict(place.into());
                self.lose("eviction", ids);
            }
            Action::Restart => {
                let ids = self.bits(self.memory.held().map(|(_, key)| key));
                self.memory.restart();
                self.lose("restart", ids);
            }
        }
    }

    /// Lets a client begin, unless it has begun already.
    fn start(&mut self, client: u8) -> bool {
        let index = usize::from(client);
        if self.started[index] {
            return false;
        }
        self.started[index] = true;
        let job = Job {
            program: Rc::clone(self.program),
            client: index,
            first: self.shared.current.borrow()[index].transaction,
            shared: Rc::clone(self.shared),
        };
        self.resume(client, Reply::Begin(job));
        true
    }

    /// Lets a client go on, and takes in what it asks for next.
    fn resume(&mut self, client: u8, reply: Reply) {
        let index = usize::from(client);
        let ended = self.shared.ended.get();
        let request = self.workers[index].resume(reply);
        if self.shared.ended.get() != ended {
            self.trace.ends(self.shared, self.program, client, ended);
        }
        let commits = self.shared.current.borrow()[index].commits;
        self.trips[index] = if commits { self.trips[index] + 1 } else { 0 };
        *self.most_trips = self.trips[index].max(*self.most_trips);
        let parts = match &request {
            Request::Read(keys, touch) => match self.memory.refuses_touch(*touch) {
                Some(error) => {
                    self.begin(client);
                    self.trace.refused(client, &error);
                    return self.answer(client, Reply::Read(Err(error)));
                }
                None => keys.len(),
            },
            Request::Write(writes) => match self.memory.refuses(writes) {
                Some(error) => {
                    self.trace.refused(client, &error);
                    return self.answer(client, Reply::Write(Err(error)));
                }
                None => writes.len(),
            },
            Request::Pause => 1,
            Request::Finished => {
                self.asked[index] = None;
                return;
            }
        };
        if parts == 0 {
            let nothing = match request {
                Request::Read(..) => Reply::Read(Ok(Vec::new())),
                _ => Reply::Write(Ok(Vec::new())),
            };
            return self.answer(client, nothing);
        }
        self.asked[index] = Some(Asked { request, parts: vec![None; parts], open: parts });
    }

    /// Notes that the transaction of a client has begun, with the first thing that it asks of the store.
    fn begin(&mut self, client: u8) {
        let number = self.shared.current.borrow()[usize::from(client)].transaction;
        if self.shared.begun.get() & (1 << number) != 0 {
            return;
        }
        self.shared.begin(number);
        let ended = self.shared.ended.get();
        let over = self.evictions.iter().map(|eviction| eviction.under_way & !ended == 0);
        let mask = over.enumerate().map(|(place, over)| u32::from(over) << place).sum();
        self.shared.told.borrow_mut()[number].evicted_before = mask;
    }

    /// Does one part of what a client asked for.
    fn perform(&mut self, client: u8, part: u8) -> Part {
        self.begin(client);
        let Some(asked) = &self.asked[usize::from(client)] else { panic!("nothing was asked for") };
        match &asked.request {
            Request::Read(keys, touch) => {
                let key = &keys[usize::from(part)];
                let entry = self.memory.read(key, *touch);
                self.use_key(client, key);
                self.trace.reads(self.shared, client, key, entry.as_ref());
                Part::Read(entry)
            }
            Request::Write(writes) => {
                let write = &writes[usize::from(part)];
                let outcome = self.memory.write(write);
                self.use_key(client, &write.key);
                self.trace.writes(self.shared, client, write, &outcome);
                Part::Write(outcome)
            }
            Request::Pause => Part::Paused,
            Request::Finished => panic!("nothing was asked for"),
        }
    }

    /// Notes that a session is used.
    fn use_key(&self, client: u8, key: &str) {
        if let Some(id) = self.shared.id_of(key) {
            let number = self.shared.current.borrow()[usize::from(client)].transaction;
            self.shared.happens(self.program, Event::Used(number, id));
        }
    }

    /// Notes what became of a part; after the last one the client goes on.
    fn settle(&mut self, client: u8, part: u8, done: Part) {
        let asked = self.asked[usize::from(client)].as_mut().expect("something was asked for");
        asked.parts[usize::from(part)] = Some(done);
        asked.open -= 1;
        if asked.open > 0 {
            return;
        }
        let asked = self.asked[usize::from(client)].take().expect("something was asked for");
        let parts = asked.parts.into_iter().flatten();
        let reply = match asked.request {
            Request::Pause => Reply::Paused,
            Request::Read(..) => Reply::Read(Ok(parts
                .filter_map(|part| if let Part::Read(entry) = part { Some(entry) } else { None })
                .collect())),
            _ => Reply::Write(Ok(parts
                .filter_map(|part| if let Part::Write(outcome) = part { Some(outcome) } else { None })
                .collect())),
        };
        self.answer(client, reply);
    }

    /// Tells a client what became of what it asked for.
    fn answer(&mut self, client: u8, reply: Reply) {
        let mut hash = Hash::default();
        hash.number(self.heard[usize::from(client)]);
        fingerprint::hash_reply(&mut hash, &reply);
        self.heard[usize::from(client)] = hash.value();
        self.resume(client, reply);
    }

    /// A copy of the write that is a part of what a client asked for.
    fn written(&self, client: u8, part: u8) -> Option<Write> {
        match &self.asked[usize::from(client)].as_ref()?.request {
            Request::Write(writes) => writes.get(usize::from(part)).cloned(),
            _ => None,
        }
    }

    fn unanswered(&mut self, client: u8, part: u8, name: &'static str, act: impl FnOnce(&mut Self, Write)) {
        self.begin(client);
        self.struck.push(name);
        let write = self.written(client, part).expect("a write");
        self.trace.fault(self.shared, client, name, Some(write.clone()));
        if write.expects == Expectation::Absent {
            let number = self.shared.current.borrow()[usize::from(client)].transaction;
            self.creations.push((write.key.clone(), number));
        }
        act(self, write);
        self.settle(client, part, Part::Write(Outcome::Unknown));
    }

    fn refuse(&mut self, client: u8, unsupported: bool) {
        self.begin(client);
        let asked = self.asked[usize::from(client)].take().expect("something was asked for");
        let error = match unsupported {
            true => StoreError::Unsupported("not now".into()),
            false => StoreError::Unavailable("not now".into()),
        };
        self.struck.push(if unsupported { "unsupported" } else { "refused" });
        self.trace.refused(client, &error);
        match asked.request {
            Request::Read(..) => self.answer(client, Reply::Read(Err(error))),
            _ => self.answer(client, Reply::Write(Err(error))),
        }
    }

    /// A client crashes: from now on nothing that it asks for has an effect.
    fn crash(&mut self, client: u8) {
        self.struck.push("crash");
        let index = usize::from(client);
        let progress = {
            let mut current = self.shared.current.borrow_mut();
            current[index].crashed = true;
            current[index]
        };
        if self.shared.begun.get() & (1 << progress.transaction) != 0 && progress.commits {
            self.shared.told.borrow_mut()[progress.transaction].end = End::Unknown;
        }
        let end = if progress.commits { End::Unknown } else { End::Never };
        self.shared.happens(self.program, Event::Ended(progress.transaction, end));
        self.trace.crashes(client, progress.commits);
        self.drain_client(index);
    }

    /// Lets a client come to its end without an effect.
    fn drain_client(&mut self, index: usize) {
        for _ in 0..MAX_STEPS {
            let Some(asked) = self.asked[index].take() else { return };
            let error = StoreError::Unavailable("the client has crashed".into());
            let request = match asked.request {
                Request::Read(..) => self.workers[index].resume(Reply::Read(Err(error))),
                Request::Pause => self.workers[index].resume(Reply::Paused),
                _ => self.workers[index].resume(Reply::Write(Err(error))),
            };
            if !matches!(request, Request::Finished) {
                self.asked[index] = Some(Asked { request, parts: Vec::new(), open: 0 });
            }
        }
        panic!("a client goes on for ever");
    }

    /// Lets all clients come to an end.
    fn drain(&mut self) {
        for index in 0..self.asked.len() {
            self.shared.current.borrow_mut()[index].crashed = true;
            self.drain_client(index);
        }
    }

    /// The ids that are stored under these keys, a bit each.
    fn bits<'k>(&self, keys: impl Iterator<Item = &'k str>) -> u16 {
        keys.filter_map(|key| self.shared.id_of(key)).map(|id| 1 << id).sum()
    }

    /// Notes that the store lost something.
    fn lose(&mut self, name: &'static str, ids: u16) {
        self.struck.push(name);
        self.shared.lost.set(true);
        let (begun, ended) = (self.shared.begun.get(), self.shared.ended.get());
        self.evictions.push(Eviction { ids, ended, under_way: begun & !ended });
        self.trace.loses(name, ids);
    }

    /// What readers find at the end, with and without a look before the last late writes arrive.
    fn look(&mut self) -> Vec<Vec<Vec<View>>> {
        let mut looked_at = self.memory.clone();
        let first = self.read_all(&mut looked_at);
        if self.flights.is_empty() {
            return vec![vec![first]];
        }
        let flights: Vec<_> = self.flights.drain(..).map(|(write, _)| write).collect();
        for write in &flights {
            looked_at.write(write);
            let outcome = self.memory.write(write);
            self.trace.arrives(self.shared, write, &outcome);
        }
        let again = self.read_all(&mut looked_at);
        let mut memory = self.memory.clone();
        vec![vec![first, again], vec![self.read_all(&mut memory)]]
    }

    /// What a reader finds under every id.
    fn read_all(&mut self, memory: &mut Memory) -> Vec<View> {
        let ids = self.shared.ids.borrow();
        let views = reader::look(&self.program.lives, memory, &ids[..self.program.ids()]);
        self.trace.sees(&views);
        views
    }

    /// What is there when everything must have been forgotten that can be.
    fn afterwards(&mut self) -> Afterwards {
        let Lives { timeout, remember, grace, .. } = self.program.lives;
        let at = self.memory.now;
        // Where sessions never time out, the decisions of an ended one are remembered for thirty days.
        let longest = if timeout == 0 { 31 * 86_400 } else { timeout };
        self.memory.now += Duration::from_secs(u64::from(longest.max(remember + grace)) + 100);
        let left = self.memory.held().filter_map(|(_, key)| self.shared.id_of(key)).collect();
        let ids = self.shared.ids.borrow().clone();
        let later = reader::look(&self.program.lives, &mut self.memory, &ids[..self.program.ids()]);
        Afterwards { at, later, left }
    }
}
