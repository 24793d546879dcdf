//! The state that the clients of a run share with its scheduler.

use std::cell::{Cell, RefCell};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;
use std::time::Duration;

use lovely_session_core::store_key;

use crate::history::{End, Event, Observed};
use crate::program::{CONTAINER, Id, MAX_IDS, Program, TRUSTED};

/// The state that the clients of a run share with its scheduler.
#[derive(Debug, Default)]
pub struct Shared {
    pub observed: RefCell<Vec<Observed>>,
    pub ids: RefCell<Vec<Option<Rc<str>>>>,
    /// The keys of the ids.
    pub keys: RefCell<Vec<Option<Rc<str>>>>,
    /// The transactions that drew the ids.
    pub drawn_by: RefCell<Vec<usize>>,
    /// The transactions that have begun; a bit each.
    pub begun: Cell<u32>,
    /// The transactions that may begin a session.
    pub beginners: Cell<u32>,
    /// The transactions that have ended with a known result.
    pub ended: Cell<u32>,
    /// Whether the store may have lost a session that existed at the start.
    pub lost: Cell<bool>,
    /// The time.
    pub now: Cell<Duration>,
    /// The events with their times, if time passes.
    pub events: RefCell<Vec<(Duration, Event)>>,
    /// A hash of the events.
    pub timeline: Cell<u64>,
    /// By client: the transaction it is in, whether it commits it, and whether it has crashed.
    pub current: RefCell<Vec<Progress>>,
}

/// The progress of a client.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    pub transaction: usize,
    pub commits: bool,
    pub crashed: bool,
    /// Changes with everything that the client learns from others without a request to the store.
    pub hearsay: u64,
}

impl Shared {
    /// Resets everything before a run.
    pub fn reset(&self, program: &Program) {
        let count = program.transactions().count();
        let mut observed = self.observed.borrow_mut();
        observed.truncate(count);
        observed.iter_mut().for_each(Observed::reset);
        observed.resize_with(count, Observed::default);
        let (mut ids, mut keys) = (self.ids.borrow_mut(), self.keys.borrow_mut());
        ids.resize(MAX_IDS, None);
        keys.resize(MAX_IDS, None);
        self.drawn_by.borrow_mut().resize(MAX_IDS, 0);
        ids[TRUSTED.len()..].fill(None);
        keys[TRUSTED.len()..].fill(None);
        for (position, id) in TRUSTED.iter().enumerate() {
            if ids[position].is_none() {
                ids[position] = Some((*id).into());
                keys[position] = Some(store_key(CONTAINER, id).expect("a good id").into());
            }
        }
        self.events.borrow_mut().clear();
        self.timeline.set(0);
        self.begun.set(0);
        self.beginners.set(program.beginners());
        self.ended.set(0);
        self.lost.set(false);
        let mut current = self.current.borrow_mut();
        current.clear();
        let mut first = 0;
        for client in &program.clients {
            current.push(Progress { transaction: first, ..Progress::default() });
            first += client.transactions.len();
        }
    }

    /// Notes an id that was drawn.
    pub fn learn(&self, number: Id, id: &str, by: usize) {
        let number = usize::from(number);
        self.drawn_by.borrow_mut()[number] = by;
        self.ids.borrow_mut()[number] = Some(id.into());
        self.keys.borrow_mut()[number] = Some(store_key(CONTAINER, id).expect("a good id").into());
    }

    /// The id that is stored under a key.
    pub fn id_of(&self, key: &str) -> Option<Id> {
        self.keys.borrow().iter().position(|it| it.as_deref() == Some(key)).map(|id| id as Id)
    }

    /// Notes an event at the present time.
    pub fn happens(&self, program: &Program, event: Event) {
        if !program.lives.passes.is_empty() {
            let mut hasher = DefaultHasher::new();
            (self.timeline.get(), self.now.get(), event).hash(&mut hasher);
            self.timeline.set(hasher.finish());
            self.events.borrow_mut().push((self.now.get(), event));
        }
    }

    /// Notes how a transaction ended.
    pub fn end(&self, number: usize, end: End) {
        self.observed.borrow_mut()[number].end = end;
        // A transaction without a request to the store begins and ends at the same time.
        if self.begun.get() & (1 << number) == 0 {
            self.begin(number);
        }
        if end != End::Unknown {
            self.ended.set(self.ended.get() | 1 << number);
        }
    }

    /// Notes that a transaction begins.
    pub fn begin(&self, number: usize) {
        self.begun.set(self.begun.get() | 1 << number);
        self.observed.borrow_mut()[number].ended_before = self.ended.get();
    }
}
