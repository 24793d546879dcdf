//! A value as it is stored: behind a stamp, which is its version.

use lovely_session_key_value::Version;

use crate::bindings::random::get_random_bytes;

/// The bytes of a stamp: enough random ones that no two are ever equal.
pub const STAMP_BYTES: usize = 16;

/// A new stamp.
pub fn new_stamp() -> Version {
    Version(get_random_bytes(STAMP_BYTES as u64))
}

/// The value behind its stamp.
pub fn join(stamp: &Version, value: &[u8]) -> Vec<u8> {
    [&stamp.0, value].concat()
}

/// The stamp and the value of what is stored; `None` if this store has not stored it.
pub fn split(stored: &[u8]) -> Option<(Version, &[u8])> {
    let (stamp, value) = stored.split_at_checked(STAMP_BYTES)?;
    Some((Version(stamp.to_vec()), value))
}
