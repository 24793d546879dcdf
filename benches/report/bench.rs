//! What all measurements share.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use lovely_session_host::{KeyValue, Memcached, MemcachedOptions, Memory};
use lovely_session_tests::memcached::MemcachedServer;
use tokio::runtime::{Builder, Runtime};

use crate::contender::Pace;
use crate::guest::{Prepared, Shape, Warm};

/// How long clients wait for memcached, natively and in the host's store: on a machine that is busy with other things,
/// the defaults would end the bench.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The record that most measurements work on: about 1 KB.
pub const ONE_KILOBYTE: u32 = 1_000;

/// Two runtimes, a memcached, and the application that is measured.
pub struct Bench {
    /// How long and how often things are measured.
    pub pace: Pace,
    /// Runs everything on worker threads, as `serve` does.
    pub workers: Runtime,
    /// Runs everything on the thread that enters it.
    pub here: Runtime,
    /// The server of all measurements that need one; it stops when this is dropped.
    pub memcached: MemcachedServer,
    /// What makes instances.
    pub prepared: Prepared,
}

impl Bench {
    /// Compiles the application and starts memcached with its defaults.
    pub fn new(pace: Pace) -> anyhow::Result<Self> {
        Ok(Self {
            pace,
            workers: Builder::new_multi_thread().enable_all().build()?,
            here: Builder::new_current_thread().enable_all().build()?,
            memcached: MemcachedServer::start(),
            prepared: Prepared::new()
                .map_err(|error| anyhow!("the application cannot be prepared: {error:#}"))?,
        })
    }

    /// A new, empty store in memory.
    pub fn memory(&self) -> Arc<dyn KeyValue> {
        Arc::new(Memory::new())
    }

    /// The host's store on the memcached, with its defaults but for patience.
    pub fn store_on_memcached(&self) -> Arc<dyn KeyValue> {
        let address = self.memcached.address().parse().expect("a server has an address");
        let options = MemcachedOptions {
            connect_timeout: PATIENCE,
            io_timeout: PATIENCE,
            ..MemcachedOptions::default()
        };
        let store = self.workers.block_on(Memcached::connect(&[address], &options));
        Arc::new(store.expect("memcached is fit for sessions"))
    }

    /// Stores sessions of one shape.
    pub fn fill(&self, sessions: &Arc<dyn KeyValue>, ids: &[String], shape: Shape) {
        self.workers.block_on(self.prepared.fill(sessions, ids, shape));
    }

    /// Clients in warm instances, one for each session.
    pub fn warm(&self, sessions: &Arc<dyn KeyValue>, ids: &[String]) -> Vec<Warm> {
        let clients = ids.iter().map(|id| self.warm_one(sessions, std::slice::from_ref(id)));
        clients.collect()
    }

    /// One client in a warm instance, which visits all of these sessions in each transaction.
    pub fn warm_one(&self, sessions: &Arc<dyn KeyValue>, ids: &[String]) -> Warm {
        self.workers.block_on(Warm::new(&self.prepared, sessions, ids.to_vec()))
    }
}
