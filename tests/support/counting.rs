//! Counts the calls to a store: each is one round trip.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lovely_session_host::{Entry, Error, KeyValue, Lifetime, Outcome, Write, async_trait};

/// A store that counts its calls and forwards them.
pub struct Counting {
    inner: Arc<dyn KeyValue>,
    reads: AtomicUsize,
    writes: AtomicUsize,
}

impl Counting {
    /// Counts the calls to `inner`, from zero.
    pub fn new(inner: Arc<dyn KeyValue>) -> Self {
        Self { inner, reads: AtomicUsize::new(0), writes: AtomicUsize::new(0) }
    }

    /// The reads and the writes so far.
    pub fn round_trips(&self) -> (usize, usize) {
        (self.reads.load(Ordering::SeqCst), self.writes.load(Ordering::SeqCst))
    }
}

#[async_trait]
impl KeyValue for Counting {
    async fn get_many(
        &self,
        keys: Vec<String>,
        touch: Option<Lifetime>,
    ) -> Result<Vec<Option<Entry>>, Error> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.inner.get_many(keys, touch).await
    }

    async fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, Error> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        self.inner.write_many(writes).await
    }

    async fn drop_family(&self, family: String) -> Result<(), Error> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        self.inner.drop_family(family).await
    }
}
