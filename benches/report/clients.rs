//! Clients that run one transaction after another, alone or concurrently.

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::cpu;

/// The number of transactions between two reads of the clock, where transactions are so short that reading it matters.
const STRIDE: u64 = 16;

/// A client that runs transactions.
pub trait Client: Send + 'static {
    /// Runs the next one.
    fn transact(&mut self) -> impl Future<Output = ()> + Send;

    /// The number of transactions in one call of [`Self::transact`].
    fn transactions(&self) -> u64 {
        1
    }
}

/// Concurrent clients, each in a separate task, as in a server.
pub struct Crowd<'a, C> {
    runtime: &'a Runtime,
    clients: Vec<C>,
}

impl<'a, C: Client> Crowd<'a, C> {
    /// A crowd on a runtime.
    pub fn new(runtime: &'a Runtime, clients: Vec<C>) -> Self {
        Self { runtime, clients }
    }

    /// The clients, for their results.
    pub fn clients(&mut self) -> impl Iterator<Item = &mut C> {
        self.clients.iter_mut()
    }

    /// Runs a piece of work of each concurrently. Returns the results.
    pub fn each<R, F>(&mut self, work: impl Fn(C) -> F) -> Vec<R>
    where
        R: Send + 'static,
        F: Future<Output = (C, R)> + Send + 'static,
    {
        let clients = std::mem::take(&mut self.clients);
        self.runtime.block_on(async {
            let workers: Vec<_> = clients.into_iter().map(|client| tokio::spawn(work(client))).collect();
            let mut results = Vec::new();
            for worker in workers {
                let (client, result) = worker.await.expect("a client works to its end");
                self.clients.push(client);
                results.push(result);
            }
            results
        })
    }

    /// Runs all of them for some time. Returns the number of transactions, and the time that they took.
    pub fn work(&mut self, time: Duration) -> (u64, Duration) {
        let begun = Instant::now();
        let ran = self.each(|client| work_until(client, begun + time));
        (ran.iter().sum(), begun.elapsed())
    }

    /// Runs all of them for some time. Returns the transactions per second.
    pub fn rate(&mut self, time: Duration) -> f64 {
        let (ran, took) = self.work(time);
        ran as f64 / took.as_secs_f64()
    }
}

async fn work_until<C: Client>(mut client: C, end: Instant) -> (C, u64) {
    let mut ran = 0;
    while Instant::now() < end {
        client.transact().await;
        ran += client.transactions();
    }
    (client, ran)
}

/// Runs one client for some time on this thread. Returns the processor time of a transaction, in microseconds. The
/// runtime must run everything on the thread that enters it.
pub fn processor_time<C: Client>(runtime: &Runtime, client: &mut C, time: Duration) -> f64 {
    runtime.block_on(async {
        let (begun, worked) = (Instant::now(), cpu::of_this_thread());
        let mut ran = 0;
        while begun.elapsed() < time {
            for _ in 0..STRIDE {
                client.transact().await;
            }
            ran += STRIDE * client.transactions();
        }
        (cpu::of_this_thread() - worked).as_secs_f64() * 1e6 / ran as f64
    })
}
