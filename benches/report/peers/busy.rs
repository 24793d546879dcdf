//! Clients that change one session concurrently, on servers of other libraries and on `lovely-session serve`.

use std::net::SocketAddr;
use std::path::Path;

use lovely_session_tests::binary::Serving;

use super::Compared;
use super::peer::{PEERS, Peer, SERVED};
use super::served::Served;
use crate::bench::Bench;
use crate::busy::{Adding, CLIENTS, Rounds, Rush, Session};
use crate::contender::{Contender, rounds_in_turns};
use crate::growth::{Growth, Line};
use crate::load::{self, THINGS};
use crate::row::{Figure, Row};
use crate::spread::Samples;

/// The part of the report that the plot shows.
const PLOT: &str = "busy";

const OURS: &str = "`lovely-session serve` with `examples/cart`, as in the part `busy-session`: all clients add the \
same SKU of one cart. Rates are responses with 200 a second; slowest 1 %: the time in which 99 of 100 responses were \
there; lost: the share of the responses with 200 whose update is not in the session afterwards. All of them take turns \
on one memcached.";

/// A server in the comparison.
struct Contestant {
    line: &'static str,
    name: String,
    how: &'static str,
    address: SocketAddr,
}

/// A server, and the results of its clients, for each number of clients.
struct Outcome {
    of: Contestant,
    rounds: Vec<Rounds>,
}

/// Measures the peers that are installed in a directory, and `lovely-session serve`.
pub fn measure(bench: &Bench, directory: &Path) -> anyhow::Result<Compared> {
    let store = format!("memcached://{}", bench.memcached.address());
    let host = load::serve_cart(&store);
    let start = |peer: &Peer| peer.start(bench, directory, &bench.memcached.address());
    let served = PEERS.iter().map(start).collect::<anyhow::Result<Vec<Served>>>()?;
    let peers = PEERS.iter().zip(&served).map(|(peer, served)| theirs(peer, served));
    let contestants = [ours(&host)].into_iter().chain(peers).collect();
    let outcomes = outcomes(bench, contestants);
    Ok(Compared { rows: rows(&outcomes), plot: Some((PLOT, plots(&outcomes))) })
}

fn ours(host: &Serving) -> Contestant {
    Contestant { line: SERVED, name: "ours".to_owned(), how: OURS, address: host.address() }
}

fn theirs(peer: &Peer, served: &Served) -> Contestant {
    Contestant {
        line: peer.line,
        name: served.name().to_owned(),
        how: peer.what_it_does,
        address: served.address(),
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
        let session = Session::begin(&bench.workers, self.address, THINGS);
        let is_ours = self.line == SERVED;
        CLIENTS.map(|count| {
            let mut clients = session.clients(&[self.address], count, Adding::TheSame);
            Contender::new(move |time| {
                let rush = clients.rush(time);
                if is_ours { rush.that_lost_nothing() } else { rush }
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
        plot(outcomes, "responses with 200 a second", Rounds::rates),
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
