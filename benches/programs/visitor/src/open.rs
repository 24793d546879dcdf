//! A transaction that stays open between calls.

use std::cell::RefCell;

use crate::bindings::{Error, Package, Savepoint, Transaction};
use crate::visit::{count_up, join, key};

struct Open {
    transaction: Transaction,
    mark: Savepoint,
    package: Package,
}

thread_local! {
    static OPEN: RefCell<Option<Open>> = const { RefCell::new(None) };
}

/// Why a call did not do what it was asked to.
pub enum Failure {
    /// The sessions failed.
    Session,
    /// There is no transaction, or no session in it.
    NothingOpen,
}

impl From<Error> for Failure {
    fn from(_: Error) -> Self {
        Self::Session
    }
}

/// Opens a transaction in which every session has changed.
pub fn begin(ids: &[String]) -> Result<(), Failure> {
    let transaction = Transaction::new(None);
    let packages: Vec<Package> =
        join(&transaction, ids)?.iter().map(count_up).collect::<Result<_, Error>>()?;
    let package = packages.into_iter().next().ok_or(Failure::NothingOpen)?;
    let mark = transaction.savepoint()?;
    OPEN.replace(Some(Open { transaction, mark, package }));
    Ok(())
}

/// Takes a savepoint and releases it.
pub fn savepoint() -> Result<(), Failure> {
    with_open(|open| open.transaction.savepoint()?.release())
}

/// Changes so many keys.
pub fn change(keys: u32) -> Result<(), Failure> {
    with_open(|open| (0..keys).try_for_each(|number| open.package.set(&key(number), "1")))
}

/// Returns to the mark.
pub fn rollback() -> Result<(), Failure> {
    with_open(|open| open.mark.rollback())
}

fn with_open(work: impl FnOnce(&Open) -> Result<(), Error>) -> Result<(), Failure> {
    OPEN.with_borrow(|open| Ok(work(open.as_ref().ok_or(Failure::NothingOpen)?)?))
}
