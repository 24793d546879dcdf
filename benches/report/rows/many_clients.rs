//! 64 concurrent clients, each with its own session.

use crate::bench::{Bench, ONE_KILOBYTE};
use crate::clients::Crowd;
use crate::contender::{Contender, SHORT_TURNS, each_in_short_turns};
use crate::crowds::{batched, pooled};
use crate::guest::{self, Shape};
use crate::native::HostStore;
use crate::row::{Figure, Goal, Row};
use crate::spread::Samples;

const CLIENTS: usize = 64;

const POOLED: &str = "64 tasks, each with a session of 1 KB, on one memcached over loopback. Native: the tasks share \
pools of the `memcache` crate, in the form that does most: worker threads that share the work, or a thread for each \
processor, with 1 to 64 connections, tried before. Ours: 64 warm instances of the composed application on the host's \
store with its defaults, on a thread for each processor, as in `serve`.";

const STORE: &str = "The same, against the host's store alone: 64 tasks make the same calls to it from native code, \
without a guest. The difference is the time of the guests; no session on this store can be quicker.";

const BATCHED: &str = "The same, against batches by hand: 64 sessions share the best number of connections of 1 to \
64, and each round trip carries the commands of all sessions on the connection, in step. No session has a task or \
an application of its own; nothing that serves requests as they come can do that.";

pub fn measure(bench: &Bench) -> Vec<Row> {
    let ids = guest::ids(CLIENTS);
    let store = bench.store_on_memcached();
    bench.fill(&store, &ids, Shape::of_size(ONE_KILOBYTE));
    let keys: Vec<String> = ids.iter().map(|id| guest::key(id)).collect();

    let (mut pooled, mut batched) = (pooled(bench, &keys), batched(bench, &keys));
    let pool = format!("native, {}", pooled.form);
    let batches = format!("batches, {}", batched.form);
    let alone = keys.iter().map(|key| HostStore::new(&store, vec![key.clone()])).collect();
    let mut alone = Crowd::spread(&bench.threads, alone);
    let mut ours = Crowd::spread(&bench.threads, bench.warm(&store, &ids));
    let contenders = [
        Contender::new(|time| pooled.crowd.rate(time)),
        Contender::new(|time| ours.rate(time)),
        Contender::new(|time| alone.rate(time)),
        Contender::new(|time| batched.crowd.rate(time)),
    ];
    let [pooled, ours, alone, batched] = each_in_short_turns(bench.pace, contenders);

    let row = |what: &str, floor: &Samples, of: String, how| {
        let round = |turns: &Samples| turns.medians_of(SHORT_TURNS).spread();
        let figures = vec![Figure::new(of, round(floor), "tx/s"), Figure::new("ours", round(&ours), "tx/s")];
        Row::new(what, Figure::new("ours ÷ native", round(&ours.over(floor)), ""), figures, how)
    };
    vec![
        row("64 clients, warm instances", &pooled, pool, POOLED)
            .with_goal(Goal::AtLeast(1.5))
            .with_limit(alone.over(&pooled).spread()),
        row("64 clients, against the host's store", &alone, "the store alone".to_owned(), STORE)
            .with_goal(Goal::AtLeast(0.5)),
        row("64 clients, against batches by hand", &batched, batches, BATCHED),
    ]
}
