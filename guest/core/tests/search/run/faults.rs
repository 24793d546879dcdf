//! The faults of a run.

use lovely_session_core::{Expectation, Outcome, StoreError, Write};

use super::state::{MAX_STEPS, Part, PendingRequest, Run};
use crate::environment::{Reply, Request};
use crate::history::{End, Event, Eviction};
use crate::memory::ALL_SERVERS;

impl Run<'_> {
    pub fn unanswered(
        &mut self,
        client: u8,
        part: u8,
        name: &'static str,
        act: impl FnOnce(&mut Self, Write),
    ) {
        self.begin(client);
        self.applied_faults.push(name);
        let write = self.written(client, part).expect("a write");
        self.trace.fault(self.shared, client, name, Some(write.clone()));
        if write.expects == Expectation::Absent {
            let number = self.shared.current.borrow()[usize::from(client)].transaction;
            self.creations.push((write.key.clone(), number));
        }
        act(self, write);
        self.settle(client, part, Part::Write(Outcome::Unknown));
    }

    pub fn refuse(&mut self, client: u8, unsupported: bool) {
        self.begin(client);
        let pending = self.pending[usize::from(client)].take().expect("something was pending for");
        let error = match unsupported {
            true => StoreError::Unsupported("not now".into()),
            false => StoreError::Unavailable("not now".into()),
        };
        self.applied_faults.push(if unsupported { "unsupported" } else { "refused" });
        self.trace.refused(client, &error);
        match pending.request {
            Request::Read(..) => self.answer(client, Reply::Read(Err(error))),
            _ => self.answer(client, Reply::Write(Err(error))),
        }
    }

    /// Crashes a client: from now on its requests have no effect.
    pub fn crash(&mut self, client: u8) {
        self.applied_faults.push("crash");
        let index = usize::from(client);
        let progress = {
            let mut current = self.shared.current.borrow_mut();
            current[index].crashed = true;
            current[index]
        };
        if self.shared.begun.get() & (1 << progress.transaction) != 0 && progress.commits {
            self.shared.observed.borrow_mut()[progress.transaction].end = End::Unknown;
        }
        let end = if progress.commits { End::Unknown } else { End::Never };
        self.shared.happens(self.program, Event::Ended(progress.transaction, end));
        self.trace.crashes(client, progress.commits);
        self.drain_client(index);
    }

    /// Lets a client finish without an effect.
    fn drain_client(&mut self, index: usize) {
        for _ in 0..MAX_STEPS {
            let Some(pending) = self.pending[index].take() else { return };
            let error = StoreError::Unavailable("the client has crashed".into());
            let request = match pending.request {
                Request::Read(..) => self.workers[index].resume(Reply::Read(Err(error))),
                Request::Pause => self.workers[index].resume(Reply::Paused),
                _ => self.workers[index].resume(Reply::Write(Err(error))),
            };
            if !matches!(request, Request::Finished) {
                self.pending[index] = Some(PendingRequest { request, parts: Vec::new(), open: 0 });
            }
        }
        panic!("a client goes on for ever");
    }

    /// Lets all clients finish without an effect.
    pub fn drain(&mut self) {
        for index in 0..self.pending.len() {
            self.shared.current.borrow_mut()[index].crashed = true;
            self.drain_client(index);
        }
    }

    /// The ids that are stored under these keys, a bit each.
    pub fn bits<'k>(&self, keys: impl Iterator<Item = &'k str>) -> u16 {
        keys.filter_map(|key| self.shared.id_of(key)).map(|id| 1 << id).sum()
    }

    /// Notes that the store lost something.
    pub fn lose(&mut self, name: &'static str, ids: u16) {
        self.applied_faults.push(name);
        self.shared.lost.set(true);
        let (begun, ended) = (self.shared.begun.get(), self.shared.ended.get());
        self.evictions.push(Eviction { ids, ended, under_way: begun & !ended, over: 0 });
        self.trace.loses(name, ids);
    }

    /// Drops the container on these servers, a bit each. What is under way to a server that has dropped it has no effect
    /// any more.
    pub fn drop_container(&mut self, servers: u8) {
        let ids = self.bits(self.memory.held_on(servers));
        self.memory.drop_on(servers);
        self.lose(if servers == ALL_SERVERS { "drop" } else { "drop on a server" }, ids);
        let mut over = 0;
        for (number, observed) in self.shared.observed.borrow().iter().enumerate() {
            if observed.end == End::Unknown {
                self.dropped_since[number] |= servers;
                over |= u32::from(self.dropped_since[number] == ALL_SERVERS) << number;
            }
        }
        if let Some(eviction) = self.evictions.last_mut() {
            eviction.over = over;
        }
    }
}
