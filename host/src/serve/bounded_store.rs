//! Limits the size of a read from a store to a request's memory limit.

use std::sync::Arc;

use async_trait::async_trait;
use lovely_session_key_value::{Entry, Error, KeyValue, Lifetime, Outcome, Write};

use crate::log_targets::APPLICATION;

/// The assumed size of an entry that has not been read yet: memcached's default limit.
const LARGEST_ENTRY: usize = 1 << 20;

/// A store whose reads return a limited number of bytes.
///
/// The sizes of entries are not known before they are read, and the host holds the whole result before the guest gets
/// any of it. So a read of many keys is split into several, each with as many keys as fit the limit if all entries have
/// [`LARGEST_ENTRY`] bytes.
pub(super) struct BoundedStore {
    store: Arc<dyn KeyValue>,
    max_bytes: usize,
}

impl BoundedStore {
    /// Wraps `store`; one call reads at most `max_bytes` bytes of values.
    pub(super) fn new(store: Arc<dyn KeyValue>, max_bytes: usize) -> Self {
        Self { store, max_bytes }
    }

    fn too_much(&self) -> Error {
        tracing::warn!(
            target: APPLICATION,
            "the application read more than {} bytes of sessions at once, which is its memory limit",
            self.max_bytes
        );
        Error::Other(format!(
            "the entries have more than {} bytes in total, which is the memory limit; read fewer sessions at once",
            self.max_bytes
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
        let at_once = (self.max_bytes / LARGEST_ENTRY).max(1);
        if keys.len() <= at_once {
            return self.store.get_many(keys, touch).await;
        }
        let mut found = Vec::with_capacity(keys.len());
        let mut left = self.max_bytes;
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

    async fn drop_family(&self, family: String) -> Result<(), Error> {
        self.store.drop_family(family).await
    }

    fn logs_failures(&self) -> bool {
        self.store.logs_failures()
    }
}
