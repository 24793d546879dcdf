//! One client alone.

use crate::bench::{Bench, ONE_KILOBYTE};
use crate::clients::Crowd;
use crate::contender::{Contender, each_in_turns};
use crate::guest::{self, Shape};
use crate::native::{Pooled, pool};
use crate::row::{Figure, Goal, Row};

const HOW: &str = "One task on a runtime of worker threads runs one transaction after another on one session of \
1 KB, on memcached over loopback. Native: read with version and touch, then write by compare-and-swap, with the \
`memcache` crate on one connection. Ours: the composed application in a warm instance, with the same commands.";

pub fn measure(bench: &Bench) -> Vec<Row> {
    let ids = guest::ids(1);
    let store = bench.store_on_memcached();
    bench.fill(&store, &ids, Shape::of_size(ONE_KILOBYTE));
    let client = bench.workers.block_on(pool(&bench.memcached.address(), 1));
    let keys = ids.iter().map(|id| guest::key(id)).collect();
    let mut native = Crowd::new(&bench.workers, vec![Pooled::new(client, keys)]);
    let mut ours = Crowd::new(&bench.workers, bench.warm(&store, &ids));
    let contenders = [Contender::new(|time| native.rate(time)), Contender::new(|time| ours.rate(time))];
    let [native, ours] = each_in_turns(bench.pace, contenders);
    let figures =
        vec![Figure::new("native", native.spread(), "tx/s"), Figure::new("ours", ours.spread(), "tx/s")];
    let result = Figure::new("ours ÷ native", ours.over(&native).spread(), "");
    vec![Row::new("one client, warm instance", result, figures, HOW).with_goal(Goal::AtLeast(0.95))]
}
