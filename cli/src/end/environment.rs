//! The environment of the core in this process: a store of the host's, the system's clock, and randomness.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lovely_session_core::{Clock, Entry, Lifetime, Observer, Outcome, Random, Store, StoreError, Write};
use lovely_session_host::KeyValue;
use tokio::runtime::Handle;

/// A store of the host's, for the core. Use it on a thread that may block.
#[derive(Clone)]
pub struct Host {
    store: Arc<dyn KeyValue>,
    runtime: Handle,
}

impl Host {
    /// Calls of the store run on this runtime.
    pub fn new(store: Arc<dyn KeyValue>, runtime: Handle) -> Self {
        Self { store, runtime }
    }
}

impl Store for Host {
    fn get_many(&self, keys: &[String], touch: Option<Lifetime>) -> Result<Vec<Option<Entry>>, StoreError> {
        self.runtime.block_on(self.store.get_many(keys.to_vec(), touch))
    }

    fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, StoreError> {
        self.runtime.block_on(self.store.write_many(writes))
    }
}

impl Clock for Host {
    fn now(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}

impl Observer for Host {}

impl Random for Host {
    /// From the random keys of the standard library. That is enough for marks, which have to differ; this command draws
    /// no ids, which would be secrets.
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let bytes = RandomState::new().hash_one(()).to_ne_bytes();
            chunk.iter_mut().zip(bytes).for_each(|(target, byte)| *target = byte);
        }
    }
}
