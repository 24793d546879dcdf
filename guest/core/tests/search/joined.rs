//! A session in a transaction that is done again on the reference.

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
    /// Where it is.
    pub id: Id,
    pub existed: bool,
    /// It had ended, by somebody who was under way at the same time; all that the transaction does is to end it, too.
    pub ended_already: bool,
    /// It is not there, though the transaction found it: then nothing may be written to it.
    pub lost: bool,
    pub base: Content,
    /// It was not there when the transaction began it, and that was not validated.
    pub vacant: bool,
    /// The store lost it while the transaction was under way, and what it had of the transaction with it.
    pub evaporated: bool,
    /// What the transaction wrote.
    pub over: Content,
    /// What it added where it did not write.
    pub added: Content,
    /// What was there when it looked, by what it was shown; where it was shown nothing yet, [`UNTOUCHED`].
    pub shown: Content,
    /// It was shown something that is neither what was there nor what it made of that.
    pub contradicts: bool,
    /// It wrote where it was shown something else than what is there now.
    pub misled: bool,
    /// Where the transaction read something else than what is there now.
    pub stale: u8,
    pub destroyed: bool,
    pub renewed: Id,
    pub grace: bool,
}

/// What a session is before anything is known of it.
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
    fn value(&self, place: usize) -> u16 {
        match self.over[place] {
            UNTOUCHED => self.base[place].wrapping_add(self.added[place]),
            value => value,
        }
    }

    /// The places of a package.
    fn places(package: u8) -> std::ops::Range<usize> {
        let first = usize::from(package) * KEYS.len();
        first..first + KEYS.len()
    }

    fn keys(&self, package: u8) -> Answer {
        let held = Self::places(package).enumerate().filter(|(_, place)| self.value(*place) != 0);
        held.map(|(key, _)| 1 << key).sum()
    }

    /// Notes that a value was read.
    fn read(&mut self, place: usize, told: Answer) {
        self.peek(place, told as u16);
        if self.over[place] == UNTOUCHED && Answer::from(self.value(place)) != told {
            self.stale |= 1 << place;
        }
    }

    /// Notes that a value was shown. That is no read: it need not be what is there now.
    fn peek(&mut self, place: usize, told: u16) {
        if self.over[place] != UNTOUCHED {
            self.contradicts |= told != self.over[place];
            return;
        }
        let shown = told.wrapping_sub(self.added[place]);
        self.contradicts |= self.shown[place] != UNTOUCHED && self.shown[place] != shown;
        self.shown[place] = shown;
    }

    /// Notes that a place is written: what was shown there may have decided it.
    fn depend(&mut self, place: usize) {
        if self.shown[place] != UNTOUCHED && self.shown[place] != self.base[place] {
            self.misled = true;
            self.stale |= 1 << place;
        }
    }

    fn write(&mut self, place: usize, value: u16) {
        self.depend(place);
        self.over[place] = value;
        self.added[place] = 0;
    }

    fn add(&mut self, place: usize, number: u16) {
        self.depend(place);
        match self.over[place] {
            UNTOUCHED => self.added[place] += number,
            value => self.over[place] = value + number,
        }
    }

    fn clear(&mut self, package: u8) {
        Self::places(package).for_each(|place| self.write(place, 0));
    }

    /// Does a deed, and says what it answers. What was told tells what was written where that depends on it.
    pub fn perform(&mut self, deed: Deed, told: Answer) -> Answer {
        match deed {
            Deed::Get(at) => {
                self.read(at.into(), told);
                self.value(at.into()).into()
            }
            Deed::Peek(at) => {
                self.peek(at.into(), told as u16);
                told
            }
            Deed::PeekEntries(p) => {
                let places = Self::places(p).rev().enumerate();
                places.for_each(|(key, place)| self.peek(place, (told >> (16 * key)) as u16));
                told
            }
            Deed::Contains(at) => (self.value(at.into()) != 0).into(),
            Deed::Set(at, value) => {
                self.write(at.into(), value);
                SILENT
            }
            Deed::Increment(at) => {
                let at = usize::from(at);
                self.read(at, told.wrapping_sub(1));
                let value = self.value(at).wrapping_add(1);
                self.write(at, told as u16);
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

    /// A deed that takes keys away found none.
    pub fn takes_nothing(&mut self, deed: Deed) {
        match deed {
            Deed::Clear(p) | Deed::RemovePackage(p) => {
                Self::places(p).for_each(|place| self.over[place] = UNTOUCHED);
            }
            Deed::Remove(at) => self.over[usize::from(at)] = UNTOUCHED,
            _ => {}
        }
    }

    /// The values after the transaction.
    pub fn content(&self) -> Content {
        std::array::from_fn(|place| self.value(place))
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
            && (0..PLACES).any(|place| {
                let is_written = self.over[place] != UNTOUCHED || self.added[place] != 0;
                self.stale & 1 << place != 0 && is_written
            })
    }
}
