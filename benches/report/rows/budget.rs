//! The time of a request, layer by layer.

use lovely_session_tests::binary::Serving;

use crate::bench::{Bench, ONE_KILOBYTE};
use crate::clients::{Client, Crowd};
use crate::contender::{Contender, each_in_turns};
use crate::guest::{self, Fresh, Relay, Shape};
use crate::load::{SERVER, Shopper};
use crate::native::{HostStore, Pooled, pool};
use crate::row::{Figure, Row};
use crate::spread::Samples;

const HOW: &str = "Wall time of a transaction of one client on a session of 1 KB, on memcached over loopback, as \
layers are put on top of each other: the native client with two round trips; the host's store in its place; the same \
two calls from an instance; a visit of the session from there; the same in a fresh instance each time. The result is \
what each layer adds to the one before.";

const HTTP: &str = "Wall time of a request of one client that keeps its connection, to `lovely-session serve` with \
an application that responds with 200 and does nothing else: HTTP, a fresh instance of that application, and a line in the \
log.";

pub fn measure(bench: &Bench) -> Vec<Row> {
    let ids = guest::ids(1);
    let key = guest::key(&ids[0]);
    let store = bench.store_on_memcached();
    bench.fill(&store, &ids, Shape::of_size(ONE_KILOBYTE));
    let client = bench.workers.block_on(pool(&bench.memcached.address(), 1));
    let relay = bench.workers.block_on(Relay::new(&bench.prepared, &store, &ids[0]));
    let server = Serving::start_with(env!("EMPTY_WASM"), SERVER);
    let shopper = bench.workers.block_on(Shopper::arrive(server.address()));
    let contenders = [
        alone(bench, Pooled::new(client, vec![key.clone()])),
        alone(bench, HostStore::new(&store, vec![key])),
        alone(bench, relay),
        alone(bench, bench.warm_one(&store, &ids)),
        alone(bench, Fresh::new(&bench.prepared, &store, &ids[0])),
        alone(bench, shopper),
    ];
    let [native, port, relay, warm, fresh, http] = each_in_turns(bench.pace, contenders);
    vec![
        only("budget: the native client", &native, HOW),
        layer("budget: the host's store", &port, &native),
        layer("budget: called from an instance", &relay, &port),
        layer("budget: sessions", &warm, &relay),
        layer("budget: a fresh instance", &fresh, &warm),
        only("budget: HTTP and an empty application", &http, HTTP),
    ]
}

/// One client on the worker threads, in microseconds a transaction.
fn alone<'a>(bench: &'a Bench, client: impl Client) -> Contender<'a> {
    let mut crowd = Crowd::new(&bench.workers, vec![client]);
    Contender::new(move |time| 1e6 / crowd.rate(time))
}

fn only(what: &str, time: &Samples, how: &str) -> Row {
    let time = Figure::new("ours", time.spread(), "µs");
    Row::new(what, time.clone(), vec![time], how)
}

fn layer(what: &str, with: &Samples, without: &Samples) -> Row {
    let figures =
        vec![Figure::new("without", without.spread(), "µs"), Figure::new("ours", with.spread(), "µs")];
    Row::new(what, Figure::new("added", with.minus(without).spread(), "µs"), figures, HOW)
}
