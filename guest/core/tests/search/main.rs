//! A search over schedules: small programs of several transactions run under a scheduler that decides, at
//! every step at the store, which client continues and which fault occurs. A checker that does not depend on
//! the implementation then looks for a serial order of the transactions that explains all results.
//!
//! | what | module |
//! |---|---|
//! | programs, and programs as text | `program`, `text`, `generate` |
//! | the store, and the environment of a client | `memory`, `environment`, `client`, `job`, `shared` |
//! | what can happen next, and what chooses | `schedule`, `run` |
//! | the input of the checker, the checker, and its tests | `history`, `checker`, `checker_tests` |
//! | the reference: sessions as plain maps, and transactions on them | `model`, `replay`, `joined`, `vacancy` |
//! | drops of the container, and stores that break their rule | `drops` |
//! | programs in which time passes, and their checker | `passing`, `lifetimes` |
//! | every schedule of a program | `exhaust`, `pairs` |
//! | tests of the search itself | `soundness` |
//! | findings: reduced and described | `finding`, `shrink`, `trace` |

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets the unexpected fails"
)]

mod checker;
mod checker_tests;
mod client;
mod drops;
mod environment;
mod exhaust;
mod finding;
mod generate;
mod hash;
mod history;
mod job;
mod joined;
mod lifetimes;
mod memory;
mod model;
mod pairs;
mod passing;
mod program;
mod random;
mod reader;
mod replay;
mod run;
mod schedule;
mod search;
mod setup;
mod shared;
mod shrink;
mod soundness;
mod text;
mod trace;
mod vacancy;
