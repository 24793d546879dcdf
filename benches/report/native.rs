//! The native clients: the calls of a transaction to a store, by hand and without sessions.

mod batches;
mod host_store;
mod pooled;

pub use self::batches::Batches;
pub use self::host_store::HostStore;
pub use self::pooled::{Pooled, pool};

/// The lifetime of records, in seconds: the default of the session component.
const LIFETIME: u32 = 3600;
