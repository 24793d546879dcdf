//! Sessions while networks, servers and clients fail: no acknowledged update is lost, no refused update is stored, and
//! no session comes back that was lost or ended.
//!
//! Each test prints its seed, its faults and its figures. A seed repeats the faults and the choices of the clients, but
//! not the order of their calls. `LOVELY_SEED` sets the seed. With `LOVELY_SOAK_SECONDS`, each test runs for that time
//! instead of once.

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
