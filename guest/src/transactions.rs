//! Implements the interface `transactions` with the core.

use alloc::rc::Rc;

use lovely_session_core as core;

use crate::Component;
use crate::bindings::exports::lovely::session::transactions as wit;
use crate::imports::Imports;

/// A transaction that uses the component's imports.
pub type Transaction = core::Transaction<Imports>;

impl wit::Guest for Component {
    type Transaction = Transaction;
    type Savepoint = core::Savepoint<Imports>;
}

impl wit::GuestTransaction for Transaction {
    fn new(options: Option<wit::TransactionOptions>) -> Self {
        let isolation = match options.and_then(|options| options.isolation) {
            None | Some(wit::Isolation::Serializable) => core::Isolation::Serializable,
            Some(wit::Isolation::Snapshot) => core::Isolation::Snapshot,
            Some(wit::Isolation::LastWriterWins) => core::Isolation::LastWriterWins,
        };
        Self::begin(Rc::default(), isolation)
    }

    fn savepoint(&self) -> Result<wit::Savepoint, wit::Error> {
        Ok(wit::Savepoint::new(self.savepoint()?))
    }

    fn commit(&self) -> Result<(), wit::Error> {
        Ok(self.commit()?)
    }

    fn abort(&self) -> Result<(), wit::Error> {
        Ok(self.abort()?)
    }
}

impl wit::GuestSavepoint for core::Savepoint<Imports> {
    fn rollback(&self) -> Result<(), wit::Error> {
        Ok(self.rollback()?)
    }

    fn release(&self) -> Result<(), wit::Error> {
        Ok(self.release()?)
    }
}
