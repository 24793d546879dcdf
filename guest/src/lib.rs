//! The session component: a thin shell that translates between WIT and `lovely-session-core`.
//!
//! It holds no rule about sessions and no state of its own, so one instance can serve interleaved
//! transactions.

mod bindings;
mod convert;
mod imports;
mod sessions;
mod transactions;

/// What implements the component's exports.
struct Component;
