//! Transactions and savepoints.

use crate::bindings::{self, Isolation, TransactionOptions};
use crate::error::Error;

/// A unit of work over sessions, which commits as a whole or not at all.
///
/// Dropping an unfinished one aborts it. What came from it (savepoints, sessions, packages) may outlive it; calls then
/// answer [`Error::Finished`].
#[derive(Debug)]
pub struct Transaction(bindings::Transaction);

impl Transaction {
    /// Begins a transaction that is [`Isolation::Serializable`]. Nothing is sent to the store.
    pub fn begin() -> Self {
        Self::begin_at(Isolation::Serializable)
    }

    /// Begins a transaction at this level. Nothing is sent to the store.
    pub fn begin_at(isolation: Isolation) -> Self {
        Self(bindings::Transaction::new(Some(TransactionOptions { isolation: Some(isolation) })))
    }

    /// Takes a savepoint of everything done so far. Costs the same whatever the size of the sessions.
    ///
    /// # Errors
    ///
    /// [`Error::Finished`].
    pub fn savepoint(&self) -> Result<Savepoint, Error> {
        Ok(Savepoint(self.0.savepoint()?))
    }

    /// Writes every changed session, and finishes the transaction. A session that was only read, or whose changes
    /// cancel out, is not written. A transaction that changed nothing sends nothing and never conflicts; only one that
    /// read several sessions at [`Isolation::Serializable`] reads them again, and conflicts when others changed what it
    /// read.
    ///
    /// After success everything is done, in all sessions. After [`Error::OutcomeUnknown`] either all of it is done or
    /// nothing, and after every other error nothing is, and never will be.
    ///
    /// # Errors
    ///
    /// After [`Error::TooLarge`] the transaction stays open as it was. In every other case it is finished.
    pub fn commit(&self) -> Result<(), Error> {
        Ok(self.0.commit()?)
    }

    /// Drops every change, and finishes the transaction. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Error::Finished`].
    pub fn abort(&self) -> Result<(), Error> {
        Ok(self.0.abort()?)
    }

    pub(crate) fn handle(&self) -> &bindings::Transaction {
        &self.0
    }
}

/// A point in a transaction that can be returned to. Dropping it neither rolls back nor releases.
#[derive(Debug)]
pub struct Savepoint(bindings::Savepoint);

impl Savepoint {
    /// Restores exactly the state right after this savepoint was taken, in every session joined. A session that joined
    /// later goes back to what was loaded. It can be done any number of times; later savepoints become invalid.
    ///
    /// # Errors
    ///
    /// [`Error::SavepointInvalid`], [`Error::Finished`].
    pub fn rollback(&self) -> Result<(), Error> {
        Ok(self.0.rollback()?)
    }

    /// Forgets this savepoint and the later ones, and keeps the changes.
    ///
    /// # Errors
    ///
    /// [`Error::SavepointInvalid`], [`Error::Finished`].
    pub fn release(&self) -> Result<(), Error> {
        Ok(self.0.release()?)
    }
}
