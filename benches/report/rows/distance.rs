//! A store at a distance.

use crate::bench::Bench;
use crate::distance::{DISTANCES, Distance, HOW};
use crate::load;
use crate::loads::Loads;
use crate::row::{Figure, Row};

pub fn measure(bench: &Bench) -> Vec<Row> {
    let near = format!("memcached://{}", bench.memcached.address());
    let near_host = load::serve_cart(&near);
    let mut near = Loads::on(bench, near_host.address());
    let mut rows = Vec::new();
    for (name, round_trip) in DISTANCES {
        let distance = Distance::to(&bench.memcached.address(), round_trip);
        let host = load::serve_cart(&distance.store());
        let mut far = Loads::on(bench, host.address());
        let [near, far] = Loads::in_turns(bench.pace, [&mut near, &mut far]);
        let real = Figure::new("a round trip", distance.round_trip(), "µs");
        let kept = Figure::new("ours ÷ nearby", far.rates.over(&near.rates).spread(), "");
        let added = Figure::new("ours − nearby", far.latencies.minus(&near.latencies).spread(), "ms");
        let (rates, latencies) = (
            vec![real, near.rate("nearby"), far.rate("ours")],
            vec![near.latency("nearby"), far.latency("ours")],
        );
        rows.push(Row::new(format!("64 clients, store {name} away"), kept, rates, HOW));
        rows.push(Row::new(format!("one client, store {name} away"), added, latencies, HOW));
    }
    rows
}
