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

    /// Runs all of them for some time. Returns the number of transactions, and the time that they took.
    pub fn work(&mut self, time: Duration) -> (u64, Duration) {
        let clients = std::mem::take(&mut self.clients);
        let begun = Instant::now();
        let ran = self.runtime.block_on(async {
            let work = clients.into_iter().map(|client| tokio::spawn(work_until(client, begun + time)));
            let mut ran = 0;
            for worker in work.collect::<Vec<_>>() {
                let (client, transactions) = worker.await.expect("a client works to its end");
                ran += transactions;
                self.clients.push(client);
            }
            ran
        });
        (ran, begun.elapsed())
    }

    /// Runs all of them for some time. Returns the transactions per second.
    pub fn rate(&mut self, time: Duration) -> f64 {
        let (ran, took) = self.work(time);
        ran as f64 / took.as_secs_f64()
    }

    /// Runs all of them for some time, while nothing else runs in this process. Returns the processor time of a
    /// transaction in all threads of the process, in microseconds.
    pub fn processor_time(&mut self, time: Duration) -> f64 {
        let before = cpu::of_this_process();
        let (ran, _) = self.work(time);
        (cpu::of_this_process() - before).as_secs_f64() * 1e6 / ran as f64
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

/// A client that notes how long each transaction takes.
pub struct Stopwatch<C> {
    client: C,
    took: Vec<Duration>,
}

impl<C> Stopwatch<C> {
    /// A client with a stopwatch.
    pub fn new(client: C) -> Self {
        Self { client, took: Vec::new() }
    }
}

impl<C: Client> Client for Stopwatch<C> {
    async fn transact(&mut self) {
        let begun = Instant::now();
        self.client.transact().await;
        self.took.push(begun.elapsed());
    }
}

impl<C: Client> Crowd<'_, Stopwatch<C>> {
    /// Runs all of them for some time. Returns the median time of a transaction, in microseconds.
    pub fn median(&mut self, time: Duration) -> f64 {
        self.work(time);
        let mut took: Vec<Duration> =
            self.clients.iter_mut().flat_map(|client| client.took.drain(..)).collect();
        let middle = took.len() / 2;
        took.select_nth_unstable(middle).1.as_secs_f64() * 1e6
    }
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
