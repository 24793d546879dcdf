//! Handles on containers.

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use crate::environment::Environment;
use crate::error::{Error, NameKind};
use crate::join::{self, Wanted};
use crate::names::{check_name, fresh_id};
use crate::options::{ContainerOptions, Settings};
use crate::session::Session;
use crate::transaction::Transaction;

/// A named family of sessions. Holds no data of its own: containers of one name are the same sessions.
#[derive(Clone, Debug)]
pub struct Container {
    settings: Rc<Settings>,
}

impl Container {
    /// Opens a container.
    ///
    /// # Errors
    /// [`Error::InvalidName`] or [`Error::InvalidOption`].
    pub fn open(name: &str, options: ContainerOptions) -> Result<Self, Error> {
        check_name(NameKind::Container, name)?;
        Ok(Self { settings: Rc::new(Settings::new(name, options)?) })
    }

    /// Gives the session with this id, and begins an empty one if there is none: for ids that the
    /// application trusts. The first call for an id loads it in one round trip. After its timeout, even
    /// within the transaction, the session is empty.
    ///
    /// # Errors
    /// [`Error::Ended`] while a destroyed session is remembered, [`Error::Damaged`] and
    /// [`Error::UnknownFormat`] when its record cannot be read, and the store's errors.
    pub fn session<E: Environment>(
        &self,
        transaction: &Transaction<E>,
        id: &str,
    ) -> Result<Session<E>, Error> {
        let mut sessions = self.session_many(transaction, &[id])?;
        // One id gives one session; were there none, the transaction could not be used.
        sessions.pop().ok_or(Error::Finished)
    }

    /// As [`Self::session`], for many ids in one round trip. One id that fails, fails all.
    ///
    /// # Errors
    /// As [`Self::session`].
    pub fn session_many<E: Environment>(
        &self,
        transaction: &Transaction<E>,
        ids: &[&str],
    ) -> Result<Vec<Session<E>>, Error> {
        let joined = join::join(transaction.shared(), &self.settings, ids, Wanted::FoundOrNew)?;
        Ok(joined.into_iter().flatten().map(|index| Session::new(transaction, index)).collect())
    }

    /// Gives the session with this id if there is one: for ids that come from a client.
    ///
    /// # Errors
    /// As [`Self::session`].
    pub fn resume<E: Environment>(
        &self,
        transaction: &Transaction<E>,
        id: &str,
    ) -> Result<Option<Session<E>>, Error> {
        let joined = join::join(transaction.shared(), &self.settings, &[id], Wanted::Found)?;
        Ok(joined.into_iter().flatten().map(|index| Session::new(transaction, index)).next())
    }

    /// Begins a session with a fresh random id of 192 bits. Nothing is sent.
    ///
    /// # Errors
    /// [`Error::Finished`], [`Error::TooManySessions`].
    pub fn create<E: Environment>(&self, transaction: &Transaction<E>) -> Result<Session<E>, Error> {
        let (id, key) = fresh_id(&self.settings.name, &*transaction.shared().environment)?;
        let index = join::join_new(transaction.shared(), &self.settings, id, key)?;
        Ok(Session::new(transaction, index))
    }

    /// The ids of this container's sessions that have joined, in the order they joined.
    ///
    /// # Errors
    /// [`Error::Finished`].
    pub fn joined<E: Environment>(&self, transaction: &Transaction<E>) -> Result<Vec<String>, Error> {
        transaction.shared().open(|state| {
            let ours = state.sessions.iter().filter(|session| session.settings.name == self.settings.name);
            Ok(ours.map(|session| session.identity.id.clone()).collect())
        })
    }
}
