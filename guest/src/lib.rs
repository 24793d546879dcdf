//! The session component: a thin shell that translates between WIT and `lovely-session-core`.
//!
//! It holds no rule about sessions, and no state but the reports for the host (`observation`), so one instance can serve
//! interleaved transactions.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

mod bindings;
#[cfg(any(target_family = "wasm", test))]
mod compare;
mod convert;
#[cfg(target_family = "wasm")]
mod heap;
mod imports;
mod observation;
#[cfg(target_family = "wasm")]
mod runtime;
mod sessions;
#[cfg(any(target_family = "wasm", test))]
mod small_blocks;
mod transactions;

/// What implements the component's exports.
struct Component;
