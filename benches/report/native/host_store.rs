//! The calls of a transaction to a store of the host, from native code.

use std::sync::Arc;

use lovely_session_host::{Change, Expectation, KeyValue, Lifetime, Outcome, Write};

use super::LIFETIME;
use crate::clients::Client;

/// Loads a record and stores it again, with the same bytes.
pub struct HostStore {
    store: Arc<dyn KeyValue>,
    keys: Vec<String>,
}

impl HostStore {
    /// A client that works on these records in every transaction.
    pub fn new(store: &Arc<dyn KeyValue>, keys: Vec<String>) -> Self {
        Self { store: Arc::clone(store), keys }
    }
}

impl Client for HostStore {
    async fn transact(&mut self) {
        let lifetime = Lifetime::Seconds(LIFETIME);
        let entries = self.store.get_many(self.keys.clone(), Some(lifetime)).await.unwrap();
        let write = |(key, entry): (&String, _)| {
            let entry: lovely_session_host::Entry = Option::expect(entry, "the record is there");
            let expects = Expectation::Version(entry.version);
            Write { key: key.clone(), expects, change: Change::Put { value: entry.value, lifetime } }
        };
        let writes = self.keys.iter().zip(entries).map(write).collect();
        let outcomes = self.store.write_many(writes).await.unwrap();
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Applied(_))));
    }
}
