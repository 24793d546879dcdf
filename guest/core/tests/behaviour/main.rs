//! What the core promises, tested through its public interface on a store in memory whose clock, abilities
//! and faults the tests control.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets the unexpected fails"
)]

mod commits;
mod handles;
mod interleavings;
mod isolation;
mod lifetime;
mod model;
mod programs;
mod random;
mod records;
mod renewal;
mod savepoints;
mod unknown_outcomes;
mod world;
