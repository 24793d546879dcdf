//! The world around the core: a store, a clock and randomness that a test controls.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use lovely_session_core::{
    Change, Clock, Container, ContainerOptions, Entry, Error, Expectation, Isolation, Lifetime, Outcome,
    Random, Session, Store, StoreError, Transaction, Version, Write, store_key,
};

/// What happens to one batch of writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It arrives, and its answers are lost.
    AnswerLost,
    /// It never arrives, and nobody knows.
    RequestLost,
    /// It is held back, and arrives right before the next batch.
    Delayed,
    /// It is known not to have arrived.
    Refused,
    /// The server of each key is known to be away.
    Away,
}

struct Item {
    value: Vec<u8>,
    version: u64,
    expires: Option<Duration>,
}

/// A store in memory with faults, a clock that is moved by hand, and numbered randomness.
pub struct World {
    items: RefCell<BTreeMap<String, Item>>,
    next_version: Cell<u64>,
    now: Cell<Duration>,
    drawn: Cell<u64>,
    faults: RefCell<VecDeque<Fault>>,
    delayed: RefCell<Vec<Write>>,
    holds_back: Cell<bool>,
    /// Runs once, right before the next batch of writes.
    interludes: RefCell<VecDeque<Box<dyn FnOnce()>>>,
    /// Runs once, right after the next batch of writes.
    aftermath: RefCell<Option<Box<dyn FnOnce()>>>,
    /// Each runs once, right before a read of the store.
    read_interludes: RefCell<VecDeque<Box<dyn FnOnce()>>>,
    /// Runs once, after the first key of the next read of several.
    between_keys: RefCell<Option<Box<dyn FnOnce()>>>,
    /// So many reads fail from now on.
    failing_reads: Cell<usize>,
    /// Whether reads can slide an expiry.
    pub slides: Cell<bool>,
    /// Whether writes can set an expiry.
    pub expires: Cell<bool>,
    /// Whether a value can be removed on the condition that its version is a certain one.
    pub removes: Cell<bool>,
    /// Whether versions have other names after each fault, as on a server that is too young to be told from the
    /// one before it.
    pub renames: Cell<bool>,
    epoch: Cell<u64>,
    /// The most bytes of a value.
    pub limit: Cell<usize>,
    /// Reads of the store so far. A call that asks for what the store cannot do is refused before it, and
    /// does not count.
    pub reads: Cell<usize>,
    /// Batches of writes so far, counted in the same way.
    pub writes: Cell<usize>,
}

pub type Tx = Transaction<World>;

impl World {
    pub fn new() -> Rc<Self> {
        Rc::new(Self {
            items: RefCell::default(),
            next_version: Cell::new(1),
            now: Cell::new(Duration::from_secs(1_700_000_000)),
            drawn: Cell::new(0),
            faults: RefCell::default(),
            delayed: RefCell::default(),
            holds_back: Cell::new(false),
            interludes: RefCell::default(),
            aftermath: RefCell::default(),
            read_interludes: RefCell::default(),
            between_keys: RefCell::default(),
            failing_reads: Cell::new(0),
            slides: Cell::new(true),
            expires: Cell::new(true),
            removes: Cell::new(true),
            renames: Cell::new(false),
            epoch: Cell::new(0),
            limit: Cell::new(usize::MAX),
            reads: Cell::new(0),
            writes: Cell::new(0),
        })
    }

    /// Lets time pass.
    pub fn pass(&self, seconds: u64) {
        self.now.set(self.now.get() + Duration::from_secs(seconds));
    }

    pub fn seconds(&self) -> u64 {
        self.now.get().as_secs()
    }

    /// Strikes the next batches of writes, one fault each.
    pub fn strike(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.borrow_mut().extend(faults);
    }

    /// Keeps late writes from arriving until [`Self::let_go`].
    pub fn hold_back(&self) {
        self.holds_back.set(true);
    }

    /// Lets the writes arrive that are late.
    pub fn let_go(&self) {
        self.holds_back.set(false);
        self.deliver();
    }

    /// Lets the writes arrive that were delayed.
    pub fn deliver(&self) {
        if self.holds_back.get() {
            return;
        }
        for write in self.delayed.take() {
            self.apply(write);
        }
    }

    /// Lets the next reads fail.
    pub fn stop_reads(&self, count: usize) {
        self.failing_reads.set(count);
    }

    /// Takes back the faults that did not strike: the next client is another one.
    pub fn recover(&self) {
        self.faults.borrow_mut().clear();
        self.interludes.borrow_mut().clear();
        self.read_interludes.borrow_mut().clear();
    }

    /// Does something right before the next batch of writes.
    pub fn before_write(&self, interlude: impl FnOnce() + 'static) {
        self.interludes.borrow_mut().push_back(Box::new(interlude));
    }

    /// Does something right before the next read, or, called again, before the one after that.
    pub fn before_read(&self, interlude: impl FnOnce() + 'static) {
        self.read_interludes.borrow_mut().push_back(Box::new(interlude));
    }

    /// Does something within the next read of several keys, once the first of them was read: a batch is no snapshot.
    pub fn within_read(&self, interlude: impl FnOnce() + 'static) {
        *self.between_keys.borrow_mut() = Some(Box::new(interlude));
    }

    /// Does something right after the next batch of writes.
    pub fn after_next_write(&self, aftermath: impl FnOnce() + 'static) {
        *self.aftermath.borrow_mut() = Some(Box::new(aftermath));
    }

    pub fn begin(self: &Rc<Self>) -> Tx {
        self.begin_with(Isolation::Serializable)
    }

    pub fn begin_with(self: &Rc<Self>, isolation: Isolation) -> Tx {
        Transaction::begin(Rc::clone(self), isolation)
    }

    /// Writes keys of the package `p` of a session, in a transaction of its own.
    pub fn store(self: &Rc<Self>, id: &str, entries: &[(&str, &str)]) {
        let tx = self.begin();
        container().session(&tx, id).unwrap().package("p").unwrap().update(entries).unwrap();
        tx.commit().unwrap();
    }

    /// What the package `p` of a session holds, as a new transaction sees it.
    pub fn stored(self: &Rc<Self>, id: &str) -> Vec<(String, String)> {
        let tx = self.begin();
        match container().resume(&tx, id).unwrap() {
            Some(session) => session.package("p").unwrap().entries().unwrap(),
            None => Vec::new(),
        }
    }

    /// As [`Self::stored`], where a session may also have ended.
    pub fn stored_or_ended(self: &Rc<Self>, id: &str) -> Vec<(String, String)> {
        match container().resume(&self.begin(), id) {
            Err(Error::Ended(_)) => Vec::new(),
            _ => self.stored(id),
        }
    }

    /// The bytes under a session's key.
    pub fn raw(&self, id: &str) -> Option<Vec<u8>> {
        self.items.borrow().get(&key(id)).map(|item| item.value.clone())
    }

    /// Puts bytes under a session's key.
    pub fn put_raw(&self, id: &str, value: &[u8]) {
        self.put(key(id), value.to_vec(), None);
    }

    /// Loses an item, as a store does that evicts.
    pub fn evict(&self, id: &str) {
        self.items.borrow_mut().remove(&key(id));
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        let now = self.now.get();
        self.items.borrow().values().filter(|item| item.expires.is_none_or(|at| at > now)).count()
    }

    fn put(&self, key: String, value: Vec<u8>, expires: Option<Duration>) -> Outcome {
        let version = self.next_version.replace(self.next_version.get() + 1);
        self.items.borrow_mut().insert(key, Item { value, version, expires });
        Outcome::Applied(self.name(version))
    }

    /// A version as clients know it now.
    fn name(&self, version: u64) -> Version {
        Version([self.epoch.get(), version].map(u64::to_be_bytes).concat())
    }

    /// Whether a version has a name of before the last fault.
    fn is_outdated(&self, expects: &Expectation) -> bool {
        let epoch = self.epoch.get().to_be_bytes();
        matches!(expects, Expectation::Version(version) if !version.0.starts_with(&epoch))
    }

    fn expiry(&self, lifetime: Lifetime) -> Option<Duration> {
        match lifetime {
            Lifetime::NeverExpires => None,
            Lifetime::Seconds(seconds) => Some(self.now.get() + Duration::from_secs(seconds.into())),
        }
    }

    fn drop_expired(&self) {
        let now = self.now.get();
        self.items.borrow_mut().retain(|_, item| item.expires.is_none_or(|at| at > now));
    }

    fn apply(&self, write: Write) -> Outcome {
        self.drop_expired();
        let held = self.items.borrow().get(&write.key).map(|item| self.name(item.version));
        match (&write.expects, held) {
            (Expectation::Absent, Some(_)) => return Outcome::Stale,
            (Expectation::Version(_), None) => return Outcome::Missing,
            (Expectation::Version(expected), Some(held)) if expected.0[8..] != held.0[8..] => {
                return Outcome::Stale;
            }
            _ => {}
        }
        match write.change {
            Change::Put { value, lifetime } => self.put(write.key, value, self.expiry(lifetime)),
            Change::Touch(_) => panic!("no commit slides a lifetime by itself"),
            Change::Delete => {
                self.items.borrow_mut().remove(&write.key);
                Outcome::Applied(Version(Vec::new()))
            }
        }
    }

    fn apply_if_known(&self, write: Write) -> Outcome {
        if self.is_outdated(&write.expects) { Outcome::Stale } else { self.apply(write) }
    }

    /// Why a batch cannot be taken, if it cannot.
    fn refuse(&self, writes: &[Write]) -> Option<Result<Vec<Outcome>, StoreError>> {
        let put = |write: &Write| match &write.change {
            Change::Put { value, lifetime } => Some((value.len(), *lifetime)),
            Change::Touch(_) | Change::Delete => None,
        };
        if !self.expires.get()
            && writes.iter().filter_map(put).any(|(_, life)| life != Lifetime::NeverExpires)
        {
            return Some(Err(StoreError::Unsupported("no expiry".into())));
        }
        let removes = |write: &Write| {
            write.change == Change::Delete && matches!(write.expects, Expectation::Version(_))
        };
        if !self.removes.get() && writes.iter().any(removes) {
            return Some(Err(StoreError::Unsupported("no removal on a condition".into())));
        }
        let limit = self.limit.get();
        let fits = |write: &Write| put(write).is_none_or(|(size, _)| size <= limit);
        if writes.iter().all(fits) {
            return None;
        }
        let verdict = |write| if fits(write) { Outcome::Skipped } else { Outcome::TooLarge(limit as u64) };
        Some(Ok(writes.iter().map(verdict).collect()))
    }
}

impl Store for World {
    fn get_many(&self, keys: Vec<String>, touch: Option<Lifetime>) -> Result<Vec<Option<Entry>>, StoreError> {
        if touch.is_some() && !self.slides.get() {
            return Err(StoreError::Unsupported("no touch".into()));
        }
        let interlude = self.read_interludes.borrow_mut().pop_front();
        if let Some(interlude) = interlude {
            interlude();
        }
        self.reads.set(self.reads.get() + 1);
        if self.failing_reads.get() > 0 {
            self.failing_reads.set(self.failing_reads.get() - 1);
            return Err(StoreError::Unavailable("reads fail".into()));
        }
        self.drop_expired();
        let several = keys.len() > 1;
        let mut entries = Vec::with_capacity(keys.len());
        for key in keys {
            entries.push(self.entry(&key, touch));
            let interlude = if several { self.between_keys.borrow_mut().take() } else { None };
            if let Some(interlude) = interlude {
                interlude();
            }
        }
        Ok(entries)
    }

    fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, StoreError> {
        let aftermath = self.aftermath.borrow_mut().take();
        let outcomes = self.take(writes);
        if let Some(aftermath) = aftermath {
            aftermath();
        }
        outcomes
    }
}

impl World {
    fn entry(&self, key: &str, touch: Option<Lifetime>) -> Option<Entry> {
        let mut items = self.items.borrow_mut();
        let item = items.get_mut(key)?;
        let left = item.expires.map(|at| at.saturating_sub(self.now.get()).as_secs() as u32);
        if let Some(lifetime) = touch {
            item.expires = self.expiry(lifetime);
        }
        let version = self.name(item.version);
        Some(Entry { value: item.value.clone(), version, seconds_left: left })
    }

    fn take(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, StoreError> {
        let interlude = self.interludes.borrow_mut().pop_front();
        if let Some(interlude) = interlude {
            interlude();
        }
        if let Some(refusal) = self.refuse(&writes) {
            return refusal;
        }
        self.writes.set(self.writes.get() + 1);
        self.deliver();
        let fault = self.faults.borrow_mut().pop_front();
        let count = writes.len();
        if self.renames.get() && fault.is_some() {
            self.epoch.set(self.epoch.get() + 1);
        }
        match fault {
            None => return Ok(writes.into_iter().map(|write| self.apply_if_known(write)).collect()),
            Some(Fault::AnswerLost) => writes.into_iter().for_each(|write| drop(self.apply(write))),
            Some(Fault::Delayed) => self.delayed.borrow_mut().extend(writes),
            Some(Fault::RequestLost) => {}
            Some(Fault::Refused) => return Err(StoreError::Unavailable("refused".into())),
            Some(Fault::Away) => return Ok(vec![Outcome::Unavailable; count]),
        }
        Ok(vec![Outcome::Unknown; count])
    }
}

impl Clock for World {
    fn now(&self) -> Duration {
        self.now.get()
    }
}

impl Random for World {
    fn fill(&self, buffer: &mut [u8]) {
        self.drawn.set(self.drawn.get() + 1);
        let number = self.drawn.get().to_be_bytes();
        buffer.iter_mut().rev().zip(number.iter().rev()).for_each(|(place, byte)| *place = *byte);
    }
}

/// The container that most tests use.
pub fn container() -> Container {
    Container::open("test", ContainerOptions::default()).unwrap()
}

pub fn container_with(options: ContainerOptions) -> Container {
    Container::open("test", options).unwrap()
}

/// The session of an id, and its package `p`.
pub fn package(tx: &Tx, id: &str) -> lovely_session_core::Package<World> {
    container().session(tx, id).unwrap().package("p").unwrap()
}

pub fn session(tx: &Tx, id: &str) -> Session<World> {
    container().session(tx, id).unwrap()
}

pub fn key(id: &str) -> String {
    store_key("test", id).unwrap()
}

/// Entries as owned text.
pub fn owned(entries: &[(&str, &str)]) -> Vec<(String, String)> {
    entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// The keys of a conflict.
pub fn conflict_keys(result: Result<(), Error>) -> Vec<Option<String>> {
    match result {
        Err(Error::Conflict(conflicts)) => conflicts.into_iter().map(|conflict| conflict.key).collect(),
        other => panic!("expected a conflict, found {other:?}"),
    }
}
