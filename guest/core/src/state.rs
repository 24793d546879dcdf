//! What the handles of one transaction share.

use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::time::Duration;

use crate::error::Error;
use crate::joined::{JoinedSession, Loaded};
use crate::journal::Journal;
use crate::lifetime::Expiries;
use crate::ordered::Ordered;

/// The most sessions that one transaction may join.
pub const MAX_SESSIONS: u32 = 1000;

/// What a transaction is protected from; see `isolation` in `wit/transactions.wit`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// As if transactions ran one after another.
    #[default]
    Serializable,
    /// Only what both wrote conflicts.
    Snapshot,
    /// What is written last stays. Nothing conflicts but a counter that others made something else.
    LastWriterWins,
}

/// Where a transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It can be worked with.
    Open,
    /// It waits for the store.
    Waiting,
    /// It was committed or aborted.
    Finished,
}

/// What a transaction knows.
#[derive(Debug)]
pub struct State {
    pub phase: Phase,
    pub isolation: Isolation,
    pub sessions: Vec<JoinedSession>,
    pub journal: Journal,
    /// The session that was found under a key.
    by_key: Ordered<usize>,
    /// The session that was given a key by a renewal; void if that was rolled back.
    by_new_key: Ordered<usize>,
    /// The keys under which the application was told that there is no session, with what remains there.
    pub absent: Ordered<Loaded>,
}

impl State {
    pub fn new(isolation: Isolation) -> Self {
        Self {
            phase: Phase::Open,
            isolation,
            sessions: Vec::new(),
            journal: Journal::default(),
            by_key: Ordered::default(),
            by_new_key: Ordered::default(),
            absent: Ordered::default(),
        }
    }

    /// One session together with the journal.
    ///
    /// # Errors
    /// [`Error::Finished`]; sessions are never removed, so a handle's session exists.
    pub fn session(&mut self, index: usize) -> Result<(&mut JoinedSession, &mut Journal), Error> {
        match self.sessions.get_mut(index) {
            Some(session) => Ok((session, &mut self.journal)),
            None => Err(Error::Finished),
        }
    }

    /// The session that has this key, if it has joined.
    ///
    /// # Errors
    /// [`Error::Ended`] when the transaction destroyed it, or gave it another id.
    pub fn joined_under(&self, key: &str) -> Result<Option<usize>, Error> {
        let Some(index) = self.by_key.get(key).or_else(|| self.by_new_key.get(key)).copied() else {
            return Ok(None);
        };
        let Some(session) = self.sessions.get(index) else { return Ok(None) };
        let has_key = &*session.identity.key == key;
        if !has_key && self.by_key.get(key).is_none() {
            return Ok(None);
        }
        if session.identity.destroyed || session.is_renewed() && !has_key {
            return Err(Error::Ended(vec![session.name()]));
        }
        Ok(Some(index))
    }

    /// Remembers that a session was found under this key as well.
    pub fn add_key(&mut self, key: Rc<str>, index: usize) {
        match self.by_key.place(&key).and_then(|place| self.by_key.at(place)) {
            Some(known) => *known = index,
            None => _ = self.by_key.add(key, index),
        }
    }

    /// Remembers the key that a renewal gave to a session.
    pub fn add_new_key(&mut self, key: Rc<str>, index: usize) {
        if self.by_new_key.place(&key).is_none() {
            self.by_new_key.add(key, index);
        }
    }

    /// Restores the sessions as they were right after a savepoint, and forgets the later ones.
    ///
    /// # Errors
    /// [`Error::SavepointInvalid`].
    pub fn roll_back(&mut self, serial: u64) -> Result<(), Error> {
        for note in self.journal.roll_back(serial)? {
            if let Some(session) = self.sessions.get_mut(note.session)
                && session.incarnation() == note.incarnation
            {
                session.restore(note.before);
            }
        }
        Ok(())
    }

    /// Adds a session, and returns where it is.
    pub fn add(&mut self, session: impl FnOnce(usize) -> JoinedSession) -> usize {
        let index = self.sessions.len();
        let session = session(index);
        self.add_key(Rc::clone(&session.loaded_key), index);
        self.sessions.push(session);
        index
    }

    /// Checks that so many more sessions may join.
    ///
    /// # Errors
    /// [`Error::TooManySessions`].
    pub fn check_room(&self, more: usize) -> Result<(), Error> {
        if self.sessions.len().saturating_add(more) > MAX_SESSIONS as usize {
            return Err(Error::TooManySessions(MAX_SESSIONS));
        }
        Ok(())
    }

    /// Takes in that the application asks for a session: one that timed out since it last asked begins again,
    /// empty.
    pub fn ask_for(&mut self, index: usize, now: Duration) -> Result<&mut JoinedSession, Error> {
        let (session, _) = self.session(index)?;
        if session.has_timed_out(now) {
            session.begin_again(now);
        }
        session.asked_at = now;
        Ok(session)
    }

    /// Ends it: every change that is not written is dropped.
    pub fn finish(&mut self) {
        self.phase = Phase::Finished;
        self.journal = Journal::default();
        self.absent = Ordered::default();
        self.sessions.iter_mut().for_each(JoinedSession::forget);
    }
}

/// What the handles of one transaction share, with its environment.
pub struct Shared<E> {
    pub environment: Rc<E>,
    pub expiries: Expiries,
    pub state: RefCell<State>,
}

impl<E> Shared<E> {
    /// Works on the state of an open transaction. The work must not call the environment: while the
    /// environment is at work, other handles of the same transaction may be called.
    pub fn open<R>(&self, work: impl FnOnce(&mut State) -> Result<R, Error>) -> Result<R, Error> {
        self.within(Phase::Open, work)
    }

    /// Opens the transaction again after it waited for the store.
    pub fn resume<R>(&self, work: impl FnOnce(&mut State) -> Result<R, Error>) -> Result<R, Error> {
        self.within(Phase::Waiting, |state| {
            state.phase = Phase::Open;
            work(state)
        })
    }

    fn within<R>(&self, phase: Phase, work: impl FnOnce(&mut State) -> Result<R, Error>) -> Result<R, Error> {
        let mut state = self.state.try_borrow_mut().map_err(|_| Error::Busy)?;
        match state.phase {
            found if found == phase => work(&mut state),
            Phase::Finished => Err(Error::Finished),
            Phase::Open | Phase::Waiting => Err(Error::Busy),
        }
    }
}
