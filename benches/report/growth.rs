//! The cost of transactions with more or larger data.

use serde::{Deserialize, Serialize};

use crate::bench::{Bench, ONE_KILOBYTE};
use crate::clients::{Crowd, processor_time};
use crate::contender::{Contender, each_in_turns};
use crate::crowds::{batched, pooled};
use crate::guest::{self, Shape};
use crate::native::{Pooled, pool};
use crate::spread::Spread;

/// The growth of a cost.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Growth {
    /// The quantity that grows.
    pub of: String,
    /// Whether its unit is bytes.
    pub in_bytes: bool,
    /// The measured cost.
    pub measured: String,
    /// The lines of the plot.
    pub lines: Vec<Line>,
}

/// One line of the plot: the costs of one contender.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    /// The name of the contender.
    pub name: String,
    /// The quantities, and the costs at them.
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
/// The part of it that is computation.
pub const COMPUTED: &str = "ours, processor time alone (in memory)";
/// Batches by hand.
pub const BATCHED: &str = "batches by hand, memcached";

const LATENCY: &str = "µs a transaction, one client";
const RATE: &str = "transactions a second";

/// Measures everything.
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

/// The microseconds of a transaction on `sessions` sessions: of the native client and of the component on memcached,
/// and the processor time of the component.
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

/// The transactions per second of `clients` clients, each with its own session.
fn rates(bench: &Bench, clients: u32) -> [Spread; 3] {
    let ids = guest::ids(clients as usize);
    let store = bench.store_on_memcached();
    bench.fill(&store, &ids, Shape::of_size(ONE_KILOBYTE));
    let keys: Vec<String> = ids.iter().map(|id| guest::key(id)).collect();
    let (mut native, mut batched) = (pooled(bench, &keys), batched(bench, &keys));
    let mut ours = Crowd::spread(&bench.threads, bench.warm(&store, &ids));
    let contenders = [
        Contender::new(|time| native.crowd.rate(time)),
        Contender::new(|time| ours.rate(time)),
        Contender::new(|time| batched.crowd.rate(time)),
    ];
    each_in_turns(bench.pace.shorter(2), contenders).map(|samples| samples.spread())
}
