//! A server with many clients, and with one.

use std::net::SocketAddr;

use crate::bench::Bench;
use crate::contender::{Contender, Pace, in_turns};
use crate::load::Shoppers;
use crate::row::Figure;
use crate::spread::Samples;

/// The number of clients.
const CLIENTS: usize = 64;

/// The clients of a server: many, and one alone, which do not send requests at the same time.
pub struct Loads<'a> {
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

impl<'a> Loads<'a> {
    /// Connects the clients of a server, and fills their carts.
    pub fn on(bench: &'a Bench, server: SocketAddr) -> Self {
        let arrive = |count| Shoppers::arrive(&bench.workers, server, count);
        Self { many: arrive(CLIENTS), one: arrive(1) }
    }

    /// Measures servers in turns, and checks the carts of their clients.
    pub fn in_turns<const N: usize>(pace: Pace, mut servers: [&mut Loads<'a>; N]) -> [Measured; N] {
        let contenders = servers.iter_mut().flat_map(|loads| {
            let Loads { many, one } = &mut **loads;
            [Contender::new(|time| many.rate(time)), Contender::new(|time| 1e3 / one.rate(time))]
        });
        let mut samples = in_turns(pace, contenders.collect()).into_iter();
        let mut next = || samples.next().expect("every contender has samples");
        let measured = std::array::from_fn(|_| Measured { rates: next(), latencies: next() });
        for loads in servers {
            loads.many.check();
            loads.one.check();
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
