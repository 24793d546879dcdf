//! The stores that come with this crate, and what they have in common.

mod check;
pub(crate) mod memcached;
pub(crate) mod memory;
mod version;
