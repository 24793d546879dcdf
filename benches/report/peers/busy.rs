//! Clients that change one session concurrently, on servers of other libraries and on `lovely-session serve`.

use std::net::SocketAddr;
use std::path::Path;

use lovely_session_tests::binary::Serving;

use super::Compared;
use super::served::Served;
use crate::bench::Bench;
use crate::busy::{Adding, CLIENTS, Rounds, Rush, Session};
use crate::contender::{Contender, rounds_in_turns};
use crate::growth::{Growth, Line};
use crate::load::{SERVER, Site, THINGS};
use crate::row::{Figure, Row};
use crate::spread::Samples;

/// The names of the lines of the plot: `lovely-session serve`.
pub const SERVED: &str = "lovely-session";
/// express-session with its store on memcached.
pub const EXPRESS: &str = "express-session";
/// Django's sessions in its cache on memcached.
pub const DJANGO: &str = "Django";
/// PHP's session handler on memcached.
pub const PHP: &str = "PHP";

/// The part of the report that the plot shows.
const PLOT: &str = "busy";

const OURS: &str = "`lovely-session serve` with `examples/cart`, as in the part `busy-session`: all clients add the \
same SKU of one cart. Rates are answers with 200 a second; slowest 1 %: the time in which 99 of 100 answers were there; \
lost: the share of the answers with 200 whose update is not in the session afterwards. All of them take turns on one \
memcached.";

/// A peer: its name for `serve.sh`, and its line in the plot.
struct Peer {
    name: &'static str,
    line: &'static str,
    what_it_does: &'static str,
}

const PEERS: [Peer; 3] = [
    Peer {
        name: "express",
        line: EXPRESS,
        what_it_does: "An HTTP server of Node with the middleware of express-session, on one thread. A request loads \
                       the session, adds 1 to a number, and saves it before the answer ends. The last save wins.",
    },
    Peer {
        name: "django",
        line: DJANGO,
        what_it_does: "gunicorn with two processes of 32 threads. Django's middleware loads the session, the view adds \
                       1 to a number, and the middleware saves it. The last save wins.",
    },
    Peer {
        name: "php",
        line: PHP,
        what_it_does: "nginx and php-fpm with five processes, the most that Debian's configuration allows. The session \
                       handler locks the session, asking every 150 ms whether it is free, and gives up after five \
                       more times; the program then answers 503. So nothing gets lost, but the process waits as well.",
    },
];

/// A server in the comparison.
struct Contestant {
    line: &'static str,
    name: String,
    how: &'static str,
    site: Site,
    address: SocketAddr,
    things: usize,
}

/// A server, and the results of its clients, for each number of clients.
struct Outcome {
    of: Contestant,
    rounds: Vec<Rounds>,
}

/// Measures the peers that are installed in a directory, and `lovely-session serve`.
pub fn measure(bench: &Bench, directory: &Path) -> anyhow::Result<Compared> {
    let store = format!("memcached://{}", bench.memcached.address());
    let host = Serving::start_with(env!("CART_WASM"), SERVER.into_iter().chain(["--store", &store]));
    let start = |peer: &Peer| Served::start(bench, directory, peer.name);
    let served = PEERS.iter().map(start).collect::<anyhow::Result<Vec<Served>>>()?;
    let peers = PEERS.iter().zip(&served).map(|(peer, served)| peer.contestant(served));
    let contestants = [ours(&host)].into_iter().chain(peers).collect();
    let outcomes = outcomes(bench, contestants);
    Ok(Compared { rows: rows(&outcomes), plot: Some((PLOT, plots(&outcomes))) })
}

fn ours(host: &Serving) -> Contestant {
    Contestant {
        line: SERVED,
        name: "ours".to_owned(),
        how: OURS,
        site: Site::Cart,
        address: host.address(),
        things: THINGS,
    }
}

impl Peer {
    fn contestant(&self, served: &Served) -> Contestant {
        Contestant {
            line: self.line,
            name: served.name().to_owned(),
            how: self.what_it_does,
            site: Site::Counter,
            address: served.address(),
            things: 1,
        }
    }
}

fn outcomes(bench: &Bench, contestants: Vec<Contestant>) -> Vec<Outcome> {
    let contenders = contestants.iter().flat_map(|contestant| contestant.contenders(bench)).collect();
    let mut rounds = rounds_in_turns(bench.pace, contenders).into_iter().map(Rounds);
    let outcome = |of| Outcome { of, rounds: rounds.by_ref().take(CLIENTS.len()).collect() };
    contestants.into_iter().map(outcome).collect()
}

impl Contestant {
    /// For each number of clients: all of them on one session.
    fn contenders<'a>(&self, bench: &'a Bench) -> [Contender<'a, Rush>; CLIENTS.len()] {
        let session = Session::begin(&bench.workers, self.site, self.address, self.things);
        let site = self.site;
        CLIENTS.map(|count| {
            let mut clients = session.clients(&[self.address], count, Adding::TheSame);
            Contender::new(move |time| match site {
                Site::Cart => clients.rush(time).that_lost_nothing(),
                Site::Counter => clients.rush(time),
            })
        })
    }
}

fn rows(outcomes: &[Outcome]) -> Vec<Row> {
    let several = || CLIENTS.iter().enumerate().skip(1);
    let rows = outcomes.iter().flat_map(|outcome| {
        several().map(|(index, clients)| outcome.row(*clients, index, &outcomes[0].rounds[index]))
    });
    rows.collect()
}

impl Outcome {
    fn row(&self, clients: usize, index: usize, ours: &Rounds) -> Row {
        let (one, many) = (self.rounds[0].rates(), &self.rounds[index]);
        let rate = |of: &str, samples: &Samples| Figure::new(of, samples.spread(), "a second");
        let theirs = (self.of.line != SERVED).then(|| rate("theirs", &many.rates()));
        let figures = [rate("one client", &one)].into_iter().chain(theirs).chain([
            Figure::exact("other than 200", many.others(), "%"),
            Figure::new("slowest 1 %", many.slowest().spread(), "ms"),
            Figure::exact("lost", many.lost(), "%"),
            rate("ours", &ours.rates()),
        ]);
        let result = Figure::new("÷ one client", many.rates().over(&one).spread(), "");
        Row::new(format!("{}, {clients} clients", self.of.name), result, figures.collect(), self.of.how)
    }
}

fn plots(outcomes: &[Outcome]) -> Vec<Growth> {
    vec![
        plot(outcomes, "answers with 200 a second", Rounds::rates),
        plot(outcomes, "updates a second that are there afterwards", Rounds::kept),
    ]
}

fn plot(outcomes: &[Outcome], measured: &str, of: fn(&Rounds) -> Samples) -> Growth {
    Growth {
        of: "clients on one session".to_owned(),
        in_bytes: false,
        measured: measured.to_owned(),
        lines: outcomes.iter().map(|outcome| outcome.line(of)).collect(),
    }
}

impl Outcome {
    /// The results for each number of clients, except for zero, which is not on a logarithmic scale.
    fn line(&self, of: fn(&Rounds) -> Samples) -> Line {
        let points = CLIENTS.iter().zip(&self.rounds);
        let points = points.map(|(clients, rounds)| (*clients as u32, of(rounds).spread()));
        Line {
            name: self.of.line.to_owned(),
            points: points.filter(|(_, spread)| spread.low > 0.0).collect(),
        }
    }
}
