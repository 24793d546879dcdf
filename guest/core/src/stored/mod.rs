//! What the store holds under a key, with pending changes resolved.

mod entry;
mod pending;
mod resolve;

use alloc::string::String;
use alloc::vec::Vec;

pub use self::entry::{Base, StateId, Stored, read_as_stored};
pub use self::pending::PendingStatus;
pub use self::resolve::ReadOptions;
use crate::environment::{Environment, Lifetime, StoreError};
use crate::record::RecordError;

/// Reads what is stored under keys, in their order, and resolves pending changes. This takes one round trip
/// if nothing is pending.
///
/// # Errors
/// Those of the store; also [`StoreError::Unavailable`] when a change stays undecided.
pub fn read<E: Environment>(
    environment: &E,
    keys: &[String],
    touch: Option<Lifetime>,
    options: ReadOptions<'_>,
) -> Result<Vec<Result<Stored, RecordError>>, StoreError> {
    let mut found = read_as_stored(environment, keys, touch)?;
    if found.iter().any(|stored| stored.as_ref().is_ok_and(Stored::is_pending)) {
        resolve::resolve(environment, keys, &mut found, options)?;
    }
    Ok(found)
}
