//! Transactions and savepoints.

use alloc::rc::Rc;
use core::cell::RefCell;
use core::fmt;

use crate::commit;
use crate::environment::Environment;
use crate::error::Error;
use crate::lifetime::Expiries;
use crate::observation::Report;
use crate::state::{Isolation, Phase, Shared, State};

/// A unit of work over sessions, which commits as a whole or not at all. Dropping an unfinished transaction
/// aborts it; calls on handles that came from it then fail with [`Error::Finished`].
pub struct Transaction<E: Environment> {
    shared: Rc<Shared<E>>,
}

impl<E: Environment> Transaction<E> {
    /// Begins a transaction. Sends nothing to the store.
    pub fn begin(environment: Rc<E>, isolation: Isolation) -> Self {
        let state = RefCell::new(State::new(isolation));
        Self { shared: Rc::new(Shared { environment, expiries: Expiries::default(), state }) }
    }

    /// Takes a savepoint of the current state. The cost does not depend on the size of the sessions.
    ///
    /// # Errors
    /// [`Error::Finished`].
    pub fn savepoint(&self) -> Result<Savepoint<E>, Error> {
        let serial = self.shared.open(|state| Ok(state.journal.take_savepoint()))?;
        Ok(Savepoint { shared: Rc::clone(&self.shared), serial })
    }

    /// Writes all changed sessions, or none, and finishes the transaction.
    ///
    /// # Errors
    /// After [`Error::TooLarge`] and [`Error::Busy`] the transaction is still open and unchanged. After
    /// [`Error::OutcomeUnknown`] it is finished, and either all changes are applied or none. After every
    /// other error it is finished, and nothing was written and never will be: [`Error::Conflict`],
    /// [`Error::Gone`], [`Error::Ended`], [`Error::Damaged`], [`Error::UnknownFormat`], [`Error::Store`],
    /// [`Error::Finished`].
    pub fn commit(&self) -> Result<(), Error> {
        commit::commit(&self.shared)
    }

    /// Drops all changes and finishes the transaction. Sends nothing to the store.
    ///
    /// # Errors
    /// [`Error::Finished`], [`Error::Busy`].
    pub fn abort(&self) -> Result<(), Error> {
        let report = self.shared.open(|state| {
            let report = Report::aborted(state);
            state.finish();
            Ok(report)
        })?;
        report.tell(&*self.shared.environment);
        Ok(())
    }

    pub(crate) fn shared(&self) -> &Rc<Shared<E>> {
        &self.shared
    }
}

impl<E: Environment> Drop for Transaction<E> {
    fn drop(&mut self) {
        if let Ok(mut state) = self.shared.state.try_borrow_mut() {
            match state.phase {
                // A call that waits for the store still needs the sessions; it drops them when it returns.
                Phase::Waiting => state.phase = Phase::Finished,
                Phase::Open => {
                    let report = Report::aborted(&state);
                    state.finish();
                    report.tell(&*self.shared.environment);
                }
                Phase::Finished => {}
            }
        }
    }
}

/// A state of a transaction that a rollback restores. Dropping the handle neither rolls back nor releases.
pub struct Savepoint<E> {
    shared: Rc<Shared<E>>,
    serial: u64,
}

impl<E: Environment> Savepoint<E> {
    /// Restores the state right after this savepoint was taken, in all sessions. Later savepoints become
    /// invalid; this one stays valid. The cost depends on what changed since.
    ///
    /// # Errors
    /// [`Error::SavepointInvalid`], [`Error::Finished`].
    pub fn rollback(&self) -> Result<(), Error> {
        self.shared.open(|state| state.roll_back(self.serial))
    }

    /// Removes this savepoint and the later ones, and keeps the changes.
    ///
    /// # Errors
    /// [`Error::SavepointInvalid`], [`Error::Finished`].
    pub fn release(&self) -> Result<(), Error> {
        self.shared.open(|state| state.journal.release(self.serial))
    }
}

impl<E: Environment> fmt::Debug for Transaction<E> {
    /// Shows no content, because sessions are private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").finish_non_exhaustive()
    }
}

impl<E> fmt::Debug for Savepoint<E> {
    /// Shows no content, because sessions are private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Savepoint").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Container;
    use crate::environment::no_store::NoStore;

    #[test]
    fn a_finished_transaction_drops_its_data() {
        let tx = Transaction::begin(Rc::new(NoStore), Isolation::default());
        let session = Container::open("c", Default::default()).unwrap().session(&tx, "s").unwrap();
        session.package("p").unwrap().get("read").unwrap();
        session.package("p").unwrap().set("written", "1").unwrap();
        tx.abort().unwrap();
        let state = tx.shared().state.borrow();
        let session = state.sessions.first().unwrap();
        assert!(session.overlays.position("p").is_none() && session.reads.package("p").is_none());
    }
}
