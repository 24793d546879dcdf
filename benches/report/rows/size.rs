//! The size of the session component.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use lovely_session_host::SESSION_COMPONENT;

use crate::bench::Bench;
use crate::row::{Figure, Goal, Row};

const HOW: &str = "The bytes of the session component as it is built into the host, and with gzip at its highest \
level. 1 KB is 1000 bytes.";

pub fn measure(_: &Bench) -> Vec<Row> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(SESSION_COMPONENT).unwrap();
    let compressed = gzip.finish().unwrap();
    let row = |what: &str, bytes: &[u8], most| {
        let size = Figure::exact("ours", bytes.len() as f64 / 1e3, "KB");
        Row::new(what, size.clone(), vec![size], HOW).with_goal(Goal::AtMost(most))
    };
    vec![row("component", SESSION_COMPONENT, 132.0), row("component, gzip", &compressed, 50.0)]
}
