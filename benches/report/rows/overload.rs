//! More clients than requests may run, and more requests than the server can serve.

use crate::bench::Bench;
use crate::contender::{Contender, rounds_in_turns};
use crate::load::{self, Outcome, Shoppers};
use crate::row::{Figure, Row};
use crate::spread::Samples;

/// A number of clients that the server can serve at the same time.
const FEW: usize = 64;

/// Four times as many as `--max-requests` lets run by default.
const MANY: usize = 512;

/// The load of the open loop, as a multiple of what the server can do.
const TOO_MUCH: f64 = 2.0;

const CLOSED: &str = "512 clients of `lovely-session serve` with its defaults add to carts of about 1 KB on memcached, \
each one request after another. 128 requests run at the same time; the others wait for a slot. Latencies are those of \
all responses. The clients, memcached and the server share the processors.";

const OPEN: &str = "The same clients send requests at a constant rate, twice what the server did in the closed loop just \
before, and the last response is waited for. Latencies count from the time at which a request was due, so they grow for \
as long as the load lasts.";

pub fn measure(bench: &Bench) -> Vec<Row> {
    let store = format!("memcached://{}", bench.memcached.address());
    let host = load::serve_cart(&store);
    let mut few = Shoppers::arrive(&bench.workers, host.address(), FEW);
    let mut many = Shoppers::arrive(&bench.workers, host.address(), MANY);
    let contenders =
        vec![Contender::new(|time| few.closed_load(time)), Contender::new(|time| many.closed_load(time))];
    let closed: Vec<Rounds> = rounds_in_turns(bench.pace, contenders).into_iter().map(Rounds).collect();
    let rate = TOO_MUCH * closed[1].rates().spread().median;
    let open = rounds_in_turns(bench.pace, vec![Contender::new(|time| many.open_load(rate, time))]);
    few.check();
    many.check();
    let open = open.into_iter().next().map(Rounds).expect("every contender has rounds");
    vec![closed_row(&closed[0], &closed[1]), open_row(rate, &closed[1], &open)]
}

struct Rounds(Vec<Outcome>);

impl Rounds {
    fn rates(&self) -> Samples {
        self.each(Outcome::rate)
    }

    fn percentile(&self, percentage: f64) -> Samples {
        self.each(|outcome| outcome.percentile(percentage))
    }

    fn others(&self) -> Samples {
        self.each(Outcome::others)
    }

    fn each(&self, of: impl Fn(&Outcome) -> f64) -> Samples {
        Samples(self.0.iter().map(of).collect())
    }

    /// What clients see.
    fn figures(&self) -> [Figure; 4] {
        let latency =
            |percentage| Figure::new(format!("p{percentage}"), self.percentile(percentage).spread(), "ms");
        [
            Figure::new("other than 200", self.others().spread(), "%"),
            latency(50.0),
            latency(99.0),
            Figure::new("ours", self.rates().spread(), "a second"),
        ]
    }
}

fn closed_row(few: &Rounds, many: &Rounds) -> Row {
    let before = [
        Figure::new("64 clients", few.rates().spread(), "a second"),
        Figure::new("their p99", few.percentile(99.0).spread(), "ms"),
    ];
    let figures = before.into_iter().chain(many.figures()).collect();
    let result = Figure::new("ours ÷ 64 clients", many.rates().over(&few.rates()).spread(), "");
    Row::new("512 clients, where 128 requests run at a time", result, figures, CLOSED)
}

fn open_row(rate: f64, closed: &Rounds, open: &Rounds) -> Row {
    let load = Figure::exact("load", rate, "a second");
    let figures = [load].into_iter().chain(open.figures()).collect();
    let result = open.rates().over(&closed.rates()).spread();
    Row::new("open load of twice what it can do", Figure::new("÷ closed loop", result, ""), figures, OPEN)
}
