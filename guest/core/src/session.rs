//! Handles on sessions.

use alloc::borrow::ToOwned;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::environment::Environment;
use crate::error::{Error, NameKind};
use crate::names::{check_name, fresh_id};
use crate::options::MAX_REMEMBER_ENDED;
use crate::package::Package;
use crate::state::Shared;
use crate::transaction::Transaction;

/// One session, as one transaction sees it.
pub struct Session<E> {
    shared: Rc<Shared<E>>,
    index: usize,
}

impl<E: Environment> Session<E> {
    pub(crate) fn new(transaction: &Transaction<E>, index: usize) -> Self {
        Self { shared: Rc::clone(transaction.shared()), index }
    }

    /// The session's id, which is a secret. It is available even when the transaction is finished.
    pub fn id(&self) -> String {
        let state = self.shared.state.borrow();
        state.sessions.get(self.index).map(|session| session.identity.id.clone()).unwrap_or_default()
    }

    /// Returns whether the session was not in the store when it joined. It counts as a read.
    ///
    /// # Errors
    /// [`Error::Finished`].
    pub fn is_new(&self) -> Result<bool, Error> {
        self.shared.open(|state| {
            let (session, _) = state.session(self.index)?;
            session.reads.existence = true;
            Ok(session.loaded_record().is_none())
        })
    }

    /// Returns when the session was last used before this transaction, in seconds since the Unix epoch; for a
    /// new session, when it began.
    ///
    /// # Errors
    /// [`Error::Finished`].
    pub fn last_accessed(&self) -> Result<u64, Error> {
        self.shared.open(|state| Ok(state.session(self.index)?.0.last_accessed))
    }

    /// Returns the package of this name. It always exists: a package in which nothing is stored is empty.
    ///
    /// # Errors
    /// [`Error::InvalidName`], [`Error::Ended`] after a destroy, [`Error::Damaged`] when the package cannot
    /// be read, [`Error::Finished`].
    pub fn package(&self, name: &str) -> Result<Package<E>, Error> {
        check_name(NameKind::Package, name)?;
        self.shared.open(|state| state.session(self.index)?.0.view(name).map(drop))?;
        Ok(Package { shared: Rc::clone(&self.shared), index: self.index, name: name.to_owned() })
    }

    /// Returns the names of the packages that hold at least one key, sorted.
    ///
    /// # Errors
    /// [`Error::Ended`], [`Error::Damaged`], [`Error::Finished`].
    pub fn packages(&self) -> Result<Vec<String>, Error> {
        self.shared.open(|state| {
            let (session, _) = state.session(self.index)?;
            let names = session.package_names()?;
            session.note_names_read();
            Ok(names)
        })
    }

    /// Removes a package with all its keys. Returns whether it held any.
    ///
    /// # Errors
    /// [`Error::InvalidName`], and as [`Package::clear`].
    pub fn remove_package(&self, name: &str) -> Result<bool, Error> {
        check_name(NameKind::Package, name)?;
        self.shared.open(|state| {
            let (session, journal) = state.session(self.index)?;
            session.reads.note_package(name);
            session.clear(journal, name)
        })
    }

    /// Ends the session: after the commit, no id finds it, and no other transaction can write it back.
    ///
    /// # Errors
    /// [`Error::Ended`] when it was destroyed already, [`Error::Finished`].
    pub fn destroy(&self) -> Result<(), Error> {
        self.shared.open(|state| {
            let (session, journal) = state.session(self.index)?;
            session.identify(journal, |identity| identity.destroyed = true)
        })
    }

    /// Moves the session to a fresh random id, and returns the new id. The old id ends with the commit. With
    /// a `grace`, requests under the old id still find the session for this number of seconds after the
    /// commit; never use it for a change of rights.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] when the grace is over [`MAX_REMEMBER_ENDED`], [`Error::Ended`] when the
    /// session was destroyed, [`Error::Finished`].
    pub fn renew_id(&self, grace: u32) -> Result<String, Error> {
        self.shared.open(|_| Ok(()))?;
        if grace > MAX_REMEMBER_ENDED {
            let (maximum, given) = (MAX_REMEMBER_ENDED.into(), grace.into());
            return Err(Error::InvalidOption { name: "grace", maximum, given });
        }
        let settings = self.shared.open(|state| Ok(Rc::clone(&state.session(self.index)?.0.settings)))?;
        let (id, key) = fresh_id(&settings.name, &*self.shared.environment)?;
        let key: Rc<str> = key.into();
        self.shared.open(|state| {
            let (session, journal) = state.session(self.index)?;
            session.identify(journal, |identity| {
                identity.id.clone_from(&id);
                identity.key = Rc::clone(&key);
                identity.grace = grace;
            })?;
            state.add_new_key(key, self.index);
            Ok(())
        })?;
        Ok(id)
    }
}

impl<E> fmt::Debug for Session<E> {
    /// Shows no content, because sessions are private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}
