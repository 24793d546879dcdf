//! The memory of the server.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use lovely_session_tests::binary::Serving;
use lovely_session_tests::memcached::MemcachedServer;

use crate::bench::Bench;
use crate::clients::{Client, Crowd};
use crate::distance::Distance;
use crate::load::{Visitor, thing};
use crate::resident;
use crate::row::{Figure, Row};

/// The number of connections that are idle, and of requests that are in flight.
const IDLE: usize = 1000;
const IN_FLIGHT: usize = 100;

/// The time of a round trip to the store while requests are in flight, which keeps them there; how long requests are
/// sent, and when in this time the memory is read.
const ROUND_TRIP: Duration = Duration::from_millis(100);
const WHILE: Duration = Duration::from_secs(2);
const AFTER: Duration = Duration::from_secs(1);

/// The numbers of sessions between which the memory is compared, and the number of clients that begin them.
const FIRST: usize = 10_000;
const ALL: usize = 100_000;
const CLIENTS: usize = 64;

/// Room on memcached for all of them.
const ROOM: [&str; 2] = ["-m", "1024"];

const AT_REST: &str = "The resident memory of the process `lovely-session serve` with `examples/cart`, which \
it finds compiled in its cache, on memcached. Idle: before the first request. A connection: 1,000 of them, each of which has had a response and \
waits; the result is the difference that one makes.";

const BUSY: &str = "The same, while 100 clients have a request each in flight, in an instance of its own, which waits \
for a store 100 ms away; the result is the difference that one makes to 100 idle connections. Afterwards, the memory \
stays with the server for the next requests.";

const LIVE: &str = "64 clients begin one session after another, of one item each. The result is what the resident memory \
of the process grows between 10,000 sessions and 100,000, all of which are live on memcached then.";

pub fn measure(bench: &Bench) -> Vec<Row> {
    let cache = tempfile::tempdir().expect("a directory can be made");
    let compiled = Compiled(cache.path());
    let store = format!("memcached://{}", bench.memcached.address());
    // The first start compiles, which takes memory that later ones do not need.
    drop(compiled.serve(&store));
    [at_rest(bench, &compiled.serve(&store)), vec![in_flight(bench, &compiled), live(bench, &compiled)]]
        .concat()
}

/// The application in a cache of compiled code.
struct Compiled<'a>(&'a Path);

impl Compiled<'_> {
    fn serve(&self, store: &str) -> Serving {
        let cache = self.0.to_str().expect("its name is a text");
        let arguments = ["--cache", cache, "--header-timeout", "3600", "--store", store];
        Serving::start_with(env!("CART_WASM"), arguments)
    }
}

fn at_rest(bench: &Bench, server: &Serving) -> Vec<Row> {
    let idle = Figure::exact("ours", resident::of_process(server.id()), "MB");
    // The first request brings more than its connection.
    let _first = Newcomer::several(bench, server, 1);
    let before = resident::of_process(server.id());
    let _connections = Newcomer::several(bench, server, IDLE);
    let each = Figure::exact("ours", share_of_growth(server, before, IDLE), "KB");
    vec![
        Row::new("memory: an idle server", idle.clone(), vec![idle], AT_REST),
        Row::new("memory: an idle connection", each.clone(), vec![each], AT_REST),
    ]
}

fn in_flight(bench: &Bench, compiled: &Compiled) -> Row {
    let distance = Distance::to(&bench.memcached.address(), ROUND_TRIP);
    let server = compiled.serve(&distance.store());
    let mut crowd = Crowd::new(&bench.workers, Newcomer::several(bench, &server, IN_FLIGHT));
    let before = resident::of_process(server.id());
    let each = thread::scope(|scope| {
        let each = scope.spawn(|| {
            thread::sleep(AFTER);
            share_of_growth(&server, before, IN_FLIGHT)
        });
        crowd.work(WHILE);
        each.join().expect("the memory can be read")
    });
    let each = Figure::exact("ours", each, "KB");
    let after = Figure::exact("kept afterwards", share_of_growth(&server, before, IN_FLIGHT), "KB");
    Row::new("memory: a request in flight", each.clone(), vec![after, each], BUSY)
}

fn live(bench: &Bench, compiled: &Compiled) -> Row {
    let memcached = MemcachedServer::start_with(&ROOM);
    let server = compiled.serve(&format!("memcached://{}", memcached.address()));
    let idle = Figure::exact("idle", resident::of_process(server.id()), "MB");
    let mut crowd = Crowd::new(&bench.workers, Newcomer::several(bench, &server, CLIENTS));
    let mut after = |sessions| {
        begin_sessions(&mut crowd, sessions);
        resident::of_process(server.id())
    };
    let (first, all) = (after(FIRST), after(ALL - FIRST));
    let statistics = memcached.stats();
    let items = ALL + 1;
    assert_eq!(
        statistics["curr_items"],
        items.to_string(),
        "all sessions are live, and one item is their family's"
    );
    let figures = vec![idle, Figure::exact("10,000 live", first, "MB"), Figure::exact("ours", all, "MB")];
    Row::new("memory: 100,000 live sessions", Figure::exact("growth", all - first, "MB"), figures, LIVE)
}

/// Has clients begin a number of sessions, all together.
fn begin_sessions(crowd: &mut Crowd<Newcomer>, sessions: usize) {
    let begun = Arc::new(AtomicUsize::new(0));
    crowd.each(|mut newcomer| {
        let begun = Arc::clone(&begun);
        async move {
            while begun.fetch_add(1, Ordering::Relaxed) < sessions {
                newcomer.transact().await;
            }
            (newcomer, ())
        }
    });
}

/// What one of `count` makes of the growth of a server's memory, in KB.
fn share_of_growth(server: &Serving, before: f64, count: usize) -> f64 {
    (resident::of_process(server.id()) - before) * 1e3 / count as f64
}

/// A client on its own connection that begins a session with each request.
struct Newcomer(Visitor);

impl Newcomer {
    /// Several, each of which has looked at an empty cart.
    fn several(bench: &Bench, server: &Serving, count: usize) -> Vec<Self> {
        let arrive = async || {
            let mut visitor = Visitor::arrive(server.address()).await;
            visitor.look().await;
            Self(visitor)
        };
        (0..count).map(|_| bench.workers.block_on(arrive())).collect()
    }
}

impl Client for Newcomer {
    async fn transact(&mut self) {
        self.0.leave();
        self.0.add_surely(&thing(0)).await;
    }
}
