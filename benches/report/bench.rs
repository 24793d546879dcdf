//! The parts that all measurements share.

use std::io;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::anyhow;
use lovely_session_host::{KeyValue, Memcached, MemcachedOptions, Memory};
use lovely_session_tests::memcached::MemcachedServer;
use tokio::runtime::{Builder, Runtime};

use crate::contender::Pace;
use crate::guest::{Prepared, Shape, Warm};

/// The timeout of native clients and the host's store for memcached. On a busy machine, the defaults could stop the
/// bench.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// The size of the record in most measurements: about 1 KB.
pub const ONE_KILOBYTE: u32 = 1_000;

/// Runtimes, a memcached, and the measured application.
pub struct Bench {
    /// The duration and the number of rounds.
    pub pace: Pace,
    /// Runs everything on worker threads that share the work.
    pub workers: Runtime,
    /// One for each processor. Each runs everything on the thread that enters it, as the threads of `serve` do.
    pub threads: Vec<Runtime>,
    /// Runs everything on the thread that enters it.
    pub here: Runtime,
    /// The server of all measurements that need one; it stops when this is dropped.
    pub memcached: MemcachedServer,
    /// Makes instances.
    pub prepared: Prepared,
}

fn threads() -> io::Result<Vec<Runtime>> {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    (0..processors).map(|_| Builder::new_current_thread().enable_all().build()).collect()
}

impl Bench {
    /// Compiles the application and starts memcached with its defaults.
    pub fn new(pace: Pace) -> anyhow::Result<Self> {
        Ok(Self {
            pace,
            workers: Builder::new_multi_thread().enable_all().build()?,
            threads: threads()?,
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

    /// The host's store on the memcached, with its defaults except for the timeout, for the worker threads.
    pub fn store_on_memcached(&self) -> Arc<dyn KeyValue> {
        self.store_for(&self.workers)
    }

    /// The same for one of the runtimes. Its connections belong to the runtime on which it is used first.
    pub fn store_for(&self, runtime: &Runtime) -> Arc<dyn KeyValue> {
        let address = self.memcached.address().parse().expect("a server has an address");
        let options =
            MemcachedOptions { connect_timeout: TIMEOUT, io_timeout: TIMEOUT, ..MemcachedOptions::default() };
        let store = runtime.block_on(Memcached::connect(&[address], &options));
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

    /// A client in a warm instance that visits all of these sessions in each transaction.
    pub fn warm_one(&self, sessions: &Arc<dyn KeyValue>, ids: &[String]) -> Warm {
        self.workers.block_on(Warm::new(&self.prepared, sessions, ids.to_vec()))
    }
}
