//! Containers.

use crate::bindings;
use crate::error::Error;
use crate::session::Session;
use crate::transaction::Transaction;

/// How the sessions of a container live. What is `None` has its default. Containers of one name should be opened with
/// the same options everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContainerOptions {
    /// Seconds without activity after which a session ends; 0 means never; 3,600 by default; at most 315,360,000 (ten
    /// years). Reading is activity.
    pub timeout: Option<u32>,
    /// On a store that cannot slide an expiry by itself: the seconds that may pass before a read writes the record
    /// again to keep the session alive. 300 by default.
    pub resolution: Option<u32>,
    /// The most bytes that the record of one session may have; 1,000,000 by default.
    pub max_size: Option<u32>,
    /// Seconds for which a destroyed session is remembered, so that a request already under way cannot bring it back;
    /// 60 by default; 1 to 86,400. Make it longer than the longest request.
    pub remember_ended: Option<u32>,
}

impl ContainerOptions {
    /// All defaults.
    pub const DEFAULT: Self = Self { timeout: None, resolution: None, max_size: None, remember_ended: None };
}

/// A named family of sessions with common options. It holds no data of its own: containers of the same name are the
/// same sessions, in every instance and on every host that shares the store.
#[derive(Debug)]
pub struct Container(bindings::Container);

impl Container {
    /// Opens a container. Nothing is sent to the store.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidName`] unless the name has 1 to 60 bytes, [`Error::InvalidOption`].
    pub fn open(name: &str, options: ContainerOptions) -> Result<Self, Error> {
        let ContainerOptions { timeout, resolution, max_size, remember_ended } = options;
        let options = bindings::ContainerOptions { timeout, resolution, max_size, remember_ended };
        Ok(Self(bindings::Container::open(name, Some(options))?))
    }

    /// Gives the session with this id, and begins an empty one if there is none. Only for ids that the application
    /// trusts: an id that comes from a client belongs in [`Container::resume`].
    ///
    /// The first call for an id loads it, in one round trip; later calls in the same transaction give the same session,
    /// also under another of its ids. When its timeout has passed meanwhile, this gives an empty one.
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] while a destroyed session is remembered, and what loading can meet.
    pub fn session(&self, transaction: &Transaction, id: &str) -> Result<Session, Error> {
        Ok(Session::new(self.0.session(transaction.handle(), id)?))
    }

    /// As [`Container::session`], for many ids in one round trip.
    ///
    /// # Errors
    ///
    /// As [`Container::session`], if that is so for one of them.
    pub fn session_many(&self, transaction: &Transaction, ids: &[String]) -> Result<Vec<Session>, Error> {
        let sessions = self.0.session_many(transaction.handle(), ids)?;
        Ok(sessions.into_iter().map(Session::new).collect())
    }

    /// Gives the session with this id if there is one, and never begins one: for ids that come from a client. Absent,
    /// expired and evicted sessions are none, and so is one whose timeout passes within the transaction. None stays none
    /// for this transaction: if it begins the session later, and somebody else began it meanwhile, it conflicts.
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] while a destroyed session is remembered, [`Error::InvalidName`] unless the id has 1 to 1024
    /// bytes, and what loading can meet.
    pub fn resume(&self, transaction: &Transaction, id: &str) -> Result<Option<Session>, Error> {
        Ok(self.0.resume(transaction.handle(), id)?.map(Session::new))
    }

    /// Begins a session with a fresh random id of 192 bits, which is safe to give to a client. Nothing is sent to the
    /// store before the commit, and nothing is stored if nothing is set.
    ///
    /// # Errors
    ///
    /// [`Error::TooManySessions`], [`Error::Finished`].
    pub fn create(&self, transaction: &Transaction) -> Result<Session, Error> {
        Ok(Session::new(self.0.create(transaction.handle())?))
    }

    /// The ids of this container's sessions that have joined the transaction, in the order they joined.
    ///
    /// # Errors
    ///
    /// [`Error::Finished`].
    pub fn joined(&self, transaction: &Transaction) -> Result<Vec<String>, Error> {
        Ok(self.0.joined(transaction.handle())?)
    }
}
