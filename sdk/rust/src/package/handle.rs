//! The handle of a package.

use crate::bindings;

/// A map of keys to values in one session. Keys have 1 to 1,024 bytes. Values are stored as JSON, and have any type that
/// serde supports.
///
/// A handle refers to its package by name: it stays usable after a rollback or a removal, and shows the current content.
///
/// Every method but [`Package::name`] can fail with [`Error::Ended`](crate::Error::Ended) when the transaction destroyed the session, with
/// [`Error::Damaged`](crate::Error::Damaged) when the package cannot be read, and with [`Error::Finished`](crate::Error::Finished) or [`Error::Busy`](crate::Error::Busy) when the transaction
/// cannot be used. Methods with a key fail with [`Error::InvalidName`](crate::Error::InvalidName) when it is empty or too long. When a method fails, it
/// has changed nothing.
#[derive(Debug)]
pub struct Package {
    pub(super) handle: bindings::Package,
    pub(super) name: String,
}

impl Package {
    pub(crate) fn new(handle: bindings::Package) -> Self {
        let name = handle.name();
        Self { handle, name }
    }

    /// Returns the package's name.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// # let package = Container::open("shop", ContainerOptions::DEFAULT)?.session(&transaction, "s")?.package("cart")?;
    /// assert_eq!(package.name(), "cart");
    /// # Ok(())
    /// # }
    /// ```
    pub fn name(&self) -> &str {
        &self.name
    }
}
