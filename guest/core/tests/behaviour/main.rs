//! Tests of the core through its public interface, on a store in memory whose clock, abilities and faults the tests
//! control.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets the unexpected fails"
)]

mod accounts;
mod add_commits;
mod add_errors;
mod adds;
mod attempts;
mod commits;
mod decisions;
mod endings;
mod grace;
mod handles;
mod isolation;
mod lifetime;
mod lives;
mod maintenance;
mod model;
mod observation;
mod peeks;
mod primaries;
mod programs;
mod random;
mod records;
mod renewal;
mod round_trips;
mod savepoints;
mod several;
mod thousands;
mod undecided;
mod unknown_outcomes;
mod validation;
mod world;
