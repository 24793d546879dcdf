//! What the integration tests share: real servers, the real component, and handles that read well.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test whose surroundings do not work has failed"
)]

pub mod app;
pub mod binary;
pub mod browser;
pub mod bytes;
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
