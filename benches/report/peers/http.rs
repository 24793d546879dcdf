//! The same cart on `lovely-session serve` and on servers of other libraries, over HTTP.

mod closed;
mod open;

use std::path::Path;

use lovely_session_tests::binary::Serving;

use super::Compared;
use super::peer::{PEERS, Peer, SERVED};
use super::served::Served;
use crate::bench::Bench;
use crate::load::{self, Shoppers};

/// The number of clients, each with its own session and connection.
const CLIENTS: usize = 64;

/// The positions of contestants: ours first, then the peers, beginning with the native one.
const OURS: usize = 0;
const NATIVE: usize = 1;

/// A server and its clients.
struct Contestant<'a> {
    /// A short name.
    line: &'static str,
    /// Its name and versions.
    name: String,
    what_it_does: &'static str,
    /// The process that has started all others of it.
    process: u32,
    shoppers: Shoppers<'a>,
}

impl<'a> Contestant<'a> {
    fn ours(bench: &'a Bench, host: &Serving) -> Self {
        Self {
            line: SERVED,
            name: "ours".to_owned(),
            what_it_does: "",
            process: host.id(),
            shoppers: Shoppers::arrive(&bench.workers, host.address(), CLIENTS),
        }
    }

    fn theirs(bench: &'a Bench, peer: &Peer, served: &Served) -> Self {
        Self {
            line: peer.line,
            name: served.name().to_owned(),
            what_it_does: peer.what_it_does,
            process: served.id(),
            shoppers: Shoppers::arrive(&bench.workers, served.address(), CLIENTS),
        }
    }
}

/// Measures the peers that are installed in a directory, and `lovely-session serve`.
pub fn measure(bench: &Bench, directory: &Path) -> anyhow::Result<Compared> {
    let store = format!("memcached://{}", bench.memcached.address());
    let host = load::serve_cart(&store);
    let start = |peer: &Peer| peer.start(bench, directory, &bench.memcached.address());
    let served = PEERS.iter().map(start).collect::<anyhow::Result<Vec<Served>>>()?;
    let mut contestants = vec![Contestant::ours(bench, &host)];
    contestants
        .extend(PEERS.iter().zip(&served).map(|(peer, served)| Contestant::theirs(bench, peer, served)));
    let closed = closed::measure(bench.pace, &mut contestants);
    let mut rows = closed::rows(&contestants, &closed);
    // The native server once more, for the load that ours gets.
    contestants.push(Contestant::theirs(bench, &PEERS[0], &served[0]));
    rows.extend(open::rows(bench.pace.longer(), &mut contestants, &closed));
    for contestant in &mut contestants {
        contestant.shoppers.check();
    }
    Ok(Compared { rows, plot: None })
}
