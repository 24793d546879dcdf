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

/// A named family of sessions with common options. Holds no data: containers of the same name are the same
/// sessions.
#[derive(Clone, Debug)]
pub struct Container {
    settings: Rc<Settings>,
}

impl Container {
    /// Opens a container. Sends nothing to the store.
    ///
    /// # Errors
    /// [`Error::InvalidName`] unless the name has 1 to [`MAX_CONTAINER_NAME`](crate::MAX_CONTAINER_NAME)
    /// bytes; [`Error::InvalidOption`] when an option is out of its range.
    pub fn open(name: &str, options: ContainerOptions) -> Result<Self, Error> {
        check_name(NameKind::Container, name)?;
        Ok(Self { settings: Rc::new(Settings::new(name, options)?) })
    }

    /// Returns the session with this id, and begins an empty one if there is none: only for ids that the
    /// application trusts. The first call for an id loads the session in one round trip. If the timeout
    /// passes between two calls, the second one returns an empty session, or fails with
    /// [`Error::Ended`] under an id that the session had before a renewal.
    ///
    /// # Errors
    /// [`Error::Ended`] while a destroyed session is remembered, [`Error::Damaged`] or
    /// [`Error::UnknownFormat`] when its record cannot be read, [`Error::Store`] when the store fails.
    pub fn session<E: Environment>(
        &self,
        transaction: &Transaction<E>,
        id: &str,
    ) -> Result<Session<E>, Error> {
        let mut sessions = self.session_many(transaction, &[id])?;
        // One id always gives one session; the error is unreachable.
        sessions.pop().ok_or(Error::Finished)
    }

    /// Returns the sessions with these ids, in order, in one round trip. If one id fails, the whole call
    /// fails.
    ///
    /// # Errors
    /// As [`Self::session`].
    pub fn session_many<E: Environment>(
        &self,
        transaction: &Transaction<E>,
        ids: &[&str],
    ) -> Result<Vec<Session<E>>, Error> {
        let joined = join::join(transaction.shared(), &self.settings, ids, Wanted::ExistingOrNew)?;
        Ok(joined.into_iter().flatten().map(|index| Session::new(transaction, index)).collect())
    }

    /// Returns the session with this id, or `None` if there is none. Never begins a session: use it for ids
    /// that come from a client.
    ///
    /// # Errors
    /// As [`Self::session`].
    pub fn resume<E: Environment>(
        &self,
        transaction: &Transaction<E>,
        id: &str,
    ) -> Result<Option<Session<E>>, Error> {
        let joined = join::join(transaction.shared(), &self.settings, &[id], Wanted::Existing)?;
        Ok(joined.into_iter().flatten().map(|index| Session::new(transaction, index)).next())
    }

    /// As [`Self::resume`], and follows every renewal that the store still remembers, with a grace or without. It is
    /// for an operator who ends a session and knows an id that it had: never use it for ids that come from a client.
    ///
    /// # Errors
    /// As [`Self::session`].
    pub fn resume_renewed<E: Environment>(
        &self,
        transaction: &Transaction<E>,
        id: &str,
    ) -> Result<Option<Session<E>>, Error> {
        let wanted = Wanted::ExistingOrRenewed;
        let joined = join::join(transaction.shared(), &self.settings, &[id], wanted)?;
        Ok(joined.into_iter().flatten().map(|index| Session::new(transaction, index)).next())
    }

    /// Begins a session with a fresh random id of 192 bits. Sends nothing to the store.
    ///
    /// # Errors
    /// [`Error::Finished`], [`Error::TooManySessions`].
    pub fn create<E: Environment>(&self, transaction: &Transaction<E>) -> Result<Session<E>, Error> {
        let (id, key) = fresh_id(&self.settings.name, &*transaction.shared().environment)?;
        let index = join::join_new(transaction.shared(), &self.settings, id, key)?;
        Ok(Session::new(transaction, index))
    }

    /// Returns the ids of this container's joined sessions, in the order in which they joined.
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
