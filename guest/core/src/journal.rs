//! Savepoints, and what it takes to return to them.
//!
//! Instead of copying sessions when a savepoint is taken, the journal notes what a write replaces: taking a
//! savepoint costs the same whatever there is, and rolling back costs what changed since. A place that was
//! noted once since the newest savepoint needs no second note, so the journal never grows beyond the places
//! written times the savepoints; each place remembers for which savepoint it was noted (`saved_for`).

use alloc::vec::Vec;

use crate::error::Error;
use crate::overlay::{Overlay, Slot};
use crate::working::{Identity, Working};

/// What a write replaced.
#[derive(Debug)]
pub struct Note {
    /// The session that was written.
    pub session: usize,
    /// Which of the session's lives it belongs to; a note from an earlier one is void.
    pub life: u32,
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
    /// Takes a savepoint, and answers its serial number.
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
        self.marks.truncate(position);
        if self.marks.is_empty() {
            self.notes.clear();
        }
        Ok(())
    }

    /// Restores the sessions as they were right after a savepoint, and forgets the later ones.
    ///
    /// # Errors
    /// [`Error::SavepointInvalid`].
    pub fn roll_back(&mut self, serial: u64, sessions: &mut [Working]) -> Result<(), Error> {
        let position = self.position(serial)?;
        let keep = self.marks.get(position).map_or(0, |mark| mark.notes);
        self.marks.truncate(position + 1);
        for note in self.notes.drain(keep..).rev() {
            if let Some(session) = sessions.get_mut(note.session)
                && session.life() == note.life
            {
                session.restore(note.before);
            }
        }
        Ok(())
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
