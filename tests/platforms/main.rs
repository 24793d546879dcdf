//! The session component on hosts of other projects. `scripts/platforms.sh` installs them.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets the unexpected fails"
)]

mod counters;
mod hosts;
mod node;
mod python;
mod story;
mod wash;
mod wasmtime_cli;
