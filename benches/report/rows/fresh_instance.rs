//! The cost of a fresh instance for a transaction.

use crate::bench::{Bench, ONE_KILOBYTE};
use crate::clients::{Crowd, processor_time};
use crate::contender::{Contender, each_in_turns};
use crate::guest::{self, Fresh, Shape};
use crate::row::{Figure, Goal, Row};
use crate::spread::Samples;

/// The clients under load.
const CLIENTS: usize = 64;

const ALONE: &str = "Processor time of one thread, with a session of 1 KB in memory. Warm: transactions in an \
instance of the composed application (the application and the session component, each with a memory of its own) \
that is there already. Fresh: the same, each in a new instance from the pool, which is thrown away afterwards. All \
fresh instances follow each other in one slot of the pool, on one thread.";

const LOADED: &str = "Processor time of the whole process for each transaction, in all its threads, the system's part \
included: 64 clients on a thread for each processor, as in `serve`, each with a session of 1 KB, on memcached over \
loopback. Warm: each client has an instance. Fresh: each transaction has a new one, so that many slots of the pool \
are in use.";

pub fn measure(bench: &Bench) -> Vec<Row> {
    vec![alone(bench), loaded(bench)]
}

fn alone(bench: &Bench) -> Row {
    let ids = guest::ids(1);
    let store = bench.memory();
    bench.fill(&store, &ids, Shape::of_size(ONE_KILOBYTE));
    let mut warm = bench.warm_one(&store, &ids);
    let mut fresh = Fresh::new(&bench.prepared, &store, &ids[0]);
    let contenders = [
        Contender::new(|time| processor_time(&bench.here, &mut warm, time)),
        Contender::new(|time| processor_time(&bench.here, &mut fresh, time)),
    ];
    let [warm, fresh] = each_in_turns(bench.pace, contenders);
    row("fresh instance", &warm, &fresh, ALONE).with_goal(Goal::AtMost(15.0))
}

fn loaded(bench: &Bench) -> Row {
    let ids = guest::ids(CLIENTS);
    let store = bench.store_on_memcached();
    bench.fill(&store, &ids, Shape::of_size(ONE_KILOBYTE));
    let mut warm = Crowd::spread(&bench.threads, bench.warm(&store, &ids));
    let fresh = ids.iter().map(|id| Fresh::new(&bench.prepared, &store, id)).collect();
    let mut fresh = Crowd::spread(&bench.threads, fresh);
    let contenders =
        [Contender::new(|time| warm.processor_time(time)), Contender::new(|time| fresh.processor_time(time))];
    let [warm, fresh] = each_in_turns(bench.pace, contenders);
    row("fresh instances, 64 clients, memcached", &warm, &fresh, LOADED).with_goal(Goal::AtMost(20.0))
}

fn row(what: &str, warm: &Samples, fresh: &Samples, how: &str) -> Row {
    let figures = vec![Figure::new("warm", warm.spread(), "µs"), Figure::new("fresh", fresh.spread(), "µs")];
    Row::new(what, Figure::new("fresh − warm", fresh.minus(warm).spread(), "µs"), figures, how)
}
