//! Savepoints, and what it takes to return to them.
//!
//! Instead of copying sessions when a savepoint is taken, the journal notes what a write replaces: taking a
//! savepoint costs the same whatever there is, and rolling back costs what changed since. A place that was
//! noted once since the newest savepoint needs no second note, so the journal never grows beyond the places
//! written times the savepoints; each place remembers for which savepoint it was noted (`saved_for`).

use alloc::vec::Vec;

use crate::error::Error;
use crate::identity::Identity;
use crate::overlay::{Overlay, Slot};

/// What a write replaced.
#[derive(Debug)]
pub struct Note {
    /// The session that was written.
    pub session: usize,
    /// Which incarnation of the session it belongs to; a note from an earlier one is void.
    pub incarnation: u32,
    /// What stood there before.
    pub before: Before,
}

/// The state of one place before a write.
#[derive(Debug)]
pub enum Before {
    /// A key in a package, by their places in the overlays.
    Key(usize, usize, Slot),
    /// A whole package, by its place.
    Package(usize, Overlay),
    /// Whether the session was destroyed, and its id.
    Identity(Identity),
}

impl Before {
    /// The savepoint for which the place had been noted before this note was made.
    fn saved_for(&self) -> u64 {
        match self {
            Self::Key(_, _, slot) => slot.saved_for,
            Self::Package(_, overlay) => overlay.saved_for,
            Self::Identity(identity) => identity.saved_for,
        }
    }
}

#[derive(Debug)]
struct Mark {
    serial: u64,
    notes: usize,
}

/// The savepoints of one transaction and the notes to restore them.
#[derive(Debug, Default)]
pub struct Journal {
    notes: Vec<Note>,
    marks: Vec<Mark>,
    last_serial: u64,
}

impl Journal {
    /// Takes a savepoint, and returns its serial number.
    pub fn mark(&mut self) -> u64 {
        self.last_serial += 1;
        self.marks.push(Mark { serial: self.last_serial, notes: self.notes.len() });
        self.last_serial
    }

    /// The newest savepoint's serial number, 0 when there is none. A place written now counts as saved for
    /// it.
    pub fn current(&self) -> u64 {
        self.marks.last().map_or(0, |mark| mark.serial)
    }

    /// Whether a place that was last saved for this savepoint must be noted before it is written.
    pub fn must_note(&self, saved_for: u64) -> bool {
        saved_for < self.current()
    }

    /// Notes what a write is about to replace.
    pub fn note(&mut self, note: Note) {
        self.notes.push(note);
    }

    /// Forgets a savepoint and the later ones, and keeps the changes.
    ///
    /// # Errors
    /// [`Error::SavepointInvalid`].
    pub fn release(&mut self, serial: u64) -> Result<(), Error> {
        let position = self.position(serial)?;
        let first = self.marks.get(position).map_or(0, |mark| mark.notes);
        self.marks.truncate(position);
        if self.marks.is_empty() {
            self.notes.clear();
        } else {
            self.forget_repeated(first);
        }
        Ok(())
    }

    /// Drops the notes from one on whose places were noted already since the savepoint that is the newest now.
    fn forget_repeated(&mut self, first: usize) {
        let current = self.current();
        let mut number = 0;
        self.notes.retain(|note| {
            number += 1;
            number <= first || note.before.saved_for() < current
        });
    }

    /// Forgets the savepoints after one, and returns what was noted since it, the newest first, to be restored.
    ///
    /// # Errors
    /// [`Error::SavepointInvalid`].
    pub fn roll_back(&mut self, serial: u64) -> Result<impl Iterator<Item = Note>, Error> {
        let position = self.position(serial)?;
        let keep = self.marks.get(position).map_or(0, |mark| mark.notes);
        self.marks.truncate(position + 1);
        Ok(self.notes.drain(keep..).rev())
    }

    fn position(&self, serial: u64) -> Result<usize, Error> {
        self.marks.binary_search_by_key(&serial, |mark| mark.serial).map_err(|_| Error::SavepointInvalid)
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::environment::nowhere::Nowhere;
    use crate::{Container, Isolation, Transaction};

    #[test]
    fn without_a_savepoint_nothing_is_noted() {
        let mut journal = Journal::default();
        assert!(!journal.must_note(0));
        let serial = journal.mark();
        journal.release(serial).unwrap();
        assert!(!journal.must_note(0));
    }

    #[test]
    fn a_place_is_noted_once_for_each_savepoint() {
        let mut journal = Journal::default();
        let first = journal.mark();
        assert!(journal.must_note(0));
        assert!(!journal.must_note(first));
        let second = journal.mark();
        assert!(journal.must_note(first));
        assert!(!journal.must_note(second));
    }

    #[test]
    fn rounds_of_savepoint_write_and_release_under_an_outer_savepoint_leave_a_note_for_each_place() {
        let tx = Transaction::begin(Rc::new(Nowhere), Isolation::default());
        let session = Container::open("c", Default::default()).unwrap().session(&tx, "s").unwrap();
        let package = session.package("p").unwrap();
        package.set("k", "0").unwrap();
        let outer = tx.savepoint().unwrap();
        for number in 0..100 {
            let inner = tx.savepoint().unwrap();
            match number % 3 {
                0 => package.clear().unwrap(),
                1 => package.set("k", &number.to_string()).unwrap(),
                _ => _ = session.renew_id(0).unwrap(),
            }
            inner.release().unwrap();
        }
        assert_eq!(tx.shared().state.borrow().journal.notes.len(), 2, "the package, and the id");
        outer.rollback().unwrap();
        assert_eq!((package.get("k").unwrap().as_deref(), session.id().as_str()), (Some("0"), "s"));
    }

    #[test]
    fn a_loop_that_writes_one_key_leaves_one_note() {
        let tx = Transaction::begin(Rc::new(Nowhere), Isolation::default());
        let session = Container::open("c", Default::default()).unwrap().session(&tx, "s").unwrap();
        let (old, new) = (session.package("old").unwrap(), session.package("new").unwrap());
        old.set("k", "0").unwrap();
        tx.savepoint().unwrap();
        for (package, notes) in [(old, 1), (new, 2)] {
            for number in 0..100 {
                package.set("k", &number.to_string()).unwrap();
            }
            assert_eq!(tx.shared().state.borrow().journal.notes.len(), notes);
        }
    }
}
