//! One client alone.

use tokio::runtime::Runtime;

use crate::bench::{Bench, ONE_KILOBYTE};
use crate::clients::Crowd;
use crate::contender::{Contender, each_in_short_turns};
use crate::guest::{self, Shape};
use crate::native::{HostStore, Pooled, pool};
use crate::row::{Figure, Goal, Row};
use crate::spread::Samples;

const WARM: &str = "One task runs one transaction after another on one session of 1 KB, on memcached over loopback; \
both sides run on one thread. Native: read with version and touch, then write by compare-and-swap, with the `memcache` \
crate on one connection. Ours: the composed application in a warm instance, with the same commands. A round consists \
of short turns of all contenders.";

const STORE: &str = "The same without a guest: the host's store does the same two calls, natively. No session on this \
store can be quicker.";

const WORKERS: &str = "The same, with both sides on a runtime of worker threads, as in `serve`. The host's store reads \
replies in a task of its own, so that a reply can wake one thread after another; the native client reads them itself.";

pub fn measure(bench: &Bench) -> Vec<Row> {
    let [native, store, ours] = rates(bench, &bench.here);
    let [native_on_workers, _, ours_on_workers] = rates(bench, &bench.workers);
    vec![
        row("one client, warm instance", &native, &ours, WARM)
            .with_goal(Goal::AtLeast(0.9))
            .with_limit(store.over(&native).spread()),
        row("one client, the host's store without a guest", &native, &store, STORE),
        row("one client, worker threads", &native_on_workers, &ours_on_workers, WORKERS),
    ]
}

/// The rates of the native client, of the host's store and of a warm instance, all on this runtime.
fn rates(bench: &Bench, runtime: &Runtime) -> [Samples; 3] {
    let ids = guest::ids(1);
    bench.fill(&bench.store_on_memcached(), &ids, Shape::of_size(ONE_KILOBYTE));
    let keys: Vec<String> = ids.iter().map(|id| guest::key(id)).collect();
    let client = runtime.block_on(pool(&bench.memcached.address(), 1));
    let store = bench.store_for(runtime);
    let mut native = Crowd::new(runtime, vec![Pooled::new(client, keys.clone())]);
    let mut without = Crowd::new(runtime, vec![HostStore::new(&store, keys)]);
    let mut ours = Crowd::new(runtime, bench.warm(&store, &ids));
    let contenders = [
        Contender::new(|time| native.rate(time)),
        Contender::new(|time| without.rate(time)),
        Contender::new(|time| ours.rate(time)),
    ];
    each_in_short_turns(bench.pace, contenders)
}

fn row(what: &str, native: &Samples, ours: &Samples, how: &str) -> Row {
    let figures =
        vec![Figure::new("native", native.spread(), "tx/s"), Figure::new("ours", ours.spread(), "tx/s")];
    Row::new(what, Figure::new("ours ÷ native", ours.over(native).spread(), ""), figures, how)
}
