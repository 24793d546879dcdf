//! Savepoints, by the size of the transaction; rollbacks, by the number of changes.

use std::time::{Duration, Instant};

use crate::bench::{Bench, ONE_KILOBYTE};
use crate::contender::{Contender, each_in_turns};
use crate::guest::{self, Instance, Shape};
use crate::row::{Figure, Row};

const SAVEPOINT: &str = "In an open transaction in which every session has changed: take a savepoint and release it. \
Wall time of the call into the application, less that of a call that does nothing; the median of all calls of a round.";

const ROLLBACK: &str = "In such a transaction: so many keys of one package are changed, and then the transaction \
returns to the savepoint before that. Changing is not measured. Wall time of the call into the application, less that \
of a call that does nothing; the median of all calls of a round.";

/// The sessions of a transaction: their number, and the bytes of each.
#[derive(Clone, Copy)]
struct Joined {
    sessions: usize,
    bytes: u32,
}

const ONE_SMALL: Joined = Joined { sessions: 1, bytes: ONE_KILOBYTE };
const ONE_LARGE: Joined = Joined { sessions: 1, bytes: 512_000 };

pub fn measure(bench: &Bench) -> Vec<Row> {
    let ten = Joined { sessions: 10, ..ONE_SMALL };
    let hundred = Joined { sessions: 100, ..ONE_SMALL };
    let savepoints = [
        ("savepoint, 1 session of 1 KB", ONE_SMALL),
        ("savepoint, 1 session of 512 KB", ONE_LARGE),
        ("savepoint, 10 sessions of 1 KB", ten),
        ("savepoint, 100 sessions of 1 KB", hundred),
    ];
    let rollbacks = [
        ("rollback of 1 change, 1 KB", ONE_SMALL, 1),
        ("rollback of 10 changes, 1 KB", ONE_SMALL, 10),
        ("rollback of 100 changes, 1 KB", ONE_SMALL, 100),
        ("rollback of 100 changes, 512 KB", ONE_LARGE, 100),
        ("rollback of 1000 changes, 1 KB", ONE_SMALL, 1000),
    ];
    let savepoints = savepoints.map(|(what, joined)| savepoint(bench, what, joined));
    let rollbacks = rollbacks.map(|(what, joined, changes)| rollback(bench, what, joined, changes));
    savepoints.into_iter().chain(rollbacks).collect()
}

fn savepoint(bench: &Bench, what: &str, joined: Joined) -> Row {
    row(bench, what, joined, SAVEPOINT, async |instance: &mut Instance| {
        let begun = Instant::now();
        instance.savepoint().await;
        begun.elapsed()
    })
}

fn rollback(bench: &Bench, what: &str, joined: Joined, changes: u32) -> Row {
    row(bench, what, joined, ROLLBACK, async |instance: &mut Instance| {
        instance.change(changes).await;
        let begun = Instant::now();
        instance.rollback().await;
        begun.elapsed()
    })
}

fn row(bench: &Bench, what: &str, joined: Joined, how: &str, call: impl Call) -> Row {
    let mut one = open(bench, joined);
    let mut other = open(bench, joined);
    let nothing = async |instance: &mut Instance| {
        let begun = Instant::now();
        instance.nothing().await;
        begun.elapsed()
    };
    let contenders = [
        Contender::new(|time| median(bench, &mut one, nothing, time)),
        Contender::new(|time| median(bench, &mut other, &call, time)),
    ];
    let [nothing, call] = each_in_turns(bench.pace.shorter(4), contenders);
    let figures =
        vec![Figure::new("empty call", nothing.spread(), "µs"), Figure::new("ours", call.spread(), "µs")];
    let result = Figure::new("ours − empty call", call.minus(&nothing).spread(), "µs");
    Row::new(what, result, figures, how)
}

/// An instance with a transaction that sessions have joined.
fn open(bench: &Bench, joined: Joined) -> Instance {
    let ids = guest::ids(joined.sessions);
    let store = bench.memory();
    bench.fill(&store, &ids, Shape::of_size(joined.bytes));
    bench.here.block_on(async {
        let mut instance = bench.prepared.instance(&store).await;
        instance.begin(&ids).await;
        instance
    })
}

/// A call that returns how long it took.
trait Call: AsyncFn(&mut Instance) -> Duration {}

impl<F: AsyncFn(&mut Instance) -> Duration> Call for F {}

/// The median time of a call that is repeated for some time, in microseconds.
fn median(bench: &Bench, instance: &mut Instance, call: impl Call, time: Duration) -> f64 {
    bench.here.block_on(async {
        let begun = Instant::now();
        let mut took = Vec::new();
        while begun.elapsed() < time {
            took.push(call(instance).await);
        }
        let middle = took.len() / 2;
        took.select_nth_unstable(middle).1.as_secs_f64() * 1e6
    })
}
