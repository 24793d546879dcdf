//! Runs work on a visitor's session in a transaction, and again when somebody else was faster.

use std::cell::OnceCell;

use crate::bindings::{Container, Error, Savepoint, Session, Transaction};
use crate::refusal::Refusal;

/// How often work is run again before the visitor is asked to.
const MAX_RERUNS: u32 = 10;

/// Work that was committed.
pub struct Committed<T> {
    /// What the work answered.
    pub value: T,
    /// The id of the session that the work began: the browser must be told.
    pub new_session: Option<String>,
}

/// Why work was not committed; nothing of it is stored.
pub enum Failure {
    /// The session component failed.
    Session(Error),
    /// The application said no.
    Refused(Refusal),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Session(error)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Session(error) => error.into(),
            Failure::Refused(refusal) => refusal,
        }
    }
}

/// Runs `work` in a transaction and commits it.
///
/// When another request changed the session first, nothing of `work` was stored, and it runs again
/// on fresh data; when another request ended the session, or it expired meanwhile, it runs again
/// for a new visitor. So `work` must do nothing that cannot be done twice.
pub fn transact<T>(
    session_id: Option<&str>,
    work: impl Fn(&Visit) -> Result<T, Failure>,
) -> Result<Committed<T>, Refusal> {
    for _ in 0..MAX_RERUNS {
        match attempt(session_id, &work) {
            Err(Failure::Session(Error::Conflict(_) | Error::Gone(_) | Error::Ended(_))) => {}
            settled => return Ok(settled?),
        }
    }
    Ok(attempt(session_id, &work)?)
}

fn attempt<T>(
    session_id: Option<&str>,
    work: impl Fn(&Visit) -> Result<T, Failure>,
) -> Result<Committed<T>, Failure> {
    let visit = Visit::enter(session_id)?;
    let value = work(&visit)?;
    visit.transaction.commit()?;
    Ok(Committed { value, new_session: visit.new_session() })
}

/// One visitor in one transaction. Dropping it without a commit drops every change.
pub struct Visit {
    transaction: Transaction,
    container: Container,
    session: OnceCell<Session>,
    resumed: bool,
}

impl Visit {
    fn enter(session_id: Option<&str>) -> Result<Self, Error> {
        let transaction = Transaction::new(None);
        let container = Container::open("cart", None)?;
        let resumed = match session_id {
            Some(id) => resume(&container, &transaction, id)?,
            None => None,
        };
        Ok(Self {
            resumed: resumed.is_some(),
            session: resumed.map_or_else(OnceCell::new, OnceCell::from),
            transaction,
            container,
        })
    }

    /// The visitor's session; none for a new visitor, for whom nothing is stored yet.
    pub fn session(&self) -> Option<&Session> {
        self.session.get()
    }

    /// The visitor's session, begun now for a new visitor: for work that is about to store
    /// something.
    pub fn session_or_begin(&self) -> Result<&Session, Error> {
        if let Some(session) = self.session.get() {
            return Ok(session);
        }
        let begun = self.container.create(&self.transaction)?;
        Ok(self.session.get_or_init(|| begun))
    }

    /// A point that the work can return to.
    pub fn savepoint(&self) -> Result<Savepoint, Error> {
        self.transaction.savepoint()
    }

    fn new_session(&self) -> Option<String> {
        self.session().filter(|_| !self.resumed).map(Session::id)
    }
}

/// Finds the session that a client asks for. The id may be anything, so one that we did not issue,
/// or whose session has ended, is nobody's: it is never adopted.
fn resume(container: &Container, transaction: &Transaction, id: &str) -> Result<Option<Session>, Error> {
    match container.resume(transaction, id) {
        Err(Error::Ended(_) | Error::InvalidName(_)) => Ok(None),
        answer => answer,
    }
}
