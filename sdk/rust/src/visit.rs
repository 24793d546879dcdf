//! One visitor in one transaction.

use std::cell::{Cell, OnceCell};

use crate::container::Container;
use crate::error::Error;
use crate::session::Session;
use crate::transaction::{Savepoint, Transaction};

/// One visitor in one transaction: what the work of [`Visitors::visit`](crate::Visitors::visit) is given.
#[derive(Debug)]
pub struct Visit {
    transaction: Transaction,
    container: Container,
    session: OnceCell<Session>,
    resumed: bool,
    logged_out: Cell<bool>,
}

/// What a visit leaves, in the view of the visitor's browser.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Leaves {
    /// No session: there was none, and none was begun for good.
    Nothing,
    /// A session.
    Session,
    /// The session that there was, if there was one, has ended.
    End,
}

impl Visit {
    /// Begins a visit of somebody who presents this id. An id that no session has, or that cannot be one, is that of a
    /// new visitor.
    pub(crate) fn enter(
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

    /// The visitor's session; none for a new visitor, for whom nothing is stored yet.
    pub fn session(&self) -> Option<&Session> {
        self.session.get()
    }

    /// The visitor's session, begun now for a new visitor: for work that is about to store something. If it stores
    /// nothing after all, no session is left and no cookie sent.
    ///
    /// # Errors
    ///
    /// [`Error::TooManySessions`], [`Error::Finished`].
    pub fn session_or_begin(&self) -> Result<&Session, Error> {
        if let Some(session) = self.session.get() {
            return Ok(session);
        }
        let begun = self.container.create(&self.transaction)?;
        Ok(self.session.get_or_init(|| begun))
    }

    /// The visitor's session under an id that nobody can know yet, begun now for a new visitor. Call it whenever a
    /// visitor's rights change, at login above all: the old id ends, and the answer carries the new one.
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] after [`Visit::log_out`]; otherwise as [`Visit::session_or_begin`].
    pub fn session_with_new_id(&self) -> Result<&Session, Error> {
        let session = self.session_or_begin()?;
        if self.resumed {
            session.renew_id(None)?;
        }
        Ok(session)
    }

    /// Ends the visitor's session, if there is one, and has the browser forget the cookie. Calls on the session answer
    /// [`Error::Ended`] from now on.
    ///
    /// # Errors
    ///
    /// [`Error::Finished`].
    pub fn log_out(&self) -> Result<(), Error> {
        self.logged_out.set(true);
        match self.session().map(Session::destroy) {
            None | Some(Ok(()) | Err(Error::Ended(_))) => Ok(()),
            Some(Err(error)) => Err(error),
        }
    }

    /// A point that the work can return to.
    ///
    /// # Errors
    ///
    /// [`Error::Finished`].
    pub fn savepoint(&self) -> Result<Savepoint, Error> {
        self.transaction.savepoint()
    }

    /// The transaction of this visit, for sessions of other containers. It is not for the work to commit or abort.
    pub fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    /// Commits, and says what is left.
    pub(crate) fn commit(&self) -> Result<Leaves, Error> {
        // Asked before: afterwards the session does not answer.
        let leaves = self.leaves()?;
        self.transaction.commit()?;
        Ok(leaves)
    }

    /// It asks the session, which knows what was rolled back.
    fn leaves(&self) -> Result<Leaves, Error> {
        let Some(session) = self.session() else {
            return Ok(if self.logged_out.get() { Leaves::End } else { Leaves::Nothing });
        };
        if session.is_destroyed()? {
            Ok(Leaves::End)
        } else if !self.resumed && session.packages()?.is_empty() {
            Ok(Leaves::Nothing)
        } else {
            Ok(Leaves::Session)
        }
    }
}
