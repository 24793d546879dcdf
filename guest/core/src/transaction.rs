//! Transactions: what their handles share, and their life from beginning to end.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;

use crate::commit;
use crate::environment::Environment;
use crate::error::Error;
use crate::journal::Journal;
use crate::ordered::Ordered;
use crate::working::Working;

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
    /// Nothing conflicts: what is written last stays.
    LastWriterWins,
}

/// Where a transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It can be worked with.
    Open,
    /// It waits for the store.
    Waiting,
    /// It was committed or aborted.
    Finished,
}

/// What a transaction knows.
#[derive(Debug)]
pub(crate) struct State {
    pub phase: Phase,
    pub isolation: Isolation,
    pub sessions: Vec<Working>,
    pub journal: Journal,
    /// Where the session stands that was found under a key.
    pub places: Ordered<usize>,
}

impl State {
    /// One session together with the journal.
    pub fn session(&mut self, place: usize) -> Result<(&mut Working, &mut Journal), Error> {
        // Sessions are never removed, so a handle's place exists.
        let session = self.sessions.get_mut(place).ok_or(Error::Finished)?;
        Ok((session, &mut self.journal))
    }

    /// Ends it: every change that is not written is dropped.
    pub fn finish(&mut self) {
        self.phase = Phase::Finished;
        self.journal = Journal::default();
        self.sessions.iter_mut().for_each(Working::forget);
    }
}

/// What the handles of one transaction share.
pub(crate) struct Shared<E> {
    pub environment: Rc<E>,
    pub state: RefCell<State>,
}

impl<E> Shared<E> {
    /// Works on the state of an open transaction. The work must not call the environment: while the
    /// environment is at work, other handles of the same transaction may be called.
    pub fn open<R>(&self, work: impl FnOnce(&mut State) -> Result<R, Error>) -> Result<R, Error> {
        self.within(Phase::Open, work)
    }

    /// Marks the transaction as waiting for the store, until [`Self::resume`].
    pub fn wait<R>(&self, work: impl FnOnce(&mut State) -> Result<R, Error>) -> Result<R, Error> {
        self.within(Phase::Open, |state| {
            let result = work(state)?;
            state.phase = Phase::Waiting;
            Ok(result)
        })
    }

    /// Opens the transaction again after waiting.
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

/// A unit of work over sessions. Dropping it unfinished aborts it; handles that came from it then answer
/// [`Error::Finished`].
pub struct Transaction<E: Environment> {
    shared: Rc<Shared<E>>,
}

impl<E: Environment> Transaction<E> {
    /// Begins a transaction. Nothing is sent.
    pub fn begin(environment: Rc<E>, isolation: Isolation) -> Self {
        let state = State {
            phase: Phase::Open,
            isolation,
            sessions: Vec::new(),
            journal: Journal::default(),
            places: Ordered::default(),
        };
        Self { shared: Rc::new(Shared { environment, state: RefCell::new(state) }) }
    }

    /// Takes a savepoint of everything done so far, at a cost that does not depend on what that is.
    ///
    /// # Errors
    /// [`Error::Finished`].
    pub fn savepoint(&self) -> Result<Savepoint<E>, Error> {
        let serial = self.shared.open(|state| Ok(state.journal.mark()))?;
        Ok(Savepoint { shared: Rc::clone(&self.shared), serial })
    }

    /// Writes every changed session and finishes the transaction. After [`Error::TooLarge`] from a record
    /// over the container's limit the transaction is still open; after every other answer it is finished.
    ///
    /// # Errors
    /// See `error` in `wit/transactions.wit`.
    pub fn commit(&self) -> Result<(), Error> {
        commit::commit(&self.shared)
    }

    /// Drops every change and finishes the transaction. Nothing is sent.
    ///
    /// # Errors
    /// [`Error::Finished`].
    pub fn abort(&self) -> Result<(), Error> {
        self.shared.open(|state| {
            state.finish();
            Ok(())
        })
    }

    pub(crate) fn shared(&self) -> &Rc<Shared<E>> {
        &self.shared
    }

    pub(crate) fn environment(&self) -> &E {
        &self.shared.environment
    }
}

impl<E: Environment> Drop for Transaction<E> {
    fn drop(&mut self) {
        if let Ok(mut state) = self.shared.state.try_borrow_mut() {
            match state.phase {
                // A call that waits for the store still needs the sessions, and finishes by itself.
                Phase::Waiting => state.phase = Phase::Finished,
                Phase::Open | Phase::Finished => state.finish(),
            }
        }
    }
}

/// A point in a transaction that can be returned to. Dropping it neither rolls back nor releases.
pub struct Savepoint<E> {
    shared: Rc<Shared<E>>,
    serial: u64,
}

impl<E: Environment> Savepoint<E> {
    /// Restores exactly the state right after this savepoint, in every session; later savepoints become
    /// invalid, this one stays usable. Costs what changed since.
    ///
    /// # Errors
    /// [`Error::SavepointInvalid`], [`Error::Finished`].
    pub fn rollback(&self) -> Result<(), Error> {
        self.shared.open(|state| state.journal.roll_back(self.serial, &mut state.sessions))
    }

    /// Forgets this savepoint and the later ones, and keeps the changes.
    ///
    /// # Errors
    /// [`Error::SavepointInvalid`], [`Error::Finished`].
    pub fn release(&self) -> Result<(), Error> {
        self.shared.open(|state| state.journal.release(self.serial))
    }
}

impl<E: Environment> fmt::Debug for Transaction<E> {
    /// Says nothing of what is in it: sessions are private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").finish_non_exhaustive()
    }
}

impl<E> fmt::Debug for Savepoint<E> {
    /// Says nothing of what is in it: sessions are private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Savepoint").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Container;
    use crate::environment::nowhere::Nowhere;

    #[test]
    fn a_finished_transaction_holds_on_to_nothing() {
        let tx = Transaction::begin(Rc::new(Nowhere), Isolation::default());
        let session = Container::open("c", Default::default()).unwrap().session(&tx, "s").unwrap();
        session.package("p").unwrap().get("read").unwrap();
        session.package("p").unwrap().set("written", "1").unwrap();
        tx.abort().unwrap();
        let state = tx.shared().state.borrow();
        let session = state.sessions.first().unwrap();
        assert!(session.overlays.place("p").is_none() && session.reads.package("p").is_none());
    }
}
