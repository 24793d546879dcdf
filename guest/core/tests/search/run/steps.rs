//! The steps of a run.

use std::rc::Rc;
use std::time::Duration;

use lovely_session_core::Outcome;
use lovely_session_core::Write;

use super::fingerprint;
use super::state::{MAX_STEPS, Part, PendingRequest, Ran, Run};
use crate::environment::{Reply, Request};
use crate::hash::Hash;
use crate::history::Event;
use crate::job::Job;
use crate::schedule::{Action, Chooser};

impl Run<'_> {
    pub fn go(&mut self, chooser: &mut dyn Chooser, choices: &mut Vec<u16>) -> Ran {
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
                // The first part of a batch is chosen next.
                let open = self.pending[usize::from(client)].as_ref().map_or(0, |pending| pending.open);
                if open > 0 && !(starts && open > 1) {
                    let done = self.perform(client, part);
                    self.settle(client, part, done);
                }
            }
            Action::Arrive(flight) => {
                let (write, _, stamp) = self.delayed.remove(flight.into());
                let outcome = self.memory.arrive(&write, stamp);
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
            Action::LoseReply(client, part) => self.unanswered(client, part, "answer lost", |run, write| {
                run.memory.write(&write);
            }),
            Action::Delay(client, part) => {
                let number = self.shared.current.borrow()[usize::from(client)].transaction;
                self.unanswered(client, part, "write late", |run, write| {
                    let stamp = run.memory.stamp(&write.key);
                    run.delayed.push((write, number, stamp));
                });
            }
            Action::Unreachable(client, part) => {
                self.applied_faults.push("server away");
                self.trace.fault(self.shared, client, "the server is away for", self.written(client, part));
                self.settle(client, part, Part::Write(Outcome::Unavailable));
            }
            Action::Refuse(client) => self.refuse(client, false),
            Action::Unsupported(client) => self.refuse(client, true),
            Action::Crash(client) => self.crash(client),
            Action::Evict(position) => {
                let ids = self.bits([self.memory.key(position.into())].into_iter());
                self.memory.evict(position.into());
                self.lose("eviction", ids);
            }
            Action::Restart => {
                let ids = self.bits(self.memory.held().map(|(_, key)| key));
                self.memory.restart();
                self.lose("restart", ids);
            }
            Action::Drop(servers) => self.drop_container(servers),
        }
    }

    /// Starts a client, unless it has started already.
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

    /// Resumes a client, and notes its next request.
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
                self.pending[index] = None;
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
        self.pending[index] = Some(PendingRequest { request, parts: vec![None; parts], open: parts });
    }

    /// Notes that the transaction of a client has begun, with its first request to the store.
    pub fn begin(&mut self, client: u8) {
        let number = self.shared.current.borrow()[usize::from(client)].transaction;
        if self.shared.begun.get() & (1 << number) != 0 {
            return;
        }
        self.shared.begin(number);
        let ended = self.shared.ended.get();
        let over = self.evictions.iter().map(|eviction| eviction.under_way & !ended == 0);
        let mask = over.enumerate().map(|(position, over)| u32::from(over) << position).sum();
        self.shared.observed.borrow_mut()[number].evicted_before = mask;
    }

    /// Does one part of a client's request.
    fn perform(&mut self, client: u8, part: u8) -> Part {
        self.begin(client);
        let Some(pending) = &self.pending[usize::from(client)] else { panic!("nothing was pending for") };
        match &pending.request {
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
            Request::Finished => panic!("nothing was pending for"),
        }
    }

    /// Notes that a session is used.
    fn use_key(&self, client: u8, key: &str) {
        if let Some(id) = self.shared.id_of(key) {
            let number = self.shared.current.borrow()[usize::from(client)].transaction;
            self.shared.happens(self.program, Event::Used(number, id));
        }
    }

    /// Notes the result of a part; after the last one the client continues.
    pub fn settle(&mut self, client: u8, part: u8, done: Part) {
        let pending = self.pending[usize::from(client)].as_mut().expect("something was pending for");
        pending.parts[usize::from(part)] = Some(done);
        pending.open -= 1;
        if pending.open > 0 {
            return;
        }
        let pending = self.pending[usize::from(client)].take().expect("something was pending for");
        let parts = pending.parts.into_iter().flatten();
        let reply = match pending.request {
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

    /// Passes the result of its request to a client.
    pub fn answer(&mut self, client: u8, reply: Reply) {
        let mut hash = Hash::default();
        hash.number(self.replies_hash[usize::from(client)]);
        fingerprint::hash_reply(&mut hash, &reply);
        self.replies_hash[usize::from(client)] = hash.value();
        self.resume(client, reply);
    }

    /// A copy of a write in a client's request.
    pub fn written(&self, client: u8, part: u8) -> Option<Write> {
        match &self.pending[usize::from(client)].as_ref()?.request {
            Request::Write(writes) => writes.get(usize::from(part)).cloned(),
            _ => None,
        }
    }
}
