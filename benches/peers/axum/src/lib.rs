//! axum with tower-sessions on memcached, as the programs here use them.

mod store;

pub use self::store::MemcachedStore;

/// The libraries with their versions, as `Cargo.toml` pins them.
pub const NAME: &str = "axum 0.8.9, tower-sessions 0.15.0";
