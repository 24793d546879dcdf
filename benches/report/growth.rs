//! What transactions cost as there is more of something.

use serde::{Deserialize, Serialize};

use crate::bench::{Bench, ONE_KILOBYTE};
use crate::clients::{Crowd, processor_time};
use crate::contender::{Contender, each_in_turns};
use crate::crowds::{batched, pooled};
use crate::guest::{self, Shape};
use crate::native::{Pooled, pool};
use crate::spread::Spread;

/// How something grows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Growth {
    /// What there is more of.
    pub of: String,
    /// Whether that is counted in bytes.
    pub in_bytes: bool,
    /// What is measured.
    pub measured: String,
    /// The lines of the plot.
    pub lines: Vec<Line>,
}

/// One line: what is measured for one contender.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    /// Whose line it is.
    pub name: String,
    /// How much there is, and what was measured then.
    pub points: Vec<(u32, Spread)>,
}

impl Line {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), points: Vec::new() }
    }
}

/// The names of the lines.
pub const NATIVE: &str = "native client, memcached";
/// The application and the session component.
pub const OURS: &str = "ours, memcached";
/// The part of it that is computing.
pub const COMPUTED: &str = "ours, processor time alone (in memory)";
/// Batches by hand.
pub const BATCHED: &str = "batches by hand, memcached";

const LATENCY: &str = "µs a transaction, one client";
const RATE: &str = "transactions a second";

/// Measures all of it.
pub fn measure(bench: &Bench) -> Vec<Growth> {
    let latency = |of: &str, in_bytes, points: &[(u32, Shape, usize)]| Growth {
        of: of.to_owned(),
        in_bytes,
        measured: LATENCY.to_owned(),
        lines: latencies(bench, points),
    };
    let kilobyte = Shape::of_size(ONE_KILOBYTE);
    let sizes = [100, 1_000, 10_000, 100_000, 990_000].map(|bytes| (bytes, Shape::of_size(bytes), 1));
    let small = Shape { packages: 1, bytes: 100, keys: 0 };
    let packages = [1, 10, 100, 1_000].map(|packages| (packages, Shape { packages, ..small }, 1));
    let keys = [1, 10, 100, 1_000, 10_000].map(|keys| (keys, Shape { keys, ..small }, 1));
    let sessions = [1, 3, 10, 30, 100].map(|sessions| (sessions, kilobyte, sessions as usize));
    vec![
        latency("size of the session", true, &sizes),
        latency("packages of 100 bytes", false, &packages),
        latency("keys in the package that changes", false, &keys),
        latency("sessions of 1 KB in the transaction", false, &sessions),
        clients(bench),
    ]
}

fn latencies(bench: &Bench, points: &[(u32, Shape, usize)]) -> Vec<Line> {
    let mut lines = [NATIVE, OURS, COMPUTED].map(Line::new);
    for (at, shape, sessions) in points {
        for (line, spread) in lines.iter_mut().zip(latency(bench, *shape, *sessions)) {
            line.points.push((*at, spread));
        }
    }
    lines.into()
}

/// The microseconds of a transaction on so many sessions: of the native client and ours on memcached, and what ours
/// computes.
fn latency(bench: &Bench, shape: Shape, sessions: usize) -> [Spread; 3] {
    let ids = guest::ids(sessions);
    let (store, memory) = (bench.store_on_memcached(), bench.memory());
    bench.fill(&store, &ids, shape);
    bench.fill(&memory, &ids, shape);
    let client = bench.workers.block_on(pool(&bench.memcached.address(), 1));
    let keys = ids.iter().map(|id| guest::key(id)).collect();
    let mut native = Crowd::new(&bench.workers, vec![Pooled::new(client, keys)]);
    let mut ours = Crowd::new(&bench.workers, vec![bench.warm_one(&store, &ids)]);
    let mut computed = bench.warm_one(&memory, &ids);
    let contenders = [
        Contender::new(|time| 1e6 / native.rate(time)),
        Contender::new(|time| 1e6 / ours.rate(time)),
        Contender::new(|time| processor_time(&bench.here, &mut computed, time)),
    ];
    each_in_turns(bench.pace.shorter(2), contenders).map(|samples| samples.spread())
}

fn clients(bench: &Bench) -> Growth {
    let mut lines = [NATIVE, OURS, BATCHED].map(Line::new);
    for count in [1, 4, 16, 64, 256] {
        for (line, spread) in lines.iter_mut().zip(rates(bench, count)) {
            line.points.push((count, spread));
        }
    }
    Growth {
        of: "clients at the same time".to_owned(),
        in_bytes: false,
        measured: RATE.to_owned(),
        lines: lines.into(),
    }
}

/// The transactions a second of so many clients, each with a session of its own.
fn rates(bench: &Bench, clients: u32) -> [Spread; 3] {
    let ids = guest::ids(clients as usize);
    let store = bench.store_on_memcached();
    bench.fill(&store, &ids, Shape::of_size(ONE_KILOBYTE));
    let keys: Vec<String> = ids.iter().map(|id| guest::key(id)).collect();
    let (mut native, mut batched) = (pooled(bench, &keys), batched(bench, &keys));
    let mut ours = Crowd::new(&bench.workers, bench.warm(&store, &ids));
    let contenders = [
        Contender::new(|time| native.crowd.rate(time)),
        Contender::new(|time| ours.rate(time)),
        Contender::new(|time| batched.crowd.rate(time)),
    ];
    each_in_turns(bench.pace.shorter(2), contenders).map(|samples| samples.spread())
}
