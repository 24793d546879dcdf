//! The floors: what a transaction asks of a store, done by hand and without sessions.

mod batches;
mod pooled;
mod port;

pub use self::batches::Batches;
pub use self::pooled::{Pooled, pool};
pub use self::port::Port;

/// How long records live, in seconds: what the session component asks for by default.
const LIFETIME: u32 = 3600;
