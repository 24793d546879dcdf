//! Sessions.

use crate::bindings;
use crate::error::Error;
use crate::package::Package;

/// A session in one transaction.
///
/// Every method but [`Session::id`] can fail with [`Error::Finished`] or [`Error::Busy`] when the transaction cannot be
/// used.
#[derive(Debug)]
pub struct Session(bindings::Session);

impl Session {
    pub(crate) fn new(handle: bindings::Session) -> Self {
        Self(handle)
    }

    /// Returns the session's id. The id is a secret: it gives access to the session. It is available even when the
    /// transaction is finished.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// let session = Container::open("shop", ContainerOptions::DEFAULT)?.create(&transaction)?;
    /// let id = session.id();
    /// # Ok(())
    /// # }
    /// ```
    pub fn id(&self) -> String {
        self.0.id()
    }

    /// Returns whether the session was not in the store when it joined. The call counts as a read.
    ///
    /// # Errors
    ///
    /// Only those of every method.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// # let players = Container::open("players", ContainerOptions::DEFAULT)?;
    /// let player = players.session(&transaction, "player 7")?;
    /// if player.is_new()? {
    ///     player.package("score")?.set("points", &100)?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_new(&self) -> Result<bool, Error> {
        Ok(self.0.is_new()?)
    }

    /// Returns when the session was last used before this transaction, in seconds since the Unix epoch, with an error of
    /// about one second; for a new session, when it began.
    ///
    /// # Errors
    ///
    /// Only those of every method.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// # let session = Container::open("players", ContainerOptions::DEFAULT)?.session(&transaction, "player 7")?;
    /// println!("last seen {} seconds after the Unix epoch", session.last_accessed()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn last_accessed(&self) -> Result<u64, Error> {
        Ok(self.0.last_accessed()?)
    }

    /// Returns the package of this name. Every package exists: one in which nothing is stored is empty.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidName`] unless the name has 1 to 1,024 bytes; [`Error::Ended`] when this transaction destroyed the
    /// session; [`Error::Damaged`] when the package cannot be read.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// # let session = Container::open("players", ContainerOptions::DEFAULT)?.session(&transaction, "player 7")?;
    /// let points: Option<u64> = session.package("score")?.get("points")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn package(&self, name: &str) -> Result<Package, Error> {
        Ok(Package::new(self.0.package(name)?))
    }

    /// Returns the names of the packages that hold at least one key, sorted. The call counts as a read of these names.
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] when this transaction destroyed the session; [`Error::Damaged`] when a package that it changed
    /// cannot be read.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// # let session = Container::open("players", ContainerOptions::DEFAULT)?.create(&transaction)?;
    /// session.package("score")?.set("points", &100)?;
    /// assert_eq!(session.packages()?, ["score"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn packages(&self) -> Result<Vec<String>, Error> {
        Ok(self.0.packages()?)
    }

    /// Removes a package with all its keys. Returns whether it held any. The call counts as a read of the package.
    ///
    /// # Errors
    ///
    /// As [`Session::package`].
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// # let session = Container::open("players", ContainerOptions::DEFAULT)?.create(&transaction)?;
    /// assert!(!session.remove_package("score")?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn remove_package(&self, name: &str) -> Result<bool, Error> {
        Ok(self.0.remove_package(name)?)
    }

    /// Ends the session. After the commit no id finds it, even if another transaction renews its id at the same time, and
    /// no transaction that loaded it before can write it back. In this transaction its data is removed at once: further
    /// calls fail with [`Error::Ended`]. If its record vanished meanwhile, the commit fails with [`Error::Gone`].
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] when this transaction destroyed it already.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// # let session = Container::open("shop", ContainerOptions::DEFAULT)?.create(&transaction)?;
    /// session.destroy()?;
    /// assert!(matches!(session.package("login"), Err(Error::Ended(_))));
    /// # Ok(())
    /// # }
    /// ```
    pub fn destroy(&self) -> Result<(), Error> {
        Ok(self.0.destroy()?)
    }

    /// Moves the session to a fresh random id of 192 bits, and returns the new id. The move is atomic: at any time, one of
    /// the two ids finds the session. With the commit the old id ends.
    ///
    /// Renew the id without a grace whenever the rights of a visitor change, above all at login: somebody else may know the
    /// old id, or may have planted it. `grace` is for renewals at regular times: for this number of seconds after the commit,
    /// requests in progress still find the session under the old id. Never use it when rights change.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidOption`] when the grace exceeds 86,400; [`Error::Ended`] when this transaction destroyed the session.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// # let session = Container::open("shop", ContainerOptions::DEFAULT)?.create(&transaction)?;
    /// let new_id = session.renew_id(None)?;
    /// assert_eq!(session.id(), new_id);
    /// # Ok(())
    /// # }
    /// ```
    pub fn renew_id(&self, grace: Option<u32>) -> Result<String, Error> {
        Ok(self.0.renew_id(grace)?)
    }

    /// Whether this transaction destroyed the session. Does not count as a read.
    pub(crate) fn is_destroyed(&self) -> Result<bool, Error> {
        // Every package exists in a live session.
        match self.package("any") {
            Ok(_) => Ok(false),
            Err(Error::Ended(_)) => Ok(true),
            Err(other) => Err(other),
        }
    }
}
