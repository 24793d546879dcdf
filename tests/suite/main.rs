//! The integration tests: the real component on real stores, and the real server over HTTP.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets the unexpected fails"
)]

/// Makes each function a test on every store, in its own world.
macro_rules! on_every_store {
    ($($name:ident),* $(,)?) => {
        mod on_memory {
            $(#[tokio::test]
            async fn $name() {
                super::$name(lovely_session_tests::world::World::memory().await).await;
            })*
        }

        mod on_memcached {
            $(#[tokio::test]
            async fn $name() {
                super::$name(lovely_session_tests::world::World::memcached().await).await;
            })*
        }
    };
}

mod admin;
mod ancestor;
mod bad_data;
mod bad_input;
mod counters;
mod defects;
mod histories;
mod isolation_table;
mod languages;
mod other_hosts;
mod packaging;
mod readme;
mod round_trips;
mod sizes;
mod store_away;
mod turns;

mod cart;
mod command_line;
mod composed;
mod faults;
mod operations;
mod sdk;
mod serve;
mod spin;
mod stores;
