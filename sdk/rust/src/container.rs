//! Containers.

use crate::bindings;
use crate::error::Error;
use crate::session::Session;
use crate::transaction::Transaction;

/// Options of a container. `None` means the default. Open containers of the same name with the same options
/// everywhere.
///
/// ```
/// use lovely_session::ContainerOptions;
///
/// const EIGHT_HOURS: ContainerOptions =
///     ContainerOptions { timeout: Some(8 * 3600), ..ContainerOptions::DEFAULT };
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContainerOptions {
    /// The number of seconds without activity after which a session ends; 0 means never. At most 315,360,000 (ten
    /// years); 3,600 by default. Reading is activity.
    pub timeout: Option<u32>,
    /// On a store that cannot slide an expiry: the number of seconds after which a read writes the record again, to
    /// keep the session alive. Values over half the timeout act as half the timeout; 300 by default.
    pub resolution: Option<u32>,
    /// The maximum size of a session's record, in bytes; 1,000,000 by default.
    pub max_size: Option<u32>,
    /// The number of seconds for which a destroyed session is remembered, so that requests in progress fail with
    /// [`Error::Ended`] instead of beginning it again. 1 to 86,400; 60 by default. It should exceed the duration of the
    /// longest request.
    pub remember_ended: Option<u32>,
}

impl ContainerOptions {
    /// The default of every option.
    pub const DEFAULT: Self = Self { timeout: None, resolution: None, max_size: None, remember_ended: None };
}

/// A named family of sessions with common options. A container holds no data: containers of the same name give access
/// to the same sessions, in every instance and on every host that uses the same store.
#[derive(Debug)]
pub struct Container(bindings::Container);

impl Container {
    /// Opens a container. Sends nothing to the store.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidName`] unless the name has 1 to 60 bytes, [`Error::InvalidOption`] when an option is out of its
    /// range.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error};
    /// # fn main() -> Result<(), Error> {
    /// let players = Container::open("players", ContainerOptions::DEFAULT)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn open(name: &str, options: ContainerOptions) -> Result<Self, Error> {
        let ContainerOptions { timeout, resolution, max_size, remember_ended } = options;
        let options = bindings::ContainerOptions { timeout, resolution, max_size, remember_ended };
        Ok(Self(bindings::Container::open(name, Some(options))?))
    }

    /// Returns the session with this id, and begins an empty one if there is none. Use it only for ids that the
    /// application trusts; for ids that come from a client, use [`Container::resume`].
    ///
    /// The first call for an id loads the session, in one round trip to the store. Later calls in the same transaction
    /// return the same session, also for another of its ids. If the timeout passes between two calls, the second one
    /// returns an empty session.
    ///
    /// If two transactions begin the same session, both may commit, and their keys are merged. A transaction that
    /// checked before whether the session exists ([`Session::is_new`], [`Container::resume`]) conflicts instead.
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] while a destroyed session is remembered; [`Error::InvalidName`] unless the id has 1 to 1,024
    /// bytes; [`Error::TooManySessions`]; [`Error::Damaged`] or [`Error::UnknownFormat`] when the record cannot be read;
    /// [`Error::Unavailable`], [`Error::Unsupported`], [`Error::Denied`] or [`Error::Store`] when the store fails;
    /// [`Error::Finished`] or [`Error::Busy`] when the transaction cannot be used.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// let players = Container::open("players", ContainerOptions::DEFAULT)?;
    /// let transaction = Transaction::begin();
    /// let score = players.session(&transaction, "player 7")?.package("score")?;
    /// score.add("points", 1)?;
    /// transaction.commit()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn session(&self, transaction: &Transaction, id: &str) -> Result<Session, Error> {
        Ok(Session::new(self.0.session(transaction.handle(), id)?))
    }

    /// Returns the sessions with these ids, in the same order, as [`Container::session`] does. Loads them in one round
    /// trip to the store. If one id fails, the call fails.
    ///
    /// # Errors
    ///
    /// As [`Container::session`].
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let players = Container::open("players", ContainerOptions::DEFAULT)?;
    /// # let transaction = Transaction::begin();
    /// let ids = ["player 7".to_owned(), "player 8".to_owned()];
    /// for player in players.session_many(&transaction, &ids)? {
    ///     player.package("score")?.add("points", 1)?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn session_many(&self, transaction: &Transaction, ids: &[String]) -> Result<Vec<Session>, Error> {
        let sessions = self.0.session_many(transaction.handle(), ids)?;
        Ok(sessions.into_iter().map(Session::new).collect())
    }

    /// Returns the session with this id, or `None` when it is absent, expired or evicted, or when its timeout has passed
    /// since the transaction last requested it. Never begins a session: use it for ids that come from a client.
    ///
    /// Once it has returned `None`, it does so for the rest of the transaction, unless the transaction itself begins the
    /// session with [`Container::session`]. If it does, and another transaction began the session meanwhile, the commit
    /// conflicts.
    ///
    /// # Errors
    ///
    /// As [`Container::session`].
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let visitors = Container::open("shop", ContainerOptions::DEFAULT)?;
    /// # let transaction = Transaction::begin();
    /// # let id = "from a client";
    /// match visitors.resume(&transaction, id)? {
    ///     Some(session) => println!("last seen at {}", session.last_accessed()?),
    ///     None => println!("a new visitor"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn resume(&self, transaction: &Transaction, id: &str) -> Result<Option<Session>, Error> {
        Ok(self.0.resume(transaction.handle(), id)?.map(Session::new))
    }

    /// Begins a session with a fresh random id of 192 bits, which is safe to give to a client. Sends nothing to the
    /// store before the commit; if nothing is set, nothing is stored.
    ///
    /// # Errors
    ///
    /// [`Error::TooManySessions`]; [`Error::Finished`] or [`Error::Busy`] when the transaction cannot be used.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let visitors = Container::open("shop", ContainerOptions::DEFAULT)?;
    /// let transaction = Transaction::begin();
    /// let session = visitors.create(&transaction)?;
    /// session.package("login")?.set("user", "ada")?;
    /// transaction.commit()?;
    /// let id = session.id();
    /// # Ok(())
    /// # }
    /// ```
    pub fn create(&self, transaction: &Transaction) -> Result<Session, Error> {
        Ok(Session::new(self.0.create(transaction.handle())?))
    }

    /// Returns the ids of this container's sessions that have joined the transaction, in the order in which they joined.
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
    /// # let players = Container::open("players", ContainerOptions::DEFAULT)?;
    /// # let transaction = Transaction::begin();
    /// players.session(&transaction, "player 7")?;
    /// assert_eq!(players.joined(&transaction)?, ["player 7"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn joined(&self, transaction: &Transaction) -> Result<Vec<String>, Error> {
        Ok(self.0.joined(transaction.handle())?)
    }
}
