//! What a visit asks of the store, and nothing else.

use crate::bindings::key_value::{Change, Expectation, Lifetime, Outcome, Put, Write, get_many, write_many};

/// As long as the session component keeps records by default.
const LIFETIME: Lifetime = Lifetime::Seconds(3600);

/// The store did not do what it was asked to.
pub struct Failure;

/// Reads a record, copies it, and writes the copy in its place.
pub fn relay(key: String) -> Result<(), Failure> {
    let entries = get_many(std::slice::from_ref(&key), Some(LIFETIME)).map_err(|_| Failure)?;
    let entry = entries.into_iter().flatten().next().ok_or(Failure)?;
    let change = Change::Put(Put { value: copy(&entry.value), lifetime: LIFETIME });
    let write = Write { key, expects: Expectation::Version(entry.version), change };
    match write_many(&[write]).as_deref() {
        Ok([Outcome::Applied(_)]) => Ok(()),
        _ => Err(Failure),
    }
}

/// A copy that the compiler cannot do without.
fn copy(bytes: &[u8]) -> Vec<u8> {
    std::hint::black_box(bytes).to_vec()
}
