//! The processor time of a request in the server.

use std::time::Duration;

use lovely_session_tests::binary::Serving;

use crate::bench::Bench;
use crate::contender::{Contender, each_in_turns};
use crate::cpu;
use crate::load::{SERVER, Shoppers};
use crate::row::{Figure, Row};

/// The number of clients, each with its own connection.
const CLIENTS: usize = 8;

const HOW: &str = "Processor time of the process `lovely-session serve` with its defaults (a fresh instance and a \
line in the log for each request), from its statistics in /proc, for each request of 8 clients that keep their \
connections. Empty: an application that returns 200, without sessions. Cart: `examples/cart`, where the same request \
adds to a cart of about 1 KB; memcached's own time does not count.";

pub fn measure(bench: &Bench) -> Vec<Row> {
    let memcached = format!("memcached://{}", bench.memcached.address());
    vec![row(bench, "memory:", "memory"), row(bench, &memcached, "memcached")]
}

fn row(bench: &Bench, store: &str, name: &str) -> Row {
    let mut empty = Load::on(bench, env!("EMPTY_WASM"), store);
    let mut cart = Load::on(bench, env!("CART_WASM"), store);
    let contenders =
        [Contender::new(|time| empty.processor_time(time)), Contender::new(|time| cart.processor_time(time))];
    let [empty, cart] = each_in_turns(bench.pace, contenders);
    let figures = vec![Figure::new("empty", empty.spread(), "µs"), Figure::new("cart", cart.spread(), "µs")];
    let result = Figure::new("cart ÷ empty", cart.over(&empty).spread(), "");
    Row::new(format!("CPU a request of `serve`, {name}"), result, figures, HOW)
}

/// A server under load.
struct Load<'a> {
    server: Serving,
    shoppers: Shoppers<'a>,
}

impl<'a> Load<'a> {
    fn on(bench: &'a Bench, application: &str, store: &str) -> Self {
        let server = Serving::start_with(application, SERVER.into_iter().chain(["--store", store]));
        let shoppers = Shoppers::arrive(&bench.workers, server.address(), CLIENTS);
        Self { server, shoppers }
    }

    /// The server's processor time for each request, in microseconds.
    fn processor_time(&mut self, time: Duration) -> f64 {
        let before = cpu::of_process(self.server.id());
        let (requests, _) = self.shoppers.work(time);
        (cpu::of_process(self.server.id()) - before).as_secs_f64() * 1e6 / requests as f64
    }
}
