//! The state that the handles of one transaction share.

use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::time::Duration;

use crate::error::Error;
use crate::joined::{JoinedSession, Loaded};
use crate::journal::Journal;
use crate::lifetime::Expiries;
use crate::lives::Lives;
use crate::options::Settings;
use crate::ordered::Ordered;
use crate::record::Life;

/// The maximum number of sessions that one transaction can join.
pub const MAX_SESSIONS: u32 = 1000;

/// Which changes of other transactions make a commit conflict. At every level a commit is atomic over all its
/// sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// As if transactions ran one after another: conflicts with every change of what was read or written.
    #[default]
    Serializable,
    /// Conflicts only when both transactions wrote the same key or package.
    Snapshot,
    /// The last writer wins, key by key. Conflicts only when a number was added to a key that is no counter
    /// any more.
    LastWriterWins,
}

/// The phase of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It can be used.
    Open,
    /// It waits for the store in a call.
    Waiting,
    /// It was committed or aborted.
    Finished,
}

/// The state of a transaction.
#[derive(Debug)]
pub struct State {
    pub phase: Phase,
    pub isolation: Isolation,
    pub sessions: Vec<JoinedSession>,
    pub journal: Journal,
    /// The index of the session that was found under a store key.
    by_key: Ordered<usize>,
    /// The index of the session that a renewal moved to a store key. It has no effect if the renewal was
    /// rolled back.
    by_new_key: Ordered<usize>,
    lives: Lives,
    /// What the store held under keys for which the application was told that there is no session.
    pub absent: Ordered<Loaded>,
    /// The containers of sessions that were refused, because they had ended.
    pub refused: Vec<Rc<Settings>>,
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
            lives: Lives::default(),
            absent: Ordered::default(),
            refused: Vec::new(),
        }
    }

    /// Returns the index of the session of a container that has this life, if it has joined.
    pub fn session_of_life(&mut self, container: &str, life: &Life) -> Option<usize> {
        self.lives.find(&self.sessions, container, life)
    }

    /// Returns a session together with the journal.
    ///
    /// # Errors
    /// [`Error::Finished`] when there is no such session. Sessions are never removed, so the session of a
    /// handle exists.
    pub fn session(&mut self, index: usize) -> Result<(&mut JoinedSession, &mut Journal), Error> {
        match self.sessions.get_mut(index) {
            Some(session) => Ok((session, &mut self.journal)),
            None => Err(Error::Finished),
        }
    }

    /// Returns the index of the session that has this store key, if it has joined.
    ///
    /// # Errors
    /// [`Error::Ended`] when the transaction destroyed the session, or renewed its id.
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

    /// Notes that a session was found under this store key.
    pub fn add_key(&mut self, key: Rc<str>, index: usize) {
        match self.by_key.position(&key).and_then(|position| self.by_key.at(position)) {
            Some(known) => *known = index,
            None => _ = self.by_key.add(key, index),
        }
    }

    /// Notes the store key that a renewal gave to a session.
    pub fn add_new_key(&mut self, key: Rc<str>, index: usize) {
        if self.by_new_key.position(&key).is_none() {
            self.by_new_key.add(key, index);
        }
    }

    /// Restores all sessions as they were right after a savepoint, and removes the later savepoints.
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

    /// Adds a session, and returns its index.
    pub fn add(&mut self, session: impl FnOnce(usize) -> JoinedSession) -> usize {
        let index = self.sessions.len();
        let session = session(index);
        self.add_key(Rc::clone(&session.loaded_key), index);
        self.sessions.push(session);
        index
    }

    /// Checks that this number of sessions can join in addition.
    ///
    /// # Errors
    /// [`Error::TooManySessions`].
    pub fn check_capacity(&self, more: usize) -> Result<(), Error> {
        if self.sessions.len().saturating_add(more) > MAX_SESSIONS as usize {
            return Err(Error::TooManySessions(MAX_SESSIONS));
        }
        Ok(())
    }

    /// Returns a session that the application requests under a store key. If it has timed out since the last
    /// request, it is restarted, empty.
    ///
    /// # Errors
    /// [`Error::Ended`] when it has timed out, and the key is that of an id that it had before: only its own
    /// id begins it again.
    pub fn request(&mut self, index: usize, key: &str, now: Duration) -> Result<&mut JoinedSession, Error> {
        let (session, _) = self.session(index)?;
        if session.has_timed_out(now) {
            if *session.identity.key != *key {
                return Err(Error::Ended(vec![session.name()]));
            }
            session.restart(now);
        }
        session.requested_at = now;
        Ok(session)
    }

    /// Finishes the transaction, and drops its data.
    pub fn finish(&mut self) {
        self.phase = Phase::Finished;
        self.journal = Journal::default();
        self.absent = Ordered::default();
        self.sessions.iter_mut().for_each(JoinedSession::forget);
    }
}

/// The state that the handles of one transaction share, with its environment.
pub struct Shared<E> {
    pub environment: Rc<E>,
    pub expiries: Expiries,
    pub state: RefCell<State>,
}

impl<E> Shared<E> {
    /// Calls `work` with the state of an open transaction. `work` must not call the environment: during such
    /// a call, other handles of the same transaction may be used.
    ///
    /// # Errors
    /// [`Error::Finished`], [`Error::Busy`], and those of `work`.
    pub fn open<R>(&self, work: impl FnOnce(&mut State) -> Result<R, Error>) -> Result<R, Error> {
        self.within(Phase::Open, work)
    }

    /// Opens the transaction again after it waited for the store, and calls `work` with the state.
    ///
    /// # Errors
    /// [`Error::Finished`] when the transaction was dropped meanwhile, and those of `work`.
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
