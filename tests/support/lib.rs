//! Support for the integration tests: real servers, the real component, and typed handles.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test must fail when its surroundings do not work"
)]

pub mod app;
pub mod binary;
pub mod browser;
pub mod bytes;
pub mod client;
pub mod history;
pub mod language;
pub mod memcached;
pub mod mortal;
pub mod proxy;
pub mod random;
pub mod visitor;
pub mod world;

mod bindings;
mod counting;
