//! The program of an SDK, served on a free port with a store of its own.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use lovely_session_host::serve::{Application, Server};
use lovely_session_host::{Entry, Error, KeyValue, Lifetime, Memcached, Memory, Outcome, Write, async_trait};
use lovely_session_tests::language::Language;
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::world::long_timeouts;

use super::browser::Browser;
use crate::languages::load;

/// A running program.
pub struct Site {
    url: String,
    store: Arc<LossyStore>,
    _memcached: Option<MemcachedServer>,
}

/// What becomes of the next writes to a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Writes {
    /// They are done, and answered.
    Work,
    /// They are done, and the replies are lost.
    LoseReplies,
    /// They are not done, and nobody can tell.
    LoseRequests,
}

impl Site {
    pub async fn on_memory(language: Language) -> Self {
        Self::start(language, Arc::new(Memory::new()), None).await
    }

    pub async fn on_memcached(language: Language) -> Self {
        let memcached = MemcachedServer::start();
        let address = memcached.address().parse().unwrap();
        let store = Memcached::connect(&[address], &long_timeouts()).await.unwrap();
        Self::start(language, Arc::new(store), Some(memcached)).await
    }

    /// An application, in memory.
    pub async fn of(application: Application) -> Self {
        Self::serve(application, Arc::new(Memory::new()), None).await
    }

    async fn start(language: Language, real: Arc<dyn KeyValue>, memcached: Option<MemcachedServer>) -> Self {
        Self::serve(program(language), real, memcached).await
    }

    async fn serve(
        application: Application,
        real: Arc<dyn KeyValue>,
        memcached: Option<MemcachedServer>,
    ) -> Self {
        let store = Arc::new(LossyStore {
            real,
            writes: AtomicU32::new(Writes::Work as u32),
            written: AtomicU64::new(0),
        });
        let shared = Arc::clone(&store) as Arc<dyn KeyValue>;
        let server = Server::bind("127.0.0.1:0", application, shared).await.unwrap();
        let url = format!("http://{}/", server.local_addr());
        tokio::spawn(server.run(std::future::pending()));
        Self { url, store, _memcached: memcached }
    }

    /// A browser without a cookie.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.url)
    }

    /// The address of a path without its first `/`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The number of records that were ever written.
    pub fn stored(&self) -> u64 {
        self.store.written.load(Ordering::Relaxed)
    }

    /// Decides what becomes of writes from now on.
    pub fn let_writes(&self, writes: Writes) {
        self.store.writes.store(writes as u32, Ordering::Relaxed);
    }
}

/// The program in a language, compiled once for all tests, and kept for their next run.
fn program(language: Language) -> Application {
    static PROGRAMS: [OnceLock<Application>; 3] = [const { OnceLock::new() }; 3];
    PROGRAMS[language as usize].get_or_init(|| load(&language.sdk_program())).clone()
}

/// A real store on a network that can lose what belongs to writes.
struct LossyStore {
    real: Arc<dyn KeyValue>,
    writes: AtomicU32,
    written: AtomicU64,
}

#[async_trait]
impl KeyValue for LossyStore {
    async fn get_many(
        &self,
        keys: Vec<String>,
        touch: Option<Lifetime>,
    ) -> Result<Vec<Option<Entry>>, Error> {
        self.real.get_many(keys, touch).await
    }

    async fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, Error> {
        let unknown = vec![Outcome::Unknown; writes.len()];
        self.written.fetch_add(writes.len() as u64, Ordering::Relaxed);
        match self.writes.load(Ordering::Relaxed) {
            lost if lost == Writes::LoseRequests as u32 => Ok(unknown),
            lost if lost == Writes::LoseReplies as u32 => {
                self.real.write_many(writes).await?;
                Ok(unknown)
            }
            _ => self.real.write_many(writes).await,
        }
    }
}
