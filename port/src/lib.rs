//! The port to a store in Rust: the types of `lovely:session/key-value`, their conversions from and to those of
//! generated bindings, and the checks that a call has to pass before a store does anything for it.
//!
//! It is for both sides of the port, in a host and in components, so it does without the standard library.

#![no_std]

extern crate alloc;

pub mod check;

mod convert;
mod types;

pub use types::{Change, Entry, Error, Expectation, Lifetime, Outcome, Version, Write};
