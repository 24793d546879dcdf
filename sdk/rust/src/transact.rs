//! Work in a transaction.

use std::time::Duration;

use crate::bindings::Isolation;
use crate::error::Error;
use crate::patience::{Patience, SystemTimer};
use crate::retry::{Failure, is_conflict, retry};
use crate::transaction::Transaction;

/// Options of [`transact_with`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransactOptions {
    /// The isolation level.
    pub isolation: Isolation,
    /// The time after the beginning of the first run within which another run may begin. With zero, the work
    /// runs once.
    ///
    /// The second run begins at once. Before each further run there is a random pause, whose limit doubles up
    /// to 250 ms. When the next pause would end after this time, the conflict is returned instead.
    ///
    /// Leave time for one more run, and for the rest of the request, within the time limit of the host, which
    /// ends the request without a response of the application. The time limit of `lovely-session serve` is 30
    /// seconds unless `--time-limit` sets another one.
    pub patience: Duration,
}

impl TransactOptions {
    /// [`Isolation::Serializable`], and a patience of 5 seconds.
    pub const DEFAULT: Self = Self { isolation: Isolation::Serializable, patience: Duration::from_secs(5) };
}

impl Default for TransactOptions {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Begins a transaction, runs `work` in it, and commits it. Returns the result of `work`.
///
/// If another transaction changed what `work` depends on, nothing was stored, and `work` runs again in a new
/// transaction, on fresh data, until it succeeds or [its patience](TransactOptions::patience) is over. So
/// **`work` may run more than once**: do nothing in it, outside of the transaction, that must not happen
/// twice.
///
/// If `work` fails, the transaction is aborted and the error is returned. `work` must not commit or abort the
/// transaction.
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
/// Those of `work`, and those of [`Transaction::commit`]. [`Error::Conflict`] is returned only when every run
/// conflicted until the patience was over. After any other error `work` is not run again, in particular not
/// after [`Error::OutcomeUnknown`], because the commit may have been applied.
pub fn transact<T, E: From<Error>>(work: impl FnMut(&Transaction) -> Result<T, E>) -> Result<T, E> {
    transact_with(TransactOptions::DEFAULT, work)
}

/// As [`transact`], with options.
///
/// # Errors
///
/// As [`transact`].
///
/// # Example
///
/// ```no_run
/// use std::time::Duration;
/// use lovely_session::{Container, ContainerOptions, Error, TransactOptions, transact_with};
///
/// # fn main() -> Result<(), Error> {
/// let options = TransactOptions { patience: Duration::from_secs(1), ..TransactOptions::DEFAULT };
/// transact_with(options, |transaction| {
///     let players = Container::open("players", ContainerOptions::DEFAULT)?;
///     players.session(transaction, "player 7")?.package("score")?.add("points", 1)
/// })
/// # }
/// ```
pub fn transact_with<T, E: From<Error>>(
    options: TransactOptions,
    mut work: impl FnMut(&Transaction) -> Result<T, E>,
) -> Result<T, E> {
    let patience = Patience::begin(SystemTimer::start(), options.patience);
    retry(patience, is_conflict, || {
        // Dropping it without a commit aborts it.
        let transaction = Transaction::begin_at(options.isolation);
        let value = work(&transaction).map_err(Failure::Work)?;
        transaction.commit()?;
        Ok(value)
    })
}
