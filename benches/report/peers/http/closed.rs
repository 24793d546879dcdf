//! Clients that wait for each response before the next request: what the servers can do.

use std::time::Duration;

use super::{Contestant, NATIVE, OURS};
use crate::contender::{Contender, Pace, rounds_in_turns};
use crate::cpu;
use crate::peers::peer::{AXUM, EXPRESS};
use crate::row::{Figure, Goal, Row};
use crate::spread::Samples;

const HOW: &str = "64 clients, each with its own cart of 40 things (about 1 KB) on memcached and its own connection, \
POST to `/cart/items`, each one request after another: the server loads the session, adds 1 to one of the things, \
saves the session, and returns the cart. Ours is `lovely-session serve` with its defaults: a fresh instance and a line \
in the log for each request. Any response but 200 fails the bench, and so does a cart that does not have all additions \
at the end. The clients, memcached and the server share the processors, so the time that the clients take brings the \
ratios closer to 1; the processor time of a request, of all processes of the server, does not depend on them.";

/// The goals for requests per second, relative to a peer.
const GOALS: [(&str, f64); 2] = [(AXUM, 0.5), (EXPRESS, 3.0)];

/// The rounds of one contestant.
pub struct Closed {
    /// The requests per second.
    pub rates: Samples,
    /// The processor time of the server for each request, in microseconds.
    processor_times: Samples,
}

/// Measures all of them in turns.
pub fn measure(pace: Pace, contestants: &mut [Contestant]) -> Vec<Closed> {
    let rounds = rounds_in_turns(pace, contestants.iter_mut().map(contender).collect());
    let closed = |rounds: Vec<(f64, f64)>| {
        let (rates, times) = rounds.into_iter().unzip();
        Closed { rates: Samples(rates), processor_times: Samples(times) }
    };
    rounds.into_iter().map(closed).collect()
}

fn contender<'a>(contestant: &'a mut Contestant) -> Contender<'a, (f64, f64)> {
    Contender::new(|time| round(contestant, time))
}

fn round(contestant: &mut Contestant, time: Duration) -> (f64, f64) {
    let before = cpu::of_family(contestant.process);
    let (requests, took) = contestant.shoppers.work(time);
    let processor_time = cpu::of_family(contestant.process) - before;
    (requests as f64 / took.as_secs_f64(), processor_time.as_secs_f64() * 1e6 / requests as f64)
}

/// A row for each peer. The first one says how all were measured.
pub fn rows(contestants: &[Contestant], closed: &[Closed]) -> Vec<Row> {
    let ours = &closed[OURS];
    let rows = contestants.iter().zip(closed).enumerate().skip(1).map(|(position, (contestant, theirs))| {
        let what_it_does = contestant.what_it_does;
        let how = if position == NATIVE { format!("{HOW} {what_it_does}") } else { what_it_does.to_owned() };
        row(contestant, theirs, ours, how)
    });
    rows.collect()
}

fn row(contestant: &Contestant, theirs: &Closed, ours: &Closed, how: String) -> Row {
    let figures = vec![
        Figure::new("theirs", theirs.rates.spread(), "a second"),
        Figure::new("CPU a request, theirs", theirs.processor_times.spread(), "µs"),
        Figure::new("CPU a request, ours", ours.processor_times.spread(), "µs"),
        Figure::new("ours", ours.rates.spread(), "a second"),
    ];
    let result = Figure::new("ours ÷ theirs", ours.rates.over(&theirs.rates).spread(), "");
    let row = Row::new(format!("{}, 64 clients over HTTP", contestant.name), result, figures, how);
    match GOALS.iter().find(|(line, _)| *line == contestant.line) {
        Some((_, least)) => row.with_goal(Goal::AtLeast(*least)),
        None => row,
    }
}
