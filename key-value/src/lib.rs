//! The key-value interface in Rust: what the session component needs of a store.
//!
//! - [`KeyValue`] is the trait that a store in a host implements.
//! - [`Entry`], [`Write`], [`Outcome`] and the others are the types of `lovely:session/key-value`. [`conversions!`]
//!   converts them from and to those of generated bindings.
//! - [`check`] has the checks that every store makes before it carries out a call.
//!
//! Hosts and components use it, so it does without the standard library. `lovely-session-conformance` tests whether a
//! store keeps the contract.

#![no_std]

extern crate alloc;

pub mod check;

mod convert;
mod family;
mod store;
mod types;

pub use async_trait::async_trait;
pub use family::family;
pub use store::KeyValue;
pub use types::{Change, Entry, Error, Expectation, Lifetime, Outcome, Version, Write};
