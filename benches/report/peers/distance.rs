//! A store at a distance, for `lovely-session serve` and the native server.

use std::path::Path;

use super::Compared;
use super::peer::PEERS;
use crate::bench::Bench;
use crate::distance::Distance;
use crate::far::{DISTANCES, Far, HOW};
use crate::row::{Figure, Row};

/// Measures the native peer that is installed in a directory, and `lovely-session serve`.
pub fn measure(bench: &Bench, directory: &Path) -> anyhow::Result<Compared> {
    let mut rows = Vec::new();
    for (name, round_trip) in DISTANCES {
        let distance = Distance::to(&bench.memcached.address(), round_trip);
        let served = PEERS[0].start(bench, directory, &distance.address().to_string())?;
        let host = Far::host(&distance.store());
        let mut native = Far::of(bench, served.address());
        let mut ours = Far::of(bench, host.address());
        let [native, ours] = Far::in_turns(bench.pace, [&mut native, &mut ours]);
        let how = format!("{HOW} {}", PEERS[0].what_it_does);
        let row = |what: String, ours: Figure, theirs: Figure, result: Figure| {
            Row::new(what, result, vec![theirs, ours], how.as_str())
        };
        let ratio = |ours: &crate::spread::Samples, theirs| {
            Figure::new("ours ÷ axum", ours.over(theirs).spread(), "")
        };
        rows.push(row(
            format!("64 clients, store {name} away"),
            ours.rate("ours"),
            native.rate("axum"),
            ratio(&ours.rates, &native.rates),
        ));
        rows.push(row(
            format!("one client, store {name} away"),
            ours.latency("ours"),
            native.latency("axum"),
            ratio(&ours.latencies, &native.latencies),
        ));
    }
    Ok(Compared { rows, plot: None })
}
