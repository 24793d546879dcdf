//! A running site: the cart in a language, served on a free port, with its own store.

use std::sync::Arc;

use lovely_session_host::serve::Server;
use lovely_session_host::{KeyValue, Memcached, Memory, MemoryOptions};
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::world::long_timeouts;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::applications;
use super::store::{Rival, WatchedStore};
use lovely_session_tests::language::Language;
use lovely_session_tests::visitor::Visitor;

/// A site. It stops when this is dropped, and so does its memcached.
pub struct Site {
    language: Language,
    url: String,
    /// The address of another host on the same store.
    elsewhere: String,
    store: Arc<WatchedStore>,
    memcached: Option<MemcachedServer>,
    stop: oneshot::Sender<()>,
    running: JoinHandle<usize>,
}

impl Site {
    pub async fn on_memory(language: Language) -> Self {
        Self::start(language, Arc::new(Memory::new()), None).await
    }

    /// A site whose store has a limit of `max_value_bytes` for values.
    pub async fn on_small_memory(language: Language, max_value_bytes: u64) -> Self {
        let options = MemoryOptions { max_value_bytes, ..MemoryOptions::default() };
        Self::start(language, Arc::new(Memory::new().with_options(options)), None).await
    }

    pub async fn on_memcached(language: Language) -> Self {
        Self::connect(language, MemcachedServer::start()).await
    }

    async fn connect(language: Language, memcached: MemcachedServer) -> Self {
        let address = memcached.address().parse().unwrap();
        let store = Memcached::connect(&[address], &long_timeouts()).await.unwrap();
        Self::start(language, Arc::new(store), Some(memcached)).await
    }

    async fn start(language: Language, real: Arc<dyn KeyValue>, memcached: Option<MemcachedServer>) -> Self {
        let store = Arc::new(WatchedStore::new(real));
        let bind = async || {
            let store = Arc::clone(&store) as Arc<dyn KeyValue>;
            Server::bind("127.0.0.1:0", applications::cart(language), store).await.unwrap()
        };
        let (server, other) = (bind().await, bind().await);
        let [url, elsewhere] = [&server, &other].map(|server| format!("http://{}", server.local_addr()));
        tokio::spawn(other.run(std::future::pending()));
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(server.run(async {
            let _site_dropped = stopped.await;
        }));
        Self { language, url, elsewhere, store, memcached, stop, running }
    }

    /// Stops the host, and starts another one on the same memcached.
    pub async fn restart(self) -> Self {
        self.stop.send(()).unwrap();
        assert_eq!(self.running.await.unwrap(), 0, "every request was finished");
        Self::connect(self.language, self.memcached.unwrap()).await
    }

    /// The address of a path, for a browser.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// A new visitor.
    pub fn visitor(&self) -> Visitor {
        Visitor::new(self.url.clone())
    }

    /// The number of records in the store.
    pub async fn stored(&self) -> usize {
        let stored = self.store.records().await;
        if let Some(memcached) = &self.memcached {
            assert_eq!(memcached.keys().len(), stored);
        }
        stored
    }

    /// Lets a rival win the races with the next commits. It uses another host, because on one host requests for a
    /// session take|n|/// turns.
    pub fn let_in(&self, rival: Rival) {
        let visitor = rival.visitor.at(self.elsewhere.clone());
        self.store.let_in(Rival { visitor, ..rival });
    }

    /// Stops memcached, which loses every session.
    pub fn stop_store(&mut self) {
        self.memcached.as_mut().unwrap().stop();
    }

    /// Starts memcached again, empty.
    pub fn start_store(&mut self) {
        self.memcached.as_mut().unwrap().restart();
    }
}
