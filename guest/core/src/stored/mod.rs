//! What the store holds under a key, with what is pending there taken into account.

mod entry;
mod resolve;
mod status;

use alloc::string::String;
use alloc::vec::Vec;

pub use self::entry::{Base, Stamp, Stored, read_as_stored};
pub use self::resolve::Reading;
pub use self::status::Outcome;
use crate::environment::{Environment, Lifetime, StoreError};
use crate::record::RecordError;

/// Reads what is stored under keys, in their order, and finds out what became of pending changes. That takes
/// one round trip where nothing is pending.
///
/// # Errors
/// Those of the store. It is [`StoreError::Unavailable`], too, when an undecided change does not go away.
pub fn read<E: Environment>(
    environment: &E,
    keys: &[String],
    touch: Option<Lifetime>,
    reading: Reading<'_>,
) -> Result<Vec<Result<Stored, RecordError>>, StoreError> {
    let mut found = read_as_stored(environment, keys, touch)?;
    if found.iter().any(|stored| stored.as_ref().is_ok_and(Stored::is_pending)) {
        resolve::resolve(environment, keys, &mut found, reading)?;
    }
    Ok(found)
}
