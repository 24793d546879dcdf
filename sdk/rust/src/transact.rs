//! Work in a transaction.

use std::time::Duration;

use crate::bindings::Isolation;
use crate::error::Error;
use crate::runs::{Stopped, after_a_conflict, until_settled};
use crate::transaction::Transaction;
use crate::waiting::{Patience, System};

/// How work runs in a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransactOptions {
    /// What it is protected from.
    pub isolation: Isolation,
    /// How long after the beginning of the first run another one may still begin. Zero means that work runs once.
    ///
    /// The second run follows the first at once, and each further one a random pause, which tends to become longer and
    /// is at most 250 ms. When the next pause would end after this time, the conflict is returned instead.
    ///
    /// Leave room for one more run, and for the rest of the request, below the limit that the host sets to a request:
    /// it ends the request without an answer of yours. `lovely-session serve` gives it 30 seconds unless told otherwise
    /// (`--time-limit`).
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

/// Begins a transaction, runs `work` in it, and commits it.
///
/// When another transaction changed what `work` depends on, nothing of it was stored, and it runs again in a new
/// transaction, on fresh data, until nobody else is faster or [its patience](TransactOptions::patience) is over. So
/// **`work` may run more than once**: it must do nothing outside of the transaction that
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
/// Those of `work`, and those of the commit: [`Error::Conflict`] only when each run met one until the patience was over.
/// Nothing else is ever run again, [`Error::OutcomeUnknown`] least of all: it may have been done.
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
    let patience = Patience::begin(System::new(), options.patience);
    until_settled(patience, after_a_conflict, || {
        // Dropped without a commit, it is aborted.
        let transaction = Transaction::begin_at(options.isolation);
        let value = work(&transaction).map_err(Stopped::Work)?;
        transaction.commit()?;
        Ok(value)
    })
}
