//! Savepoints, and the notes that restore them.
//!
//! Taking a savepoint copies nothing. Instead, each write notes the value that it replaces, and a rollback
//! undoes the notes from the newest to the oldest. So taking a savepoint costs the same whatever the sessions
//! hold, and rolling back costs what changed since.
//!
//! A value that was already noted since the newest savepoint needs no second note: each value remembers the
//! newest savepoint for which it was noted (`noted_for`). The journal therefore has at most one note per
//! value and savepoint, however often a value is written.

use alloc::vec::Vec;

use crate::error::Error;
use crate::identity::Identity;
use crate::overlay::{KeyEdit, Overlay};

/// The value that a write replaced.
#[derive(Debug)]
pub struct Note {
    /// The index of the session.
    pub session: usize,
    /// The session's incarnation at the time of the write. Notes of earlier incarnations have no effect.
    pub incarnation: u32,
    /// The replaced value.
    pub before: Before,
}

/// A value before a write.
#[derive(Debug)]
pub enum Before {
    /// The edit of a key: the positions of the package and of the key in the overlays, and the edit.
    Key(usize, usize, KeyEdit),
    /// All edits of a package: its position in the overlays, and the overlay.
    Package(usize, Overlay),
    /// The identity of the session.
    Identity(Identity),
}

impl Before {
    /// The newest savepoint for which the value had been noted before.
    fn noted_for(&self) -> u64 {
        match self {
            Self::Key(_, _, slot) => slot.noted_for,
            Self::Package(_, overlay) => overlay.noted_for,
            Self::Identity(identity) => identity.noted_for,
        }
    }
}

#[derive(Debug)]
struct SavepointStart {
    serial: u64,
    notes: usize,
}

/// The savepoints of one transaction, and the notes that restore them.
#[derive(Debug, Default)]
pub struct Journal {
    notes: Vec<Note>,
    savepoints: Vec<SavepointStart>,
    last_serial: u64,
}

impl Journal {
    /// Takes a savepoint. Returns its serial number, which is at least 1.
    pub fn take_savepoint(&mut self) -> u64 {
        self.last_serial += 1;
        self.savepoints.push(SavepointStart { serial: self.last_serial, notes: self.notes.len() });
        self.last_serial
    }

    /// The serial number of the newest savepoint; 0 when there is none.
    pub fn current(&self) -> u64 {
        self.savepoints.last().map_or(0, |start| start.serial)
    }

    /// Whether a value must be noted before it is overwritten, given the newest savepoint for which it was
    /// noted.
    pub fn must_note(&self, noted_for: u64) -> bool {
        noted_for < self.current()
    }

    /// Adds a note. Call it before the write.
    pub fn note(&mut self, note: Note) {
        self.notes.push(note);
    }

    /// Removes a savepoint and all later ones, and keeps the changes.
    ///
    /// # Errors
    /// [`Error::SavepointInvalid`].
    pub fn release(&mut self, serial: u64) -> Result<(), Error> {
        let position = self.position(serial)?;
        let first = self.savepoints.get(position).map_or(0, |start| start.notes);
        self.savepoints.truncate(position);
        if self.savepoints.is_empty() {
            self.notes.clear();
        } else {
            self.forget_repeated(first);
        }
        Ok(())
    }

    /// Of the notes from position `first` on, drops those of values that were already noted for the newest
    /// remaining savepoint.
    fn forget_repeated(&mut self, first: usize) {
        let current = self.current();
        let later = self.notes.split_off(first.min(self.notes.len()));
        self.notes.extend(later.into_iter().filter(|note| note.before.noted_for() < current));
    }

    /// Removes the savepoints after this one, and returns the notes since it, newest first, so that the
    /// caller restores them.
    ///
    /// # Errors
    /// [`Error::SavepointInvalid`].
    pub fn roll_back(&mut self, serial: u64) -> Result<impl Iterator<Item = Note>, Error> {
        let position = self.position(serial)?;
        let keep = self.savepoints.get(position).map_or(0, |start| start.notes);
        self.savepoints.truncate(position + 1);
        Ok(self.notes.drain(keep..).rev())
    }

    fn position(&self, serial: u64) -> Result<usize, Error> {
        self.savepoints
            .binary_search_by_key(&serial, |start| start.serial)
            .map_err(|_| Error::SavepointInvalid)
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::environment::no_store::NoStore;
    use crate::{Container, Isolation, Transaction};

    #[test]
    fn without_a_savepoint_nothing_is_noted() {
        let mut journal = Journal::default();
        assert!(!journal.must_note(0));
        let serial = journal.take_savepoint();
        journal.release(serial).unwrap();
        assert!(!journal.must_note(0));
    }

    #[test]
    fn a_value_is_noted_once_for_each_savepoint() {
        let mut journal = Journal::default();
        let first = journal.take_savepoint();
        assert!(journal.must_note(0));
        assert!(!journal.must_note(first));
        let second = journal.take_savepoint();
        assert!(journal.must_note(first));
        assert!(!journal.must_note(second));
    }

    #[test]
    fn repeated_savepoints_under_an_outer_one_leave_one_note_for_each_value() {
        let tx = Transaction::begin(Rc::new(NoStore), Isolation::default());
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
        let tx = Transaction::begin(Rc::new(NoStore), Isolation::default());
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
