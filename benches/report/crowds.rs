//! The native clients, with the best number of connections.

use crate::bench::Bench;
use crate::clients::{Client, Crowd};
use crate::contender::{Contender, Pace, in_turns};
use crate::native::{Batches, Pooled, pool};

/// The numbers of connections that are tried.
const CONNECTIONS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];

/// The number of rounds for each number.
const ROUNDS: usize = 3;

/// A crowd, and its number of connections.
pub struct Best<'a, C> {
    /// The number of connections with the highest rate.
    pub connections: usize,
    /// The crowd.
    pub crowd: Crowd<'a, C>,
}

/// Tasks that share a pool of connections, one task for each of these records.
pub fn pooled<'a>(bench: &'a Bench, keys: &[String]) -> Best<'a, Pooled> {
    best(bench, keys, |connections| {
        let client = bench.workers.block_on(pool(&bench.memcached.address(), connections));
        keys.iter().map(|key| Pooled::new(client.clone(), vec![key.clone()])).collect()
    })
}

/// Tasks with one connection and a part of these records each.
pub fn batched<'a>(bench: &'a Bench, keys: &[String]) -> Best<'a, Batches> {
    best(bench, keys, |connections| {
        let address = bench.memcached.address();
        let connect = |share: &[String]| Batches::connect(&address, share.to_vec());
        let shares = keys.chunks(keys.len().div_ceil(connections));
        shares.map(|share| bench.workers.block_on(connect(share))).collect()
    })
}

/// The crowd with the highest rate in a few rounds. It never has more connections than records.
fn best<'a, C: Client>(bench: &'a Bench, keys: &[String], clients: impl Fn(usize) -> Vec<C>) -> Best<'a, C> {
    let sensible = CONNECTIONS.into_iter().filter(|connections| *connections <= keys.len());
    let crowd = |connections| Best { connections, crowd: Crowd::new(&bench.workers, clients(connections)) };
    let mut crowds: Vec<Best<'a, C>> = sensible.map(crowd).collect();
    let pace = Pace { rounds: ROUNDS, ..bench.pace };
    let contenders = crowds.iter_mut().map(|best| Contender::new(|time| best.crowd.rate(time)));
    let rates = in_turns(pace, contenders.collect());
    let numbered = rates.iter().map(|samples| samples.spread().median).zip(crowds);
    let best = numbered.max_by(|(one, _), (other, _)| one.total_cmp(other));
    best.expect("one connection always makes sense").1
}
