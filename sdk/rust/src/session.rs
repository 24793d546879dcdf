//! Sessions.

use crate::bindings;
use crate::error::Error;
use crate::package::Package;

/// One session, as one transaction sees it.
#[derive(Debug)]
pub struct Session(bindings::Session);

impl Session {
    pub(crate) fn new(handle: bindings::Session) -> Self {
        Self(handle)
    }

    /// The session's id. It is a secret: who knows it is the visitor. Answers after the commit as well.
    pub fn id(&self) -> String {
        self.0.id()
    }

    /// Whether nothing of this session was in the store when it joined.
    ///
    /// # Errors
    ///
    /// [`Error::Finished`].
    pub fn is_new(&self) -> Result<bool, Error> {
        Ok(self.0.is_new()?)
    }

    /// When the session was used before this transaction, in seconds since the Unix epoch, to about a second; for a new
    /// session, when it began.
    ///
    /// # Errors
    ///
    /// [`Error::Finished`].
    pub fn last_accessed(&self) -> Result<u64, Error> {
        Ok(self.0.last_accessed()?)
    }

    /// The package of this name. It always exists: one in which nothing is stored is empty. Packages of one name are one
    /// package.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidName`] unless the name has 1 to 1024 bytes, [`Error::Ended`] after a destroy,
    /// [`Error::Finished`].
    pub fn package(&self, name: &str) -> Result<Package, Error> {
        Ok(Package::new(self.0.package(name)?))
    }

    /// The names of the packages that hold at least one key, sorted.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`], [`Error::Ended`], [`Error::Finished`].
    pub fn packages(&self) -> Result<Vec<String>, Error> {
        Ok(self.0.packages()?)
    }

    /// Removes a package with all its keys; false if it was empty already.
    ///
    /// # Errors
    ///
    /// As [`Session::package`].
    pub fn remove_package(&self, name: &str) -> Result<bool, Error> {
        Ok(self.0.remove_package(name)?)
    }

    /// Ends the session: after the commit it cannot be resumed under any id, also if its id is renewed at the same time,
    /// and no transaction that loaded it before can write it back. Its data is gone at once for this transaction:
    /// further calls fail with [`Error::Ended`]. If its record vanished meanwhile, the commit fails with
    /// [`Error::Gone`].
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] when it was destroyed already, [`Error::Finished`].
    pub fn destroy(&self) -> Result<(), Error> {
        Ok(self.0.destroy()?)
    }

    /// Moves the session to a fresh random id, and returns it. The move is atomic: at every moment the session is found
    /// under one of its ids. With the commit the old id ends.
    ///
    /// Call it without grace whenever a visitor's rights change, at login above all: somebody else may know the old id,
    /// or have planted it. For a renewal that only follows the clock, `grace` gives seconds in which requests that are
    /// already under way still find the session under its old id; at most 86,400.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidOption`], [`Error::Ended`] after a destroy, [`Error::Finished`].
    pub fn renew_id(&self, grace: Option<u32>) -> Result<String, Error> {
        Ok(self.0.renew_id(grace)?)
    }

    /// Whether it was destroyed in this transaction. Reads nothing that could conflict.
    pub(crate) fn is_destroyed(&self) -> Result<bool, Error> {
        // A package of any name exists in a session that lives.
        match self.package("any") {
            Ok(_) => Ok(false),
            Err(Error::Ended(_)) => Ok(true),
            Err(other) => Err(other),
        }
    }
}
