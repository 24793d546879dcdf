//! The port to a store in Rust: the types of `lovely:session/key-value`, and the checks that a call has to pass
//! before a store does anything for it.
//!
//! It is for stores in a host and for stores that are components, so it does without the standard library.

#![no_std]

extern crate alloc;

pub mod check;

mod types;

pub use types::{Change, Entry, Error, Expectation, Lifetime, Outcome, Version, Write};
