//! Transactions with many sessions, and with a large package.

use crate::bench::{Bench, ONE_KILOBYTE};
use crate::clients::processor_time;
use crate::contender::{Contender, each_in_turns};
use crate::guest::{self, Shape};
use crate::row::{Figure, Goal, Row};

/// The numbers of sessions in a transaction; 1,000 is the most.
const SESSIONS: [usize; 3] = [10, 100, 1_000];

/// The keys of the large package.
const KEYS: u32 = 10_000;

const JOINED: &str = "Processor time of one thread, on the store in memory, in a warm instance of the composed \
application, for each session of the transaction: so many sessions of 1 KB join in one call, a key of each is read and \
changed, a savepoint, commit. The result is what a session costs among 1,000 over what it costs among 10.";

const LARGE: &str = "Processor time of one thread for the transaction, on the store in memory, in a warm instance of \
the composed application: load a session with one package of 10,000 keys (200 KB), read and change one key, \
savepoint, commit.";

pub fn measure(bench: &Bench) -> Vec<Row> {
    vec![joined(bench), one_of_many_keys(bench)]
}

fn joined(bench: &Bench) -> Row {
    let contenders = SESSIONS.map(|sessions| {
        let ids = guest::ids(sessions);
        let store = bench.memory();
        bench.fill(&store, &ids, Shape::of_size(ONE_KILOBYTE));
        let mut client = bench.warm_one(&store, &ids);
        Contender::new(move |time| processor_time(&bench.here, &mut client, time) / sessions as f64)
    });
    let samples = each_in_turns(bench.pace, contenders);
    let names = SESSIONS.map(|sessions| format!("{sessions} sessions"));
    let figures = names.into_iter().zip(&samples).map(|(of, each)| Figure::new(of, each.spread(), "µs"));
    let [ten, _, thousand] = &samples;
    let result = Figure::new("1,000 ÷ 10", thousand.over(ten).spread(), "");
    Row::new("a session in a transaction", result, figures.collect(), JOINED).with_goal(Goal::AtMost(1.3))
}

fn one_of_many_keys(bench: &Bench) -> Row {
    let ids = guest::ids(1);
    let store = bench.memory();
    bench.fill(&store, &ids, Shape { packages: 1, bytes: 0, keys: KEYS });
    let mut client = bench.warm_one(&store, &ids);
    let contender = Contender::new(|time| processor_time(&bench.here, &mut client, time) / 1e3);
    let [time] = each_in_turns(bench.pace, [contender]);
    let time = Figure::new("ours", time.spread(), "ms");
    Row::new("one of 10,000 keys changed", time.clone(), vec![time], LARGE).with_goal(Goal::AtMost(0.3))
}
