//! Clients that run one transaction after another, alone or many at the same time.

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::cpu;

/// How many transactions are run between two looks at the clock where transactions are so short that looking would
/// count.
const STRIDE: u64 = 16;

/// Something that runs transactions.
pub trait Client: Send + 'static {
    /// Runs the next one.
    fn transact(&mut self) -> impl Future<Output = ()> + Send;

    /// How many transactions one call of [`Self::transact`] runs.
    fn transactions(&self) -> u64 {
        1
    }
}

/// Clients that work at the same time, each in a task of its own, as a server does it.
pub struct Crowd<'a, C> {
    runtime: &'a Runtime,
    clients: Vec<C>,
}

impl<'a, C: Client> Crowd<'a, C> {
    /// A crowd on a runtime.
    pub fn new(runtime: &'a Runtime, clients: Vec<C>) -> Self {
        Self { runtime, clients }
    }

    /// The clients, to ask them what they saw.
    pub fn clients(&mut self) -> impl Iterator<Item = &mut C> {
        self.clients.iter_mut()
    }

    /// Has all of them work for some time. Gives the transactions that they ran, and how long that took.
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

    /// Has all of them work for some time. Gives the transactions a second.
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

/// Has one client work for some time on this thread. Gives the microseconds of processor time that a transaction
/// takes. The runtime has to be one that runs everything on the thread that enters it.
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
