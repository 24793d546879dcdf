//! Servers whose store is at a distance.

use std::net::SocketAddr;
use std::time::Duration;

use lovely_session_tests::binary::Serving;

use crate::bench::Bench;
use crate::contender::{Contender, Pace, in_turns};
use crate::load::{SERVER, Shoppers};
use crate::row::Figure;
use crate::spread::Samples;

/// The distances, as the time of a round trip.
pub const DISTANCES: [(&str, Duration); 2] =
    [("200 µs", Duration::from_micros(200)), ("5 ms", Duration::from_millis(5))];

/// How it is measured.
pub const HOW: &str = "Clients add to carts of about 1 KB, as over HTTP, while what goes to memcached and back passes a \
proxy, which delays it by half of a round trip in each direction, and forwards pipelined commands together. The proxy, \
the clients, memcached and the server share the processors.";

/// The number of clients.
const CLIENTS: usize = 64;

/// A server with many clients, and with one.
pub struct Far<'a> {
    many: Shoppers<'a>,
    one: Shoppers<'a>,
}

/// The results of rounds.
pub struct Measured {
    /// The requests per second of all clients.
    pub rates: Samples,
    /// The milliseconds of a request of the one client.
    pub latencies: Samples,
}

impl<'a> Far<'a> {
    /// `lovely-session serve` with a cart on a store.
    pub fn host(store: &str) -> Serving {
        Serving::start_with(env!("CART_WASM"), SERVER.into_iter().chain(["--store", store]))
    }

    /// The clients of a server.
    pub fn of(bench: &'a Bench, server: SocketAddr) -> Self {
        let arrive = |count| Shoppers::arrive(&bench.workers, server, count);
        Self { many: arrive(CLIENTS), one: arrive(1) }
    }

    /// Measures servers in turns, and checks the carts of their clients.
    pub fn in_turns<const N: usize>(pace: Pace, mut servers: [&mut Far<'a>; N]) -> [Measured; N] {
        let contenders = servers.iter_mut().flat_map(|far| {
            let Far { many, one } = &mut **far;
            [Contender::new(|time| many.rate(time)), Contender::new(|time| 1e3 / one.rate(time))]
        });
        let mut samples = in_turns(pace, contenders.collect()).into_iter();
        let mut next = || samples.next().expect("every contender has samples");
        let measured = std::array::from_fn(|_| Measured { rates: next(), latencies: next() });
        for far in servers {
            far.many.check();
            far.one.check();
        }
        measured
    }
}

impl Measured {
    /// The requests per second, as a figure.
    pub fn rate(&self, of: &str) -> Figure {
        Figure::new(of, self.rates.spread(), "a second")
    }

    /// The time of a request, as a figure.
    pub fn latency(&self, of: &str) -> Figure {
        Figure::new(of, self.latencies.spread(), "ms")
    }
}
