//! Transactions and savepoints.

use crate::bindings::{self, Isolation, TransactionOptions};
use crate::error::Error;

/// A unit of work over sessions, which commits as a whole or not at all.
///
/// Dropping an unfinished transaction aborts it. Handles that came from it (savepoints, sessions, packages) may outlive
/// it; calls on them then fail with [`Error::Finished`].
///
/// [`transact`](crate::transact()) begins and commits a transaction, and runs the work again after a conflict.
#[derive(Debug)]
pub struct Transaction(bindings::Transaction);

impl Transaction {
    /// Begins a transaction with the isolation level [`Isolation::Serializable`]. Sends nothing to the store.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// let transaction = Transaction::begin();
    /// let players = Container::open("players", ContainerOptions::DEFAULT)?;
    /// players.session(&transaction, "player 7")?.package("score")?.add("points", 1)?;
    /// transaction.commit()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn begin() -> Self {
        Self::begin_at(Isolation::Serializable)
    }

    /// Begins a transaction with this isolation level. Sends nothing to the store.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Error, Isolation, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// let transaction = Transaction::begin_at(Isolation::Snapshot);
    /// # Ok(())
    /// # }
    /// ```
    pub fn begin_at(isolation: Isolation) -> Self {
        Self(bindings::Transaction::new(Some(TransactionOptions { isolation: Some(isolation) })))
    }

    /// Takes a savepoint of the current state. The cost does not depend on the size of the sessions.
    ///
    /// # Errors
    ///
    /// [`Error::Finished`] or [`Error::Busy`] when the transaction cannot be used.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// # let package = Container::open("c", ContainerOptions::DEFAULT)?.session(&transaction, "s")?.package("p")?;
    /// let savepoint = transaction.savepoint()?;
    /// package.set("step", &1)?;
    /// savepoint.rollback()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn savepoint(&self) -> Result<Savepoint, Error> {
        Ok(Savepoint(self.0.savepoint()?))
    }

    /// Writes all changed sessions, and finishes the transaction. Sessions that were only read, and sessions whose
    /// changes cancel out, are not written. A transaction that changed nothing sends nothing and never conflicts, unless
    /// it read several sessions at [`Isolation::Serializable`]: then it reads them again.
    ///
    /// # Errors
    ///
    /// After [`Error::TooLarge`] and [`Error::Busy`] the transaction is still open and unchanged. In all other cases it is
    /// finished. After [`Error::OutcomeUnknown`] either all changes are stored or none. After any other error nothing was
    /// stored, and nothing will be: [`Error::Conflict`], [`Error::Gone`], [`Error::Ended`], [`Error::Damaged`],
    /// [`Error::UnknownFormat`], [`Error::Finished`], and the failures of the store.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// match transaction.commit() {
    ///     Err(Error::Conflict(conflicts)) => println!("{} conflicts: run it again", conflicts.len()),
    ///     result => result?,
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn commit(&self) -> Result<(), Error> {
        Ok(self.0.commit()?)
    }

    /// Drops all changes, and finishes the transaction. Sends nothing to the store.
    ///
    /// # Errors
    ///
    /// [`Error::Finished`] or [`Error::Busy`] when the transaction cannot be used.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// let transaction = Transaction::begin();
    /// transaction.abort()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn abort(&self) -> Result<(), Error> {
        Ok(self.0.abort()?)
    }

    pub(crate) fn handle(&self) -> &bindings::Transaction {
        &self.0
    }
}

/// A state of a transaction that a rollback restores. Dropping the handle neither rolls back nor releases.
#[derive(Debug)]
pub struct Savepoint(bindings::Savepoint);

impl Savepoint {
    /// Restores the state right after this savepoint was taken, in all sessions. A session that joined later goes back to
    /// what was loaded. Later savepoints become invalid; this one can be rolled back to any number of times. Reads are not
    /// undone: they can still conflict.
    ///
    /// # Errors
    ///
    /// [`Error::SavepointInvalid`] after a release, or after a rollback to an earlier savepoint; [`Error::Finished`] or
    /// [`Error::Busy`] when the transaction cannot be used.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// # let package = Container::open("c", ContainerOptions::DEFAULT)?.session(&transaction, "s")?.package("p")?;
    /// package.set("step", &1)?;
    /// let savepoint = transaction.savepoint()?;
    /// package.set("step", &2)?;
    /// savepoint.rollback()?;
    /// assert_eq!(package.get("step")?, Some(1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn rollback(&self) -> Result<(), Error> {
        Ok(self.0.rollback()?)
    }

    /// Removes this savepoint and the later ones, and keeps the changes.
    ///
    /// # Errors
    ///
    /// As [`Savepoint::rollback`].
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// let savepoint = transaction.savepoint()?;
    /// savepoint.release()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn release(&self) -> Result<(), Error> {
        Ok(self.0.release()?)
    }
}
