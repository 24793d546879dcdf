//! The reference: sessions as plain maps. It knows nothing of versions, marks or merging.

use crate::history::{Answer, ENDED, FOUND, NOTHING, View};
use crate::program::{Content, Id, Initial, MAX_IDS, MAX_TRANSACTIONS, PLACES, Program, initial_content};

/// The life of a session that existed at the start was begun by no transaction.
pub const NOBODY: u8 = u8::MAX;

/// The state of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    Absent,
    Live,
    /// Destroyed.
    Ended,
    /// Moved to another id, with a grace or without.
    Moved(Id, bool),
}

/// One id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slot {
    pub what: What,
    /// The transaction that began this life of the session.
    pub life: u8,
    /// The transaction that ended or moved it.
    pub by: u8,
    /// The values; for a session that ended, the last ones.
    pub content: Content,
}

/// An absent session.
pub const EMPTY: Slot = Slot { what: What::Absent, life: NOBODY, by: NOBODY, content: [0; PLACES] };

/// A change that is atomic with changes of other ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Shared {
    by: u8,
    before: Slot,
}

/// All sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    slots: [Slot; MAX_IDS],
    /// The last change of each id, if a transaction made it together with changes of other ids.
    shared: [Option<Shared>; MAX_IDS],
    /// The ids that each transaction changed; a bit each.
    changed: [u16; MAX_TRANSACTIONS],
    /// Where sessions had moved whose tombstones the store lost.
    ways: [Id; MAX_IDS],
}

impl State {
    /// The sessions at the start.
    pub fn initial(program: &Program) -> Self {
        let mut slots = [EMPTY; MAX_IDS];
        for (id, initial) in program.initial.iter().enumerate() {
            slots[id] = match initial {
                Initial::Absent => EMPTY,
                Initial::Live(_) => Slot { what: What::Live, content: initial_content(id), ..EMPTY },
                Initial::Ended => Slot { what: What::Ended, ..EMPTY },
            };
        }
        Self { slots, shared: [None; MAX_IDS], changed: [0; MAX_TRANSACTIONS], ways: [Id::MAX; MAX_IDS] }
    }

    pub fn slot(&self, id: Id) -> &Slot {
        &self.slots[usize::from(id)]
    }

    /// The result of a request for an id: the id under which the session is, that there is none, or that it
    /// ended.
    pub fn find(&self, id: Id) -> Found {
        match self.slot(id).what {
            What::Absent => Found::Nothing,
            What::Live => Found::At(id),
            What::Ended | What::Moved(_, false) => Found::Ended,
            What::Moved(to, true) => match self.find(to) {
                Found::At(id) => Found::At(id),
                _ => Found::Ended,
            },
        }
    }

    /// As [`Self::find`], for a request that had begun to follow a renewal, even if the store lost the
    /// tombstone and another session has begun there since.
    pub fn find_who_followed(&self, id: Id) -> Found {
        match self.ways[usize::from(id)] {
            Id::MAX => self.find(id),
            to => self.find_who_followed(to),
        }
    }

    /// The result of a reader for an id.
    pub fn view(&self, id: Id) -> View {
        match self.find(id) {
            Found::At(id) => View::Live(self.slot(id).content),
            Found::Nothing => View::Nothing,
            Found::Ended => View::Ended,
        }
    }

    /// Whether a request for an id can have this result.
    pub fn answers(&self, id: Id, answer: Answer) -> bool {
        match self.find(id) {
            Found::At(_) => answer == FOUND,
            Found::Nothing => answer == NOTHING,
            Found::Ended => answer == ENDED,
        }
    }

    /// What an eviction can take away (defined only here): the sessions under these ids, or the memory that
    /// they ended, with everything in them. If transactions that are not over had changed such a session
    /// together with others, their changes to the others may be lost as well, unless another transaction
    /// changed them since; and what they are about to change in the lost session is lost (`evaporated` in
    /// `replay.rs`). The bits of `way` select which of the others lose their change; `None` if there are
    /// fewer of them.
    pub fn evict(&self, ids: u16, not_over: u32, way: usize) -> Option<Self> {
        let is_waiting = |id: &usize| {
            let shared = self.shared[*id].filter(|_| ids & 1 << *id == 0);
            shared.is_some_and(|Shared { by, .. }| {
                not_over & 1 << by != 0 && self.changed[usize::from(by)] & ids != 0
            })
        };
        let waiting: u16 = (0..MAX_IDS).filter(is_waiting).map(|id| 1 << id).sum();
        if way >> waiting.count_ones() != 0 {
            return None;
        }
        let mut after = *self;
        let mut number = 0;
        for id in 0..MAX_IDS {
            if ids & 1 << id != 0 {
                if let What::Moved(to, true) = self.slots[id].what {
                    after.ways[id] = to;
                }
                after.slots[id] = EMPTY;
                after.shared[id] = None;
            } else if waiting & 1 << id != 0 {
                if let Some(Shared { before, .. }) = self.shared[id].filter(|_| way & 1 << number != 0) {
                    after.slots[id] = before;
                    after.shared[id] = None;
                }
                number += 1;
            }
        }
        Some(after)
    }

    /// Sets the state of an id, alone or together with changes of other ids.
    pub fn put(&mut self, id: Id, slot: Slot, by: usize, together: bool) {
        let position = usize::from(id);
        self.shared[position] = together.then(|| Shared { by: by as u8, before: self.slots[position] });
        self.slots[position] = slot;
        self.changed[by] |= 1 << id;
    }
}

/// The result of a request for an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    At(Id),
    Nothing,
    Ended,
}
