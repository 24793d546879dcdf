//! A store at a distance, for `lovely-session serve` and the native server.

use std::path::Path;
use std::time::Duration;

use super::Compared;
use super::peer::NATIVE;
use crate::bench::Bench;
use crate::distance::{DISTANCES, Distance, HOW};
use crate::load;
use crate::loads::Loads;
use crate::row::{Figure, Row};
use crate::spread::Samples;

/// Measures the native peer that is installed in a directory, and `lovely-session serve`.
pub fn measure(bench: &Bench, directory: &Path) -> anyhow::Result<Compared> {
    let rows = DISTANCES.map(|(name, round_trip)| rows(bench, directory, name, round_trip));
    let rows = rows.into_iter().collect::<anyhow::Result<Vec<[Row; 2]>>>()?;
    Ok(Compared { rows: rows.concat(), plot: None })
}

fn rows(bench: &Bench, directory: &Path, name: &str, round_trip: Duration) -> anyhow::Result<[Row; 2]> {
    let distance = Distance::to(&bench.memcached.address(), round_trip);
    let native = NATIVE.start(bench, directory, &distance.address().to_string())?;
    let host = load::serve_cart(&distance.store());
    let mut native = Loads::on(bench, native.address());
    let mut ours = Loads::on(bench, host.address());
    let [native, ours] = Loads::in_turns(bench.pace, [&mut native, &mut ours]);
    let how = format!("{HOW} {}", NATIVE.what_it_does);
    let row = |clients: &str, figures: [Figure; 2], ours: &Samples, theirs: &Samples| {
        let result = Figure::new("ours ÷ axum", ours.over(theirs).spread(), "");
        Row::new(format!("{clients}, store {name} away"), result, figures.into(), how.as_str())
    };
    let rates = [native.rate("axum"), ours.rate("ours")];
    let latencies = [native.latency("axum"), ours.latency("ours")];
    Ok([
        row("64 clients", rates, &ours.rates, &native.rates),
        row("one client", latencies, &ours.latencies, &native.latencies),
    ])
}
