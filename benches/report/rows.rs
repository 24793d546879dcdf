//! The measurements, one in each file.

mod budget;
mod cold_start;
mod fresh_instance;
mod guest_cpu;
mod many_clients;
mod one_client;
mod savepoints;
mod serve_cpu;
mod size;

use crate::bench::Bench;
use crate::row::Row;

/// A measurement: what it is called on the command line, and what does it.
pub type Part = (&'static str, fn(&Bench) -> Vec<Row>);

/// All measurements that need nothing but this repository and memcached.
pub const PARTS: [Part; 9] = [
    ("one-client", one_client::measure),
    ("many-clients", many_clients::measure),
    ("fresh-instance", fresh_instance::measure),
    ("guest-cpu", guest_cpu::measure),
    ("savepoints", savepoints::measure),
    ("serve-cpu", serve_cpu::measure),
    ("cold-start", cold_start::measure),
    ("size", size::measure),
    ("budget", budget::measure),
];
