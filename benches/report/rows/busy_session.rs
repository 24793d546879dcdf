//! Many clients that change one session concurrently.

use std::net::SocketAddr;

use lovely_session_tests::binary::Serving;

use crate::bench::Bench;
use crate::busy::{Adding, CLIENTS, Rounds, Session};
use crate::contender::{Contender, rounds_in_turns};
use crate::load::{self, THINGS};
use crate::row::{Figure, Goal, Row};

/// The largest number of clients, which is also the number of items.
const MOST: usize = CLIENTS[CLIENTS.len() - 1];

/// The number of clients of two hosts.
const SHARED: usize = 64;

/// The goal for two hosts, relative to one client on one host.
const TWO_HOSTS: f64 = 0.6;

/// The goal for the slowest 1 %, as a multiple of the wait in a perfect queue.
const SLOWEST: f64 = 3.0;

const HOW: &str = "Clients on connections of their own POST to `/cart/items` of `examples/cart` with one cookie, each \
one request after another: all of them the same SKU of a cart with 40 things, or each another SKU of a cart with 256. \
`lovely-session serve` with its defaults keeps it on memcached; two hosts are two processes, with half of the clients \
each. The result is the number of responses with 200 a second, over that of one client of the same cart on one host. After \
each round, the cart is read: if its growth is not the number of responses with 200, the bench fails. (A request with \
another response may have been done, if the response says that this is not known.)";

const OTHERS: &str =
    "The share of the responses that were not 200, over all rounds. The result is the worst.";

const SLOW: &str = "The time in which 99 of 100 responses were there, whatever their status, over what a perfect queue \
would take: as long as one client, in the same turn, waits for as many responses one after the other. The result is the \
worst.";

pub fn measure(bench: &Bench) -> Vec<Row> {
    let store = format!("memcached://{}", bench.memcached.address());
    let serve = || load::serve_cart(&store);
    let serving = [serve(), serve()];
    let hosts = serving.each_ref().map(Serving::address);
    let scenarios = SETTINGS.each_ref().map(|setting| Scenario::measure(bench, &hosts, setting));
    let rates = scenarios.iter().flat_map(|scenario| scenario.many.iter().map(|many| scenario.rate(many)));
    rates
        .chain(scenarios.iter().map(Scenario::others))
        .chain(scenarios.iter().map(Scenario::slowest))
        .collect()
}

/// A cart, and the items that its clients add.
struct Setting {
    name: &'static str,
    things: usize,
    adding: Adding,
    /// The goal for many clients on one host, relative to one client.
    goal: f64,
}

const SETTINGS: [Setting; 2] = [
    Setting { name: "one key", things: THINGS, adding: Adding::TheSame, goal: 0.9 },
    Setting { name: "a key each", things: MOST, adding: Adding::AnotherEach, goal: 1.0 },
];

/// The results of many clients.
struct Many {
    clients: usize,
    hosts: usize,
    rounds: Rounds,
}

impl Many {
    fn name(&self) -> String {
        let hosts = if self.hosts == 1 { "" } else { ", two hosts" };
        format!("{} clients{hosts}", self.clients)
    }
}

/// The results of one client of a cart, and of many.
struct Scenario<'a> {
    setting: &'a Setting,
    one: Rounds,
    many: Vec<Many>,
}

impl<'a> Scenario<'a> {
    fn measure(bench: &Bench, hosts: &[SocketAddr; 2], setting: &'a Setting) -> Self {
        let session = Session::begin(&bench.workers, hosts[0], setting.things);
        let crowds: Vec<(usize, usize)> =
            CLIENTS.map(|clients| (clients, 1)).into_iter().chain([(SHARED, 2)]).collect();
        let contender = |(clients, servers): &(usize, usize)| {
            let mut clients = session.clients(&hosts[..*servers], *clients, setting.adding);
            Contender::new(move |time| clients.rush(time).that_lost_nothing())
        };
        let rounds = rounds_in_turns(bench.pace, crowds.iter().map(contender).collect());
        let mut all = crowds.into_iter().zip(rounds);
        let one = Rounds(all.next().map(|(_, rounds)| rounds).unwrap_or_default());
        let many = all.map(|((clients, hosts), rounds)| Many { clients, hosts, rounds: Rounds(rounds) });
        Self { setting, many: many.collect(), one }
    }

    fn rate(&self, many: &Many) -> Row {
        let (one, ours) = (self.one.rates(), many.rounds.rates());
        let figures = vec![
            Figure::new("one client", one.spread(), "a second"),
            Figure::new("ours", ours.spread(), "a second"),
        ];
        let result = Figure::new("ours ÷ one client", ours.over(&one).spread(), "");
        let goal = if many.hosts == 1 { self.setting.goal } else { TWO_HOSTS };
        Row::new(format!("{}, {}", many.name(), self.setting.name), result, figures, HOW)
            .with_goal(Goal::AtLeast(goal))
    }

    fn others(&self) -> Row {
        let figures: Vec<Figure> =
            self.many.iter().map(|many| Figure::exact(many.name(), many.rounds.others(), "%")).collect();
        let most = figures.iter().map(|figure| figure.value.median).fold(0.0, f64::max);
        let result = Figure::exact("worst", most, "%");
        Row::new(format!("responses other than 200, {}", self.setting.name), result, figures, OTHERS)
            .with_goal(Goal::AtMost(0.0))
    }

    fn slowest(&self) -> Row {
        let one_host = || self.many.iter().filter(|many| many.hosts == 1);
        let figures = one_host().map(|many| Figure::new(many.name(), many.rounds.slowest().spread(), "ms"));
        let ratios = one_host().map(|many| many.rounds.slowest_over_queue(many.clients, &self.one).spread());
        let most = ratios.max_by(|one, other| one.median.total_cmp(&other.median)).expect("there are crowds");
        let result = Figure::new("÷ perfect queue, worst", most, "");
        Row::new(format!("slowest 1 %, {}", self.setting.name), result, figures.collect(), SLOW)
            .with_goal(Goal::AtMost(SLOWEST))
    }
}
