//! A value as it is stored: with a stamp in front, which is its version.

use crate::bindings::wasi::random::random::get_random_bytes;

/// The bytes of a stamp. So many random ones never come twice.
pub const STAMP_BYTES: usize = 16;

/// A stamp that nothing else has.
pub fn fresh_stamp() -> Vec<u8> {
    get_random_bytes(STAMP_BYTES as u64)
}

/// A value under a stamp.
pub fn stamped(stamp: &[u8], value: &[u8]) -> Vec<u8> {
    [stamp, value].concat()
}

/// The stamp and the value of what is stored; none when it was not stored here.
pub fn apart(stored: &[u8]) -> Option<(&[u8], &[u8])> {
    stored.split_at_checked(STAMP_BYTES)
}
