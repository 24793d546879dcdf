//! The native clients, in the form that does most: on worker threads that share the work, or on a thread for each
//! processor, with the best number of connections.

use std::slice;

use tokio::runtime::Runtime;

use crate::bench::Bench;
use crate::clients::{Client, Crowd};
use crate::contender::{Contender, Pace, in_turns};
use crate::native::{Batches, Pooled, pool};

/// The numbers of connections that are tried.
const CONNECTIONS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];

/// The number of rounds for each form.
const ROUNDS: usize = 3;

/// A crowd, and its form.
pub struct Best<'a, C> {
    /// The form with the highest rate.
    pub form: String,
    /// The crowd.
    pub crowd: Crowd<'a, C>,
}

/// Tasks that share a pool of connections, one task for each of these records.
pub fn pooled<'a>(bench: &'a Bench, keys: &[String]) -> Best<'a, Pooled> {
    best(bench, keys, |runtime, keys, connections| {
        let client = runtime.block_on(pool(&bench.memcached.address(), connections));
        keys.iter().map(|key| Pooled::new(client.clone(), vec![key.clone()])).collect()
    })
}

/// Tasks with one connection and a part of these records each.
pub fn batched<'a>(bench: &'a Bench, keys: &[String]) -> Best<'a, Batches> {
    best(bench, keys, |runtime, keys, connections| {
        let address = bench.memcached.address();
        let connect = |share: &[String]| Batches::connect(&address, share.to_vec());
        let shares = keys.chunks(keys.len().div_ceil(connections));
        shares.map(|share| runtime.block_on(connect(share))).collect()
    })
}

/// The crowd with the highest rate in a few rounds. It never has more connections than records. `clients` makes the
/// clients of one runtime, given its records and its number of connections.
fn best<'a, C: Client>(
    bench: &'a Bench,
    keys: &[String],
    clients: impl Fn(&Runtime, &[String], usize) -> Vec<C>,
) -> Best<'a, C> {
    let forms =
        [("on worker threads", slice::from_ref(&bench.workers)), ("on a thread each", &bench.threads)];
    let mut crowds: Vec<Best<'a, C>> = Vec::new();
    for (name, runtimes) in forms {
        let count = runtimes.len();
        for connections in CONNECTIONS.into_iter().filter(|number| (count..=keys.len()).contains(number)) {
            let parts = runtimes.iter().zip(keys.chunks(keys.len().div_ceil(count)));
            let parts = parts.map(|(runtime, keys)| (runtime, clients(runtime, keys, connections / count)));
            let form = format!("{connections} connections {name}");
            crowds.push(Best { form, crowd: Crowd::of_parts(parts) });
        }
    }
    let pace = Pace { rounds: ROUNDS, ..bench.pace };
    let contenders = crowds.iter_mut().map(|best| Contender::new(|time| best.crowd.rate(time)));
    let rates = in_turns(pace, contenders.collect());
    let numbered = rates.iter().map(|samples| samples.spread().median).zip(crowds);
    let best = numbered.max_by(|(one, _), (other, _)| one.total_cmp(other));
    best.expect("one connection always makes sense").1
}
