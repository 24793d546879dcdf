//! A visitor in one transaction.

use std::cell::{Cell, OnceCell};

use crate::container::Container;
use crate::error::Error;
use crate::session::Session;
use crate::transaction::{Savepoint, Transaction};

/// A visitor in one transaction: the argument of the work in [`Visitors::visit`](crate::Visitors::visit).
#[derive(Debug)]
pub struct Visit {
    transaction: Transaction,
    container: Container,
    session: OnceCell<Session>,
    resumed: bool,
    logged_out: Cell<bool>,
}

/// What the visitor's browser has to know after a visit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Remaining {
    /// There is no session: there was none, and none was begun and stored.
    None,
    /// There is a session.
    Session,
    /// The session has ended, or the visitor logged out without one.
    End,
}

impl Visit {
    /// Begins the visit of a visitor who presents this id. If no session has the id, or the id is invalid,
    /// the visitor is new.
    pub(crate) fn begin(
        transaction: Transaction,
        container: Container,
        presented: Option<&str>,
    ) -> Result<Self, Error> {
        let session = match presented.map(|id| container.resume(&transaction, id)) {
            Some(Ok(session)) => session,
            None | Some(Err(Error::Ended(_) | Error::InvalidName(_))) => None,
            Some(Err(error)) => return Err(error),
        };
        Ok(Self {
            resumed: session.is_some(),
            session: session.map_or_else(OnceCell::new, OnceCell::from),
            logged_out: Cell::new(false),
            transaction,
            container,
        })
    }

    /// Returns the visitor's session, or `None` for a new visitor, for whom nothing is stored yet.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use lovely_session::{Error, Visit};
    ///
    /// fn user(visit: &Visit) -> Result<Option<String>, Error> {
    ///     let Some(session) = visit.session() else { return Ok(None) };
    ///     session.package("login")?.get("user")
    /// }
    /// ```
    pub fn session(&self) -> Option<&Session> {
        self.session.get()
    }

    /// Returns the visitor's session, and begins it for a new visitor. If nothing is stored in it, no session
    /// and no cookie remain after the visit.
    ///
    /// # Errors
    ///
    /// [`Error::TooManySessions`], [`Error::Finished`].
    ///
    /// # Example
    ///
    /// ```no_run
    /// use lovely_session::{Error, Visit};
    ///
    /// fn add_apple(visit: &Visit) -> Result<(), Error> {
    ///     visit.session_or_begin()?.package("cart")?.add("apple", 1)
    /// }
    /// ```
    pub fn session_or_begin(&self) -> Result<&Session, Error> {
        if let Some(session) = self.session.get() {
            return Ok(session);
        }
        let begun = self.container.create(&self.transaction)?;
        Ok(self.session.get_or_init(|| begun))
    }

    /// Returns the visitor's session under a fresh id, and begins it for a new visitor. Call it whenever the
    /// rights of a visitor change, above all at login: the old id ends with the commit, and the cookie
    /// carries the new one.
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] after [`Visit::log_out`]; otherwise as [`Visit::session_or_begin`].
    ///
    /// # Example
    ///
    /// ```no_run
    /// use lovely_session::{Error, Visit};
    ///
    /// fn log_in(visit: &Visit, user: &str) -> Result<(), Error> {
    ///     visit.session_with_new_id()?.package("login")?.set("user", user)
    /// }
    /// ```
    pub fn session_with_new_id(&self) -> Result<&Session, Error> {
        let session = self.session_or_begin()?;
        if self.resumed {
            session.renew_id(None)?;
        }
        Ok(session)
    }

    /// Ends the visitor's session, if there is one, and removes the cookie from the browser. Further calls on
    /// the session fail with [`Error::Ended`].
    ///
    /// # Errors
    ///
    /// [`Error::Finished`].
    ///
    /// # Example
    ///
    /// ```no_run
    /// use lovely_session::{Cookie, Error, Visit, Visited, Visitors};
    ///
    /// const VISITORS: Visitors = Visitors::new("shop", Cookie::new("sid"));
    ///
    /// fn log_out(cookie_headers: &[Vec<u8>]) -> Result<Visited<()>, Error> {
    ///     VISITORS.visit(cookie_headers, Visit::log_out)
    /// }
    /// ```
    pub fn log_out(&self) -> Result<(), Error> {
        self.logged_out.set(true);
        match self.session().map(Session::destroy) {
            None | Some(Ok(()) | Err(Error::Ended(_))) => Ok(()),
            Some(Err(error)) => Err(error),
        }
    }

    /// Takes a savepoint of the visit's transaction.
    ///
    /// # Errors
    ///
    /// [`Error::Finished`].
    ///
    /// # Example
    ///
    /// ```no_run
    /// use lovely_session::{Error, Visit};
    ///
    /// fn try_to_add(visit: &Visit, is_in_stock: bool) -> Result<(), Error> {
    ///     let savepoint = visit.savepoint()?;
    ///     visit.session_or_begin()?.package("cart")?.add("apple", 1)?;
    ///     if is_in_stock { Ok(()) } else { savepoint.rollback() }
    /// }
    /// ```
    pub fn savepoint(&self) -> Result<Savepoint, Error> {
        self.transaction.savepoint()
    }

    /// Returns the transaction of this visit, for sessions of other containers. Do not commit or abort it.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use lovely_session::{Container, ContainerOptions, Error, Visit};
    ///
    /// fn count_sale(visit: &Visit) -> Result<(), Error> {
    ///     let shops = Container::open("shops", ContainerOptions::DEFAULT)?;
    ///     shops.session(visit.transaction(), "main street")?.package("sales")?.add("today", 1)
    /// }
    /// ```
    pub fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    /// Commits, and returns what remains.
    pub(crate) fn commit(&self) -> Result<Remaining, Error> {
        // Before the commit, because a finished transaction allows no calls on the session.
        let remaining = self.remaining()?;
        self.transaction.commit()?;
        Ok(remaining)
    }

    /// Reads the session, so that rollbacks are taken into account.
    fn remaining(&self) -> Result<Remaining, Error> {
        let Some(session) = self.session() else {
            return Ok(if self.logged_out.get() { Remaining::End } else { Remaining::None });
        };
        if session.is_destroyed()? {
            Ok(Remaining::End)
        } else if !self.resumed && session.packages()?.is_empty() {
            Ok(Remaining::None)
        } else {
            Ok(Remaining::Session)
        }
    }
}
