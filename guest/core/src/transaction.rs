//! Transactions, from beginning to end.

use alloc::rc::Rc;
use core::cell::RefCell;
use core::fmt;

use crate::commit;
use crate::environment::Environment;
use crate::error::Error;
use crate::lifetime::Expiries;
use crate::state::{Isolation, Phase, Shared, State};

/// A unit of work over sessions. Dropping it unfinished aborts it; handles that came from it then return
/// [`Error::Finished`].
pub struct Transaction<E: Environment> {
    shared: Rc<Shared<E>>,
}

impl<E: Environment> Transaction<E> {
    /// Begins a transaction. Nothing is sent.
    pub fn begin(environment: Rc<E>, isolation: Isolation) -> Self {
        let state = RefCell::new(State::new(isolation));
        Self { shared: Rc::new(Shared { environment, expiries: Expiries::default(), state }) }
    }

    /// Takes a savepoint of everything done so far, at a cost that does not depend on what that is.
    ///
    /// # Errors
    /// [`Error::Finished`].
    pub fn savepoint(&self) -> Result<Savepoint<E>, Error> {
        let serial = self.shared.open(|state| Ok(state.journal.mark()))?;
        Ok(Savepoint { shared: Rc::clone(&self.shared), serial })
    }

    /// Writes every changed session, or none, and finishes the transaction. After [`Error::TooLarge`] it is
    /// still open, as if nothing had been tried.
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
        self.shared.open(|state| state.roll_back(self.serial))
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
