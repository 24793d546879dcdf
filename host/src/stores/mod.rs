//! The stores that come with this crate.

pub(crate) mod component;
pub(crate) mod memcached;
pub(crate) mod memory;
