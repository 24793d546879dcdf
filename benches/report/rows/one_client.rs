//! One client alone.

use tokio::runtime::Runtime;

use crate::awake::Awake;
use crate::bench::{Bench, ONE_KILOBYTE};
use crate::clients::{Client, Crowd, Stopwatch};
use crate::contender::{Contender, SHORT_TURNS, each_in_short_turns};
use crate::guest::{self, Shape};
use crate::native::{HostStore, Pooled, pool};
use crate::row::{Figure, Goal, Row};
use crate::spread::Samples;

const WARM: &str = "The median time of a transaction of one client that runs one after another on one session of 1 KB, on \
memcached over loopback; both sides run on one thread. Native: read with version and touch, then write by \
compare-and-swap, with the `memcache` crate on one connection. Ours: the composed application in a warm instance, with \
the same commands. A round is the median of short turns of all contenders. Medians leave out the transactions that had to \
wait for a processor, on either side. Programs of the lowest priority keep the processors awake, because waking one up \
can take longer than a round trip. The result is the quotient of the rates that follow.";

const STORE: &str = "The same without a guest: the host's store does the same two calls, natively. No session on this \
store can be quicker.";

const WORKERS: &str = "The same, with both sides on a runtime of worker threads. The host's store reads replies in a task \
of its own, so that a reply can wake one thread after another; the native client reads them itself.";

pub fn measure(bench: &Bench) -> Vec<Row> {
    let _awake = Awake::keep();
    let [native, store, ours] = times(bench, &bench.here);
    let [native_on_workers, _, ours_on_workers] = times(bench, &bench.workers);
    vec![
        row("one client, warm instance", &native, &ours, WARM)
            .with_goal(Goal::AtLeast(0.9))
            .with_limit(native.over(&store).spread()),
        row("one client, the host's store without a guest", &native, &store, STORE),
        row("one client, worker threads", &native_on_workers, &ours_on_workers, WORKERS),
    ]
}

/// The median times of a transaction of the native client, of the host's store and of a warm instance, all on this
/// runtime.
fn times(bench: &Bench, runtime: &Runtime) -> [Samples; 3] {
    let ids = guest::ids(1);
    bench.fill(&bench.store_on_memcached(), &ids, Shape::of_size(ONE_KILOBYTE));
    let keys: Vec<String> = ids.iter().map(|id| guest::key(id)).collect();
    let client = runtime.block_on(pool(&bench.memcached.address(), 1));
    let store = bench.store_for(runtime);
    let mut native = timed(runtime, Pooled::new(client, keys.clone()));
    let mut without = timed(runtime, HostStore::new(&store, keys));
    let mut ours = timed(runtime, bench.warm_one(&store, &ids));
    let contenders = [
        Contender::new(|time| native.median(time)),
        Contender::new(|time| without.median(time)),
        Contender::new(|time| ours.median(time)),
    ];
    each_in_short_turns(bench.pace, contenders)
}

fn timed<C: Client>(runtime: &Runtime, client: C) -> Crowd<'_, Stopwatch<C>> {
    Crowd::new(runtime, vec![Stopwatch::new(client)])
}

fn row(what: &str, native: &Samples, ours: &Samples, how: &str) -> Row {
    let round = |turns: &Samples| turns.medians_of(SHORT_TURNS).spread();
    let figures = vec![Figure::new("native", round(native), "µs"), Figure::new("ours", round(ours), "µs")];
    Row::new(what, Figure::new("rate, ours ÷ native", round(&native.over(ours)), ""), figures, how)
}
