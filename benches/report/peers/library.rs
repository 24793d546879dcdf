//! The libraries without a server: the cost of a load, a change and a save, and the number of lost updates.
//!
//! A peer is a program in `benches/peers` that uses its library as applications do, and reads commands in lines:
//!
//! | line | action | output |
//! |---|---|---|
//! | | prepares 64 sessions of 1 KB | `ready`, and its name and versions |
//! | `one MS` | one client changes a session, again and again for MS milliseconds | transactions, milliseconds |
//! | `many MS` | the same with 64 concurrent clients, each with its own session | the same |
//! | `increments N` | 64 clients add 1 to one number in one session, N times in all | the growth of the number |

use std::path::Path;
use std::sync::Arc;

use lovely_session_host::KeyValue;

use super::Compared;
use super::process::Process;
use crate::bench::{Bench, ONE_KILOBYTE};
use crate::clients::Crowd;
use crate::contender::{Contender, in_turns};
use crate::guest::{self, Shape};
use crate::row::{Figure, Row};
use crate::spread::Samples;

const CLIENTS: usize = 64;

/// The number of updates for counting the lost ones.
const INCREMENTS: u64 = 640;

/// A library, and the command of its program.
struct Peer {
    command: &'static [&'static str],
    what_it_does: &'static str,
}

const PEERS: [Peer; 4] = [
    Peer {
        command: &["axum/build/release/peer"],
        what_it_does: "A native program in Rust, on as many threads as there are processors: a `Session` of \
                       tower-sessions, on a store on memcached that is written for the bench; a number is changed, \
                       `save()`. The last save wins: what others saved since the load is overwritten, and nobody is \
                       told.",
    },
    Peer {
        command: &["node", "express/peer.js"],
        what_it_does: "The middleware of express-session finds the session by its signed cookie and loads it; the \
                       handler changes a number; `session.save` stores it. Node runs on one thread. The last save \
                       wins: what others saved since the load is overwritten, and nobody is told.",
    },
    Peer {
        command: &["python/venv/bin/python", "python/django_peer.py"],
        what_it_does: "Django's cache sessions on its pymemcache backend: `SessionStore(key)` is loaded, a number is \
                       changed, `save()`. 64 clients are 64 threads, of which Python runs one at a time. The last \
                       save wins: what others saved since the load is overwritten, and nobody is told.",
    },
    Peer {
        command: &["python/venv/bin/python", "python/beaker_peer.py"],
        what_it_does: "Beaker's `Session` on its memcached backend with python-memcached: loaded, a number is \
                       changed, `save()`. 64 clients are 64 threads, of which Python runs one at a time. Its locks \
                       guard a load or a save, and not what is between. The last save wins, and nobody is told.",
    },
];

/// Measures the peers that are installed in a directory, and the component.
pub fn measure(bench: &Bench, directory: &Path) -> anyhow::Result<Compared> {
    let address = bench.memcached.address();
    let start = |peer: &Peer| Process::start(directory, peer.command, &address);
    let mut peers = PEERS.iter().map(start).collect::<anyhow::Result<Vec<Process>>>()?;
    let store = bench.store_on_memcached();
    let one = rates(bench, &store, &mut peers, "one", 1);
    let many = rates(bench, &store, &mut peers, "many", CLIENTS);
    let lost = lost_updates(bench, &store, &mut peers);
    let rows = peers.iter().zip(&PEERS).enumerate().flat_map(|(index, (process, peer))| {
        [
            faster(format!("{}, one client", process.name()), &one, index + 1, peer),
            faster(format!("{}, 64 clients", process.name()), &many, index + 1, peer),
            losing(format!("{}, lost updates", process.name()), &lost, index + 1, peer),
        ]
    });
    Ok(Compared { rows: rows.collect(), plot: None })
}

/// The transactions per second of the component and of each peer.
fn rates(
    bench: &Bench,
    store: &Arc<dyn KeyValue>,
    peers: &mut [Process],
    command: &str,
    clients: usize,
) -> Vec<Samples> {
    let ids = guest::ids(clients);
    bench.fill(store, &ids, Shape::of_size(ONE_KILOBYTE));
    let mut ours = Crowd::spread(&bench.threads, bench.warm(store, &ids));
    let peers = peers.iter_mut().map(|peer| Contender::new(|time| peer.rate(command, time)));
    in_turns(bench.pace, [Contender::new(|time| ours.rate(time))].into_iter().chain(peers).collect())
}

/// The number of lost updates with the component and with each peer.
fn lost_updates(bench: &Bench, store: &Arc<dyn KeyValue>, peers: &mut [Process]) -> Vec<Samples> {
    let lost = |stored: u64| INCREMENTS as f64 - stored as f64;
    let peers = peers.iter_mut().map(|peer| Contender::new(move |_| lost(peer.increments(INCREMENTS))));
    let ours = Contender::new(|_| lost(bench.workers.block_on(increments(bench, store))));
    in_turns(bench.pace, [ours].into_iter().chain(peers).collect())
}

/// Lets 64 clients visit one session, and retries each visit until it succeeds. Returns the growth of its number.
async fn increments(bench: &Bench, store: &Arc<dyn KeyValue>) -> u64 {
    let id = "everybody's";
    bench.prepared.fill(store, &[id.to_owned()], Shape::of_size(ONE_KILOBYTE)).await;
    let mut reader = bench.prepared.instance(store).await;
    let before = reader.count(id).await;
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let mut instance = bench.prepared.instance(store).await;
        clients.push(tokio::spawn(async move {
            for _ in 0..INCREMENTS / CLIENTS as u64 {
                while !instance.visit(id).await {}
            }
        }));
    }
    for client in clients {
        client.await.expect("a client works to its end");
    }
    reader.count(id).await - before
}

fn faster(what: String, rates: &[Samples], peer: usize, of: &Peer) -> Row {
    let (ours, theirs) = (&rates[0], &rates[peer]);
    let figures =
        vec![Figure::new("theirs", theirs.spread(), "tx/s"), Figure::new("ours", ours.spread(), "tx/s")];
    Row::new(what, Figure::new("ours ÷ theirs", ours.over(theirs).spread(), ""), figures, of.what_it_does)
}

fn losing(what: String, lost: &[Samples], peer: usize, of: &Peer) -> Row {
    let of_all = |whose: &str, samples: &Samples| Figure::new(whose, samples.spread(), "of 640");
    let figures = vec![of_all("theirs", &lost[peer]), of_all("ours", &lost[0])];
    Row::new(what, of_all("theirs", &lost[peer]), figures, of.what_it_does)
}
