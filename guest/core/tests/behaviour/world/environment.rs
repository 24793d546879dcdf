//! A store, a clock and randomness that a test controls.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use lovely_session_core::{Clock, Observer, Random, Report, Write};

/// A fault of one batch of writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The batch is applied, and its reply is lost.
    ReplyLost,
    /// The batch is lost, and its outcome is unknown.
    RequestLost,
    /// The outcome is unknown, and the batch is applied right before the next one.
    Delayed,
    /// The call fails, and nothing is applied.
    Refused,
    /// The server of each key cannot be reached.
    Unreachable,
}

pub struct Item {
    pub value: Vec<u8>,
    pub version: u64,
    pub expires: Option<Duration>,
}

/// A store in memory with faults, a clock that tests advance, and a counter as randomness.
pub struct World {
    pub(super) items: RefCell<BTreeMap<String, Item>>,
    pub(super) next_version: Cell<u64>,
    pub(super) now: Cell<Duration>,
    pub(super) drawn: Cell<u64>,
    pub(super) faults: RefCell<VecDeque<Fault>>,
    pub(super) delayed: RefCell<Vec<Write>>,
    pub(super) holds_delayed: Cell<bool>,
    /// Each runs once, right before a batch of writes.
    pub(super) hooks: RefCell<VecDeque<Box<dyn FnOnce()>>>,
    /// Runs once, right after the next batch of writes.
    pub(super) after_write: RefCell<Option<Box<dyn FnOnce()>>>,
    /// Each runs once, right before a read of the store.
    pub(super) read_hooks: RefCell<VecDeque<Box<dyn FnOnce()>>>,
    /// Runs once, after the first key of the next read of several.
    pub(super) between_keys: RefCell<Option<Box<dyn FnOnce()>>>,
    /// The number of reads that fail from now on.
    pub(super) failing_reads: Cell<usize>,
    /// Whether reads can slide an expiry.
    pub slides: Cell<bool>,
    /// Whether writes can set an expiry.
    pub expires: Cell<bool>,
    /// Whether a write that expects a version can delete.
    pub removes: Cell<bool>,
    /// Whether all versions change after each fault, as on a server that cannot be told from its predecessor yet.
    pub changes_versions: Cell<bool>,
    /// What became of transactions, until a test takes it.
    pub reports: RefCell<Vec<Report>>,
    pub(super) epoch: Cell<u64>,
    /// The maximum size of a value, in bytes.
    pub limit: Cell<usize>,
    /// The number of reads so far. Calls that fail with `unsupported` do not count.
    pub reads: Cell<usize>,
    /// The number of batches of writes so far, counted in the same way.
    pub writes: Cell<usize>,
}

impl World {
    pub fn new() -> Rc<Self> {
        Rc::new(Self {
            items: RefCell::default(),
            next_version: Cell::new(1),
            now: Cell::new(Duration::from_secs(1_700_000_000)),
            drawn: Cell::new(0),
            faults: RefCell::default(),
            delayed: RefCell::default(),
            holds_delayed: Cell::new(false),
            hooks: RefCell::default(),
            after_write: RefCell::default(),
            read_hooks: RefCell::default(),
            between_keys: RefCell::default(),
            failing_reads: Cell::new(0),
            slides: Cell::new(true),
            expires: Cell::new(true),
            removes: Cell::new(true),
            changes_versions: Cell::new(false),
            reports: RefCell::default(),
            epoch: Cell::new(0),
            limit: Cell::new(usize::MAX),
            reads: Cell::new(0),
            writes: Cell::new(0),
        })
    }

    /// Advances the clock.
    pub fn advance(&self, seconds: u64) {
        self.now.set(self.now.get() + Duration::from_secs(seconds));
    }

    /// The numbers of reads and of batches of writes so far.
    pub fn trips(&self) -> (usize, usize) {
        (self.reads.get(), self.writes.get())
    }

    /// The numbers of reads and of batches of writes since [`Self::trips`] returned `before`.
    pub fn trips_since(&self, before: (usize, usize)) -> (usize, usize) {
        (self.reads.get() - before.0, self.writes.get() - before.1)
    }

    pub fn seconds(&self) -> u64 {
        self.now.get().as_secs()
    }

    /// Applies these faults to the next batches of writes, one each.
    pub fn inject(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.borrow_mut().extend(faults);
    }

    /// Holds delayed writes until [`Self::release_delayed`].
    pub fn hold_delayed(&self) {
        self.holds_delayed.set(true);
    }

    /// Applies the writes that were held.
    pub fn release_delayed(&self) {
        self.holds_delayed.set(false);
        self.deliver();
    }

    /// Applies delayed writes, unless they are held.
    pub fn deliver(&self) {
        if self.holds_delayed.get() {
            return;
        }
        for write in self.delayed.take() {
            self.apply(write);
        }
    }

    /// Makes this number of reads fail.
    pub fn fail_reads(&self, count: usize) {
        self.failing_reads.set(count);
    }

    /// Removes faults and hooks that have not run: the client that crashed is replaced by another one.
    pub fn recover(&self) {
        self.faults.borrow_mut().clear();
        self.hooks.borrow_mut().clear();
        self.read_hooks.borrow_mut().clear();
    }

    /// Calls `hook` right before the next batch of writes; called again, before the one after that.
    pub fn before_write(&self, hook: impl FnOnce() + 'static) {
        self.hooks.borrow_mut().push_back(Box::new(hook));
    }

    /// Lets this number of batches of writes pass before the next hook.
    pub fn skip_writes(&self, count: usize) {
        (0..count).for_each(|_| self.before_write(|| ()));
    }

    /// Calls `hook` right before the next read; called again, before the one after that.
    pub fn before_read(&self, hook: impl FnOnce() + 'static) {
        self.read_hooks.borrow_mut().push_back(Box::new(hook));
    }

    /// Calls `hook` within the next read of several keys, after the first key: a batch is not a snapshot.
    pub fn within_read(&self, hook: impl FnOnce() + 'static) {
        *self.between_keys.borrow_mut() = Some(Box::new(hook));
    }

    /// Calls `hook` right after the next batch of writes.
    pub fn after_write(&self, after_write: impl FnOnce() + 'static) {
        *self.after_write.borrow_mut() = Some(Box::new(after_write));
    }

    /// The number of entries that have not expired.
    pub fn len(&self) -> usize {
        let now = self.now.get();
        self.items.borrow().values().filter(|item| item.expires.is_none_or(|at| at > now)).count()
    }
}

impl Clock for World {
    fn now(&self) -> Duration {
        self.now.get()
    }
}

impl Observer for World {
    fn transaction_ended(&self, report: Report) {
        self.reports.borrow_mut().push(report);
    }
}

impl Random for World {
    fn fill(&self, buffer: &mut [u8]) {
        self.drawn.set(self.drawn.get() + 1);
        let number = self.drawn.get().to_be_bytes();
        buffer.iter_mut().rev().zip(number.iter().rev()).for_each(|(target, byte)| *target = *byte);
    }
}
