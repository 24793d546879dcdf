//! A search over schedules: small programs of several transactions run under a scheduler that decides, at every step
//! at the store, who gets on and what goes wrong; a judge that knows nothing of the implementation looks for a serial
//! order that explains what everybody was told.
//!
//! | what | where |
//! |---|---|
//! | programs, and programs as text | `program`, `text`, `generate` |
//! | the store, and what a client sees of the world | `memory`, `environment`, `client`, `shared` |
//! | what can happen next, and who chooses | `schedule`, `run` |
//! | what the judge gets to see, what it says, and whether it is awake | `history`, `judge`, `judging` |
//! | the reference: sessions as plain maps, and transactions done on them | `model`, `replay`, `joined`, `vacancy` |
//! | programs in which time passes, and their judge | `passing`, `lifetimes` |
//! | every schedule of a program | `exhaust`, `pairs` |
//! | whether runs repeat, and states are what they are taken for | `soundness` |
//! | what a finding is, made small and told | `finding`, `shrink`, `trace` |

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets the unexpected fails"
)]

mod client;
mod environment;
mod exhaust;
mod finding;
mod generate;
mod hash;
mod history;
mod joined;
mod judge;
mod judging;
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
