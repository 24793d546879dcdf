//! What the core promises, tested through its public interface on a store in memory whose clock, abilities
//! and faults the tests control.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets the unexpected fails"
)]

mod adds;
mod commits;
mod decisions;
mod endings;
mod handles;
mod isolation;
mod lifetime;
mod lives;
mod model;
mod peeks;
mod programs;
mod random;
mod records;
mod renewal;
mod savepoints;
mod several;
mod tries;
mod undecided;
mod unknown_outcomes;
mod upkeep;
mod validation;
mod world;
