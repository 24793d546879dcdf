//! The measurements, one in each file.

mod budget;
mod busy_session;
mod cold_start;
mod distance;
mod fresh_instance;
mod guest_cpu;
mod large;
mod many_clients;
mod memory;
mod one_client;
mod overload;
mod savepoints;
mod serve_cpu;
mod size;

use crate::bench::Bench;
use crate::contender::Pace;
use crate::row::Row;

/// A measurement: its name on the command line, its pace (from that of all others), and its function.
pub type Part = (&'static str, fn(Pace) -> Pace, fn(&Bench) -> Vec<Row>);

/// All measurements that need only this repository and memcached.
pub const PARTS: [Part; 14] = [
    ("one-client", Pace::same, one_client::measure),
    ("many-clients", Pace::same, many_clients::measure),
    ("fresh-instance", Pace::same, fresh_instance::measure),
    ("guest-cpu", Pace::same, guest_cpu::measure),
    ("large", Pace::same, large::measure),
    ("savepoints", Pace::same, savepoints::measure),
    ("serve-cpu", Pace::longer, serve_cpu::measure),
    ("overload", Pace::longer, overload::measure),
    ("distance", Pace::longer, distance::measure),
    ("memory", Pace::same, memory::measure),
    ("busy-session", Pace::longer, busy_session::measure),
    ("cold-start", Pace::same, cold_start::measure),
    ("size", Pace::same, size::measure),
    ("budget", Pace::same, budget::measure),
];
