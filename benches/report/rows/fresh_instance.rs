//! The cost of a fresh instance for a transaction.

use crate::bench::{Bench, ONE_KILOBYTE};
use crate::clients::processor_time;
use crate::contender::{Contender, each_in_turns};
use crate::guest::{self, Fresh, Shape};
use crate::row::{Figure, Goal, Row};

const HOW: &str = "Processor time of one thread, with a session of 1 KB in memory. Warm: transactions in an \
instance of the composed application (the application and the session component, each with a memory of its own) \
that is there already. Fresh: the same, each in a new instance from the pool, which is thrown away afterwards.";

pub fn measure(bench: &Bench) -> Vec<Row> {
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
    let figures = vec![Figure::new("warm", warm.spread(), "µs"), Figure::new("fresh", fresh.spread(), "µs")];
    let result = Figure::new("fresh − warm", fresh.minus(&warm).spread(), "µs");
    vec![Row::new("fresh instance", result, figures, HOW).with_goal(Goal::AtMost(15.0))]
}
