//! Clients that run one transaction after another, alone or concurrently.

use std::thread;
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
    parts: Vec<Part<'a, C>>,
}

/// The clients on one runtime.
struct Part<'a, C> {
    runtime: &'a Runtime,
    clients: Vec<C>,
}

impl<'a, C: Client> Crowd<'a, C> {
    /// A crowd on a runtime.
    pub fn new(runtime: &'a Runtime, clients: Vec<C>) -> Self {
        Self { parts: vec![Part { runtime, clients }] }
    }

    /// A crowd on several runtimes, each of which is entered by a thread of its own.
    pub fn of_parts(parts: impl Iterator<Item = (&'a Runtime, Vec<C>)>) -> Self {
        Self { parts: parts.map(|(runtime, clients)| Part { runtime, clients }).collect() }
    }

    /// A crowd that is spread evenly over runtimes, as `serve` spreads connections.
    pub fn spread(runtimes: &'a [Runtime], clients: Vec<C>) -> Self {
        let mut parts: Vec<Vec<C>> = runtimes.iter().map(|_| Vec::new()).collect();
        for (number, client) in clients.into_iter().enumerate() {
            parts[number % runtimes.len()].push(client);
        }
        Self::of_parts(runtimes.iter().zip(parts))
    }

    /// The clients, for their results.
    pub fn clients(&mut self) -> impl Iterator<Item = &mut C> {
        self.parts.iter_mut().flat_map(|part| &mut part.clients)
    }

    /// Runs a piece of work of each concurrently. Returns the results.
    pub fn each<R, F>(&mut self, work: impl Fn(C) -> F + Sync) -> Vec<R>
    where
        R: Send + 'static,
        F: Future<Output = (C, R)> + Send + 'static,
    {
        match &mut self.parts[..] {
            [part] => part.each(work),
            parts => thread::scope(|scope| {
                let threads = parts.iter_mut().map(|part| scope.spawn(|| part.each(&work)));
                let threads: Vec<_> = threads.collect();
                let results =
                    threads.into_iter().map(|thread| thread.join().expect("clients work to their end"));
                results.flatten().collect()
            }),
        }
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

    /// Runs all of them for some time, while nothing else runs in this process. Returns the processor time of a
    /// transaction in all threads of the process, in microseconds.
    pub fn processor_time(&mut self, time: Duration) -> f64 {
        let before = cpu::of_this_process();
        let (ran, _) = self.work(time);
        (cpu::of_this_process() - before).as_secs_f64() * 1e6 / ran as f64
    }
}

impl<C: Client> Part<'_, C> {
    /// Runs a piece of work of each client concurrently. Returns the results.
    fn each<R, F>(&mut self, work: impl Fn(C) -> F) -> Vec<R>
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
        let mut took: Vec<Duration> = self.clients().flat_map(|client| client.took.drain(..)).collect();
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
