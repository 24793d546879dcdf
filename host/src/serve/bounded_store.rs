//! Keeps what one call reads from a store within a request's memory.

use std::sync::Arc;

use async_trait::async_trait;

use crate::log_targets::APPLICATION;
use crate::{Entry, Error, KeyValue, Lifetime, Outcome, Write};

/// What is allowed for an entry that has not been read yet: what memcached takes unless told otherwise.
const LARGEST_ENTRY: usize = 1 << 20;

/// A store whose reads return at most so many bytes.
///
/// Nobody knows how large the entries are before they are here, and the host holds all of a read before the guest gets
/// any of it. So a read of many keys becomes several, of as many as have room if all are of [`LARGEST_ENTRY`].
pub(super) struct BoundedStore {
    store: Arc<dyn KeyValue>,
    most: usize,
}

impl BoundedStore {
    /// A view of `store` that reads at most `most` bytes of values in one call.
    pub(super) fn new(store: Arc<dyn KeyValue>, most: usize) -> Self {
        Self { store, most }
    }

    fn too_much(&self) -> Error {
        tracing::warn!(
            target: APPLICATION,
            "the application asked for more than {} bytes of sessions at once, its memory limit",
            self.most
        );
        Error::Other(format!(
            "the entries have more than {} bytes together, which is the memory limit; read fewer at once",
            self.most
        ))
    }
}

#[async_trait]
impl KeyValue for BoundedStore {
    async fn get_many(
        &self,
        keys: Vec<String>,
        touch: Option<Lifetime>,
    ) -> Result<Vec<Option<Entry>>, Error> {
        let at_once = (self.most / LARGEST_ENTRY).max(1);
        if keys.len() <= at_once {
            return self.store.get_many(keys, touch).await;
        }
        let mut found = Vec::with_capacity(keys.len());
        let mut left = self.most;
        let mut keys = keys.into_iter();
        while keys.len() > 0 {
            let some = keys.by_ref().take(at_once).collect();
            let entries = self.store.get_many(some, touch).await?;
            let bytes = entries.iter().flatten().map(|entry| entry.value.len()).sum();
            left = left.checked_sub(bytes).ok_or_else(|| self.too_much())?;
            found.extend(entries);
        }
        Ok(found)
    }

    async fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, Error> {
        self.store.write_many(writes).await
    }

    fn logs_failures(&self) -> bool {
        self.store.logs_failures()
    }
}
