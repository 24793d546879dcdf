//! Work in a transaction.

use crate::bindings::Isolation;
use crate::error::Error;
use crate::runs::{Stopped, after_a_conflict, until_settled};
use crate::transaction::Transaction;

/// How work runs in a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransactOptions {
    /// What it is protected from.
    pub isolation: Isolation,
    /// How often it is run again at most.
    pub max_reruns: u32,
}

impl TransactOptions {
    /// [`Isolation::Serializable`], and run again at most ten times.
    pub const DEFAULT: Self = Self { isolation: Isolation::Serializable, max_reruns: 10 };
}

impl Default for TransactOptions {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Begins a transaction, runs `work` in it, and commits it.
///
/// When another transaction changed what `work` depends on, nothing of it was stored, and it runs again in a new
/// transaction, on fresh data. So **`work` may run more than once**: it must do nothing outside of the transaction that
/// cannot be done twice. What it gives back is that of the run that was committed.
///
/// When `work` fails, the transaction is aborted and the error given back. It is not for `work` to commit or abort.
///
/// ```no_run
/// use lovely_session::{Container, ContainerOptions, Error, transact};
///
/// fn add_point(player: &str) -> Result<u64, Error> {
///     transact(|transaction| {
///         let players = Container::open("players", ContainerOptions::DEFAULT)?;
///         let score = players.session(transaction, player)?.package("score")?;
///         let points = score.get("points")?.unwrap_or(0) + 1;
///         score.set("points", &points)?;
///         Ok(points)
///     })
/// }
/// ```
///
/// # Errors
///
/// Those of `work`, and those of the commit: [`Error::Conflict`] only when every run met one. Nothing else is ever run
/// again, [`Error::OutcomeUnknown`] least of all: it may have been done.
pub fn transact<T, E: From<Error>>(work: impl FnMut(&Transaction) -> Result<T, E>) -> Result<T, E> {
    transact_with(TransactOptions::DEFAULT, work)
}

/// As [`transact`], with other options.
///
/// # Errors
///
/// As [`transact`].
pub fn transact_with<T, E: From<Error>>(
    options: TransactOptions,
    mut work: impl FnMut(&Transaction) -> Result<T, E>,
) -> Result<T, E> {
    until_settled(options.max_reruns, after_a_conflict, || {
        // Dropped without a commit, it is aborted.
        let transaction = Transaction::begin_at(options.isolation);
        let value = work(&transaction).map_err(Stopped::Work)?;
        transaction.commit()?;
        Ok(value)
    })
}
