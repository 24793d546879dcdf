//! The environment of a client: each call to the store is passed to the scheduler, which decides when its
//! parts happen.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use corosensei::Yielder;
use lovely_session_core::{Clock, Entry, Lifetime, Observer, Outcome, Random, Store, StoreError, Write};

use crate::job::Job;
use crate::memory::Memory;
use crate::random::mix;
use crate::shared::Shared;

/// A request of a client.
#[derive(Debug)]
pub enum Request {
    Read(Vec<String>, Option<Lifetime>),
    Write(Vec<Write>),
    /// Nothing: other clients may continue first, or time may pass.
    Pause,
    /// The client has finished its program.
    Finished,
}

/// The result of a request.
pub enum Reply {
    /// A program begins.
    Begin(Job),
    Read(Result<Vec<Option<Entry>>, StoreError>),
    Write(Result<Vec<Outcome>, StoreError>),
    Paused,
}

/// The environment of a client.
pub struct Env<'y> {
    pub yielder: &'y Yielder<Reply, Request>,
    /// The source of the time.
    pub shared: Rc<Shared>,
    /// The number of seconds by which its clock is ahead.
    pub skew: i8,
    /// Makes its randomness different from that of others.
    pub seed: u64,
    pub drawn: Cell<u64>,
}

impl Store for Env<'_> {
    fn get_many(&self, keys: &[String], touch: Option<Lifetime>) -> Result<Vec<Option<Entry>>, StoreError> {
        match self.yielder.suspend(Request::Read(keys.to_vec(), touch)) {
            Reply::Read(result) => result,
            _ => panic!("a read is answered as a read"),
        }
    }

    fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, StoreError> {
        match self.yielder.suspend(Request::Write(writes)) {
            Reply::Write(result) => result,
            _ => panic!("a write is answered as a write"),
        }
    }
}

impl Clock for Env<'_> {
    fn now(&self) -> Duration {
        let seconds = u64::from(self.skew.unsigned_abs());
        match self.skew {
            0.. => self.shared.now.get() + Duration::from_secs(seconds),
            _ => self.shared.now.get() - Duration::from_secs(seconds),
        }
    }
}

/// Fills a buffer with bytes that depend on a seed and on the number of calls.
fn fill(seed: u64, drawn: &Cell<u64>, buffer: &mut [u8]) {
    for chunk in buffer.chunks_mut(8) {
        drawn.set(drawn.get() + 1);
        let bytes = mix(seed ^ mix(drawn.get())).to_le_bytes();
        chunk.copy_from_slice(&bytes[..chunk.len()]);
    }
}

impl Observer for Env<'_> {}

impl Random for Env<'_> {
    fn fill(&self, buffer: &mut [u8]) {
        fill(self.seed, &self.drawn, buffer);
    }
}

/// The environment of a client that is alone with the store.
pub struct Alone {
    pub memory: RefCell<Memory>,
    pub seed: u64,
    pub drawn: Cell<u64>,
}

impl Alone {
    pub fn new(memory: Memory, seed: u64) -> Self {
        Self { memory: RefCell::new(memory), seed, drawn: Cell::new(0) }
    }
}

impl Store for Alone {
    fn get_many(&self, keys: &[String], touch: Option<Lifetime>) -> Result<Vec<Option<Entry>>, StoreError> {
        let mut memory = self.memory.borrow_mut();
        match memory.refuses_touch(touch) {
            Some(error) => Err(error),
            None => Ok(keys.iter().map(|key| memory.read(key, touch)).collect()),
        }
    }

    fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, StoreError> {
        let mut memory = self.memory.borrow_mut();
        match memory.refuses(&writes) {
            Some(error) => Err(error),
            None => Ok(writes.iter().map(|write| memory.write(write)).collect()),
        }
    }
}

impl Clock for Alone {
    fn now(&self) -> Duration {
        self.memory.borrow().now
    }
}

impl Observer for Alone {}

impl Random for Alone {
    fn fill(&self, buffer: &mut [u8]) {
        fill(self.seed, &self.drawn, buffer);
    }
}
