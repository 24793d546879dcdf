//! The session component: a thin shell that translates between WIT and `lovely-session-core`.
//!
//! It holds no rule about sessions and no state of its own, so one instance can serve interleaved
//! transactions.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

use lovely_session_runtime as _;

mod bindings;
mod convert;
mod imports;
mod sessions;
mod transactions;

/// What implements the component's exports.
struct Component;
