//! The reference: sessions as plain maps. It knows nothing of versions, marks or merging.

use crate::history::{Answer, ENDED, FOUND, NOTHING, View};
use crate::program::{Content, Id, Initial, MAX_IDS, MAX_TRANSACTIONS, PLACES, Program, initial_content};

/// A session that was there at the start was begun by nobody.
pub const NOBODY: u8 = u8::MAX;

/// What is under an id.
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
    /// Who began this life of the session.
    pub life: u8,
    /// Who ended or moved it.
    pub by: u8,
    /// The values; of a session that ended, the last ones.
    pub content: Content,
}

/// Under this id there is nothing.
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
    /// Where the sessions had moved of which the store lost the way.
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

    /// What somebody finds who asks for an id: the id under which the session is, that there is none, or that it ended.
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

    /// What somebody finds who had begun to follow a session to where it moved, even if the store lost the
    /// way, and another session has begun there since.
    pub fn find_who_followed(&self, id: Id) -> Found {
        match self.ways[usize::from(id)] {
            Id::MAX => self.find(id),
            to => self.find_who_followed(to),
        }
    }

    /// What a reader sees under an id.
    pub fn view(&self, id: Id) -> View {
        match self.find(id) {
            Found::At(id) => View::Live(self.slot(id).content),
            Found::Nothing => View::Nothing,
            Found::Ended => View::Ended,
        }
    }

    /// Whether asking for an id may be answered like this.
    pub fn answers(&self, id: Id, answer: Answer) -> bool {
        match self.find(id) {
            Found::At(_) => answer == FOUND,
            Found::Nothing => answer == NOTHING,
            Found::Ended => answer == ENDED,
        }
    }

    /// What an eviction may take away, said here and nowhere else: the sessions under these ids, or the memory that
    /// they ended, with everything in them. If transactions that are not over yet had changed that session together with
    /// others, what they changed in each of the others may be lost with it, where nobody has changed it since; and what
    /// they are about to change in the one that is lost is lost with it, too (`evaporated` in `replay.rs`). The bits of
    /// the way say which of the others lose their change; there is no state if there are not so many.
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

    /// Puts something under an id, alone or together with changes of other ids.
    pub fn put(&mut self, id: Id, slot: Slot, by: usize, together: bool) {
        let place = usize::from(id);
        self.shared[place] = together.then(|| Shared { by: by as u8, before: self.slots[place] });
        self.slots[place] = slot;
        self.changed[by] |= 1 << id;
    }
}

/// What is found under an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    At(Id),
    Nothing,
    Ended,
}
