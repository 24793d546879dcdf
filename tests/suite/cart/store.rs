//! A wrapper around a store that counts records and lets a rival win races.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use lovely_session_host::{Entry, Error, KeyValue, Lifetime, Outcome, Write, async_trait};

use lovely_session_tests::visitor::Visitor;

/// A client that changes the cart just before another commit arrives, several times in a row.
pub struct Rival {
    /// A visitor with the same session as the one that is to lose.
    pub visitor: Visitor,
    pub path: &'static str,
    pub body: &'static str,
    pub times: u32,
}

impl Rival {
    async fn act(mut self) -> Option<Self> {
        let response = self.visitor.post_json(self.path, self.body).await;
        assert_eq!(response.status, 200, "{}", response.body);
        self.times -= 1;
        (self.times > 0).then_some(self)
    }
}

/// Forwards calls to a real store.
pub struct WatchedStore {
    real: Arc<dyn KeyValue>,
    written: Mutex<BTreeSet<String>>,
    rival: Mutex<Option<Rival>>,
}

impl WatchedStore {
    pub fn new(real: Arc<dyn KeyValue>) -> Self {
        Self { real, written: Mutex::default(), rival: Mutex::default() }
    }

    /// Lets a rival win the races with the next commits.
    pub fn let_in(&self, rival: Rival) {
        *self.rival.lock().unwrap() = Some(rival);
    }

    /// The number of entries now, under all keys that were ever written.
    pub async fn records(&self) -> usize {
        let keys: Vec<_> = self.written.lock().unwrap().iter().cloned().collect();
        let entries = self.real.get_many(keys, None).await.unwrap();
        entries.into_iter().flatten().count()
    }
}

#[async_trait]
impl KeyValue for WatchedStore {
    async fn get_many(
        &self,
        keys: Vec<String>,
        touch: Option<Lifetime>,
    ) -> Result<Vec<Option<Entry>>, Error> {
        self.real.get_many(keys, touch).await
    }

    async fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, Error> {
        // The rival is taken out while it acts, so that its own commit has no rival.
        let rival = self.rival.lock().unwrap().take();
        if let Some(rival) = rival {
            let next = rival.act().await;
            *self.rival.lock().unwrap() = next;
        }
        self.written.lock().unwrap().extend(writes.iter().map(|write| write.key.clone()));
        self.real.write_many(writes).await
    }
}
