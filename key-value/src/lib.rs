//! The key-value interface in Rust: what sessions need of a store.
//!
//! - [`KeyValue`] is the trait that a store implements, in a host.
//! - [`Entry`], [`Write`], [`Outcome`] and the others are the types of `lovely:session/key-value`; [`conversions!`]
//!   converts them from and to those of generated bindings.
//! - [`check`] has the checks that a call has to pass before a store does anything for it.
//!
//! It is for both sides of the interface, in a host and in components, so it does without the standard library.

#![no_std]

extern crate alloc;

pub mod check;

mod convert;
mod store;
mod types;

pub use async_trait::async_trait;
pub use store::KeyValue;
pub use types::{Change, Entry, Error, Expectation, Lifetime, Outcome, Version, Write};
