//! A joined session in a transaction that is replayed on the reference.

use crate::client::pack;
use crate::history::{Answer, SILENT};
use crate::program::{Content, Deed, Id, KEYS, PACKAGES, PLACES};

/// A key that a transaction did not write.
pub const UNTOUCHED: u16 = u16::MAX;
/// No id.
pub const NONE: Id = Id::MAX;
/// A session in a transaction.
#[derive(Clone, Copy, Debug)]
pub struct Joined {
    /// The id under which the session is.
    pub id: Id,
    pub existed: bool,
    /// Another transaction at the same time had ended it; this one only ends it as well.
    pub ended_already: bool,
    /// It is absent, though the transaction found it: nothing may be written to it.
    pub lost: bool,
    pub base: Content,
    /// It was absent when the transaction began it, which was not validated.
    pub vacant: bool,
    /// The store lost it during the transaction, with the changes of the transaction.
    pub evaporated: bool,
    /// What the transaction wrote.
    pub over: Content,
    /// What the transaction added to keys that it did not write.
    pub added: Content,
    /// The values when they were peeked at, as far as the results show them; otherwise [`UNTOUCHED`].
    pub shown: Content,
    /// A peek returned neither what was there nor what the transaction made of it.
    pub contradicts: bool,
    /// It wrote a key after a peek that returned something else than what is there now.
    pub misled: bool,
    /// The packages in which the transaction read something else than what is there now.
    pub stale: u8,
    pub destroyed: bool,
    pub renewed: Id,
    pub grace: bool,
}

/// A session of which nothing is known.
pub const NO_SESSION: Joined = Joined {
    id: NONE,
    existed: false,
    ended_already: false,
    lost: false,
    vacant: false,
    evaporated: false,
    base: [0; PLACES],
    over: [UNTOUCHED; PLACES],
    added: [0; PLACES],
    shown: [UNTOUCHED; PLACES],
    contradicts: false,
    misled: false,
    stale: 0,
    destroyed: false,
    renewed: NONE,
    grace: false,
};

impl Joined {
    /// A value as the transaction sees it.
    fn value(&self, position: usize) -> u16 {
        match self.over[position] {
            UNTOUCHED => self.base[position].wrapping_add(self.added[position]),
            value => value,
        }
    }

    /// The positions of a package.
    fn positions(package: u8) -> std::ops::Range<usize> {
        let first = usize::from(package) * KEYS.len();
        first..first + KEYS.len()
    }

    fn keys(&self, package: u8) -> Answer {
        let held = Self::positions(package).enumerate().filter(|(_, position)| self.value(*position) != 0);
        held.map(|(key, _)| 1 << key).sum()
    }

    /// Notes that a value was read.
    fn read(&mut self, position: usize, observed: Answer) {
        self.peek(position, observed as u16);
        if self.over[position] == UNTOUCHED && Answer::from(self.value(position)) != observed {
            self.stale |= 1 << position;
        }
    }

    /// Notes that a value was peeked at. That is not a read: it may differ from what is there now.
    fn peek(&mut self, position: usize, observed: u16) {
        if self.over[position] != UNTOUCHED {
            self.contradicts |= observed != self.over[position];
            return;
        }
        let shown = observed.wrapping_sub(self.added[position]);
        self.contradicts |= self.shown[position] != UNTOUCHED && self.shown[position] != shown;
        self.shown[position] = shown;
    }

    /// Notes that a position is written: a peek at it may have decided what is written.
    fn depend(&mut self, position: usize) {
        if self.shown[position] != UNTOUCHED && self.shown[position] != self.base[position] {
            self.misled = true;
            self.stale |= 1 << position;
        }
    }

    fn write(&mut self, position: usize, value: u16) {
        self.depend(position);
        self.over[position] = value;
        self.added[position] = 0;
    }

    fn add(&mut self, position: usize, number: u16) {
        self.depend(position);
        match self.over[position] {
            UNTOUCHED => self.added[position] += number,
            value => self.over[position] = value + number,
        }
    }

    fn clear(&mut self, package: u8) {
        Self::positions(package).for_each(|position| self.write(position, 0));
    }

    /// Performs a deed, and returns its result. The observed result decides what is written where that
    /// depends on it.
    pub fn perform(&mut self, deed: Deed, observed: Answer) -> Answer {
        match deed {
            Deed::Get(at) => {
                self.read(at.into(), observed);
                self.value(at.into()).into()
            }
            Deed::Peek(at) => {
                self.peek(at.into(), observed as u16);
                observed
            }
            Deed::PeekEntries(p) => {
                let positions = Self::positions(p).rev().enumerate();
                positions.for_each(|(key, position)| self.peek(position, (observed >> (16 * key)) as u16));
                observed
            }
            Deed::Contains(at) => (self.value(at.into()) != 0).into(),
            Deed::Set(at, value) => {
                self.write(at.into(), value);
                SILENT
            }
            Deed::Increment(at) => {
                let at = usize::from(at);
                self.read(at, observed.wrapping_sub(1));
                let value = self.value(at).wrapping_add(1);
                self.write(at, observed as u16);
                value.into()
            }
            Deed::Add(at, number) => {
                self.add(at.into(), number);
                SILENT
            }
            Deed::Remove(at) => {
                let held = self.value(at.into()) != 0;
                self.write(at.into(), 0);
                held.into()
            }
            Deed::Keys(p) => self.keys(p),
            Deed::Len(p) => self.keys(p).count_ones().into(),
            Deed::Entries(p) => {
                let values: [u16; KEYS.len()] =
                    std::array::from_fn(|key| self.value(usize::from(p) * KEYS.len() + key));
                pack(&values)
            }
            Deed::Clear(p) => {
                self.clear(p);
                SILENT
            }
            Deed::Packages => (0..PACKAGES.len() as u8).map(|p| Answer::from(self.keys(p) != 0) << p).sum(),
            Deed::RemovePackage(p) => {
                let held = self.keys(p) != 0;
                self.clear(p);
                held.into()
            }
            Deed::IsNew => (!self.existed).into(),
            Deed::Destroy => {
                self.destroyed = true;
                SILENT
            }
            Deed::Renew(id, grace) => {
                (self.renewed, self.grace) = (id, grace);
                SILENT
            }
        }
    }

    /// A deed that removes keys found none.
    pub fn takes_nothing(&mut self, deed: Deed) {
        match deed {
            Deed::Clear(p) | Deed::RemovePackage(p) => {
                Self::positions(p).for_each(|position| self.over[position] = UNTOUCHED);
            }
            Deed::Remove(at) => self.over[usize::from(at)] = UNTOUCHED,
            _ => {}
        }
    }

    /// The values after the transaction.
    pub fn content(&self) -> Content {
        std::array::from_fn(|position| self.value(position))
    }

    /// Whether the transaction may have written something.
    pub fn may_write(&self) -> bool {
        self.writes() || self.over.contains(&0)
    }

    /// Whether the transaction certainly wrote something.
    pub fn writes(&self) -> bool {
        self.destroyed
            || self.renewed != NONE
            || self.over.iter().any(|value| *value != UNTOUCHED && *value != 0)
            || self.added != [0; PLACES]
    }

    /// Whether the transaction wrote where it had read something else.
    pub fn loses_updates(&self) -> bool {
        !self.destroyed
            && (0..PLACES).any(|position| {
                let is_written = self.over[position] != UNTOUCHED || self.added[position] != 0;
                self.stale & 1 << position != 0 && is_written
            })
    }
}
