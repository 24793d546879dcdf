//! An open load of half of what the servers can do.

use super::closed::Closed;
use super::{Contestant, NATIVE, OURS};
use crate::contender::{Contender, Pace, rounds_in_turns};
use crate::load::Outcome;
use crate::peers::peer::SERVED;
use crate::row::{Figure, Goal, Row};
use crate::spread::Samples;

/// The load, as a share of the requests per second of the closed loop.
const LOAD: f64 = 0.5;

/// The percentiles.
const PERCENTILES: [f64; 3] = [50.0, 99.0, 99.9];

/// The percentile with a goal, and the goal, relative to the native server.
const GOAL: (f64, f64) = (99.0, 1.5);

const HOW: &str = "The same clients send requests at a constant rate: half of what the server did in the closed loop \
just before. The time of each request is fixed in advance, whether or not there are responses to the earlier ones, and \
its latency counts from there (so there is no coordinated omission). Percentiles are those of a round, from all \
requests, each of which must get 200. The clients, memcached and the server share the processors; what the clients wait \
for a processor counts as well, for all servers alike.";

const SAME: &str = "As before, with the same load for both: half of what ours did in the closed loop.";

/// The outcomes of the rounds of one contestant.
struct Open {
    line: &'static str,
    rate: f64,
    rounds: Vec<Outcome>,
}

/// Measures all of them in turns. The last one is the native server again, for the load of ours.
pub fn rows(pace: Pace, contestants: &mut [Contestant], closed: &[Closed]) -> Vec<Row> {
    let half = |closed: &Closed| LOAD * closed.rates.spread().median;
    let rates: Vec<f64> = closed.iter().chain([&closed[OURS]]).map(half).collect();
    let contender = |(contestant, rate): (_, &f64)| contender(contestant, *rate);
    let rounds = rounds_in_turns(pace, contestants.iter_mut().zip(&rates).map(contender).collect());
    let lines = contestants.iter().map(|contestant| contestant.line);
    let open = lines.zip(rates).zip(rounds).map(|((line, rate), rounds)| Open { line, rate, rounds });
    let mut open: Vec<Open> = open.collect();
    let same = open.pop().expect("there are servers");
    let each = PERCENTILES.iter().map(|percentile| own_load(*percentile, &open));
    let both = PERCENTILES.iter().map(|percentile| same_load(*percentile, &open[OURS], &same));
    [loads(&open)].into_iter().chain(each).chain(both).collect()
}

fn contender<'a>(contestant: &'a mut Contestant, rate: f64) -> Contender<'a, Outcome> {
    Contender::new(move |time| contestant.shoppers.open_load(rate, time).all_good())
}

impl Open {
    fn percentile(&self, percentage: f64) -> Samples {
        Samples(self.rounds.iter().map(|outcome| outcome.percentile(percentage)).collect())
    }

    fn name(&self) -> &'static str {
        if self.line == SERVED { "ours" } else { self.line }
    }
}

fn loads(open: &[Open]) -> Row {
    let rate = |open: &Open| Figure::exact(open.name(), open.rate, "a second");
    let late = open[OURS].rounds.iter().map(|outcome| outcome.late(GOAL.0)).collect();
    let late = Figure::new("p99 of how late ours were sent", Samples(late).spread(), "ms");
    let figures = open.iter().map(rate).chain([late]).collect();
    Row::new("open load, half of the closed loop's", rate(&open[OURS]), figures, HOW)
}

fn own_load(percentage: f64, open: &[Open]) -> Row {
    row(percentage, "at half of its own load", open, &open[NATIVE].percentile(percentage), HOW)
}

fn same_load(percentage: f64, ours: &Open, native: &Open) -> Row {
    row(percentage, "at the same load", [ours, native], &native.percentile(percentage), SAME)
}

fn row<'a>(
    percentage: f64,
    load: &str,
    open: impl IntoIterator<Item = &'a Open>,
    native: &Samples,
    how: &str,
) -> Row {
    let open: Vec<&Open> = open.into_iter().collect();
    let latency = |open: &&Open| Figure::new(open.name(), open.percentile(percentage).spread(), "ms");
    let ratio = open[OURS].percentile(percentage).over(native).spread();
    let figures = open.iter().map(latency).collect();
    let row = Row::new(format!("p{percentage} {load}"), Figure::new("ours ÷ axum", ratio, ""), figures, how);
    if percentage == GOAL.0 { row.with_goal(Goal::AtMost(GOAL.1)) } else { row }
}
