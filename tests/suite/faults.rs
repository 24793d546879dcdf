//! Sessions while everything around them fails: no acknowledged update is lost, nothing that was refused is
//! stored, and no session comes back that was lost or ended.
//!
//! Each test prints its seed, its faults and its figures. A seed repeats the faults and the choices of the
//! clients, though not how their calls interleave. `LOVELY_SEED` sets it, and `LOVELY_SOAK_SECONDS` lets each test
//! run for so long instead of once.

mod accounts;
mod deaths;
mod doubtful_versions;
mod evictions;
mod exchanges;
mod increments;
mod logouts;
mod restarts;
mod same_ids;
mod soak;
mod transfers;
pub mod trouble;
mod visits;
