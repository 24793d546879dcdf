//! Whether requests can be served now.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use lovely_session_host::{Error, OpenStore};
use tokio::sync::Mutex;
use tokio::time::timeout;

/// A result is used again for this long, so that many who ask do not burden the store.
const FRESH: Duration = Duration::from_millis(500);

/// How long the store has for its reply. An orchestrator often waits for one second.
const PATIENCE: Duration = Duration::from_millis(900);

/// A key that no session has.
const PROBE: &str = "ls1-readiness";

/// Why requests cannot be served now. The text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotReady {
    /// The server is stopping.
    #[error("the server is stopping after the running requests; send new ones to another server")]
    Stopping,
    /// The store did not reply in time.
    #[error(
        "the store did not reply within {} ms; check that its servers run and can be reached (`lovely-session stats`)",
        PATIENCE.as_millis()
    )]
    StoreSilent,
    /// The store failed.
    #[error("the store cannot be used: {0}; check its servers (`lovely-session stats`)")]
    StoreFailed(String),
    /// These memcached servers do not reply, so sessions on them cannot be used. Sessions on the others can.
    #[error("these servers of the store do not reply: {}; check that they run and can be reached", .0.join(", "))]
    ServersAway(Vec<String>),
}

/// Tells whether requests can be served now. Clones share what they know.
#[derive(Debug, Clone)]
pub struct Readiness {
    store: OpenStore,
    is_stopping: Arc<AtomicBool>,
    latest: Arc<Mutex<Option<Checked>>>,
}

#[derive(Debug)]
struct Checked {
    at: Instant,
    result: Result<(), NotReady>,
}

impl Readiness {
    /// The readiness of a server with this store.
    pub fn new(store: OpenStore) -> Self {
        Self { store, is_stopping: Arc::default(), latest: Arc::default() }
    }

    /// From now on the server is not ready, because it stops.
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    /// Asks the store, unless that was done within the last half second. Takes one second at most.
    ///
    /// # Errors
    ///
    /// When the server is stopping, and when the store, or one of its servers, does not reply.
    pub async fn check(&self) -> Result<(), NotReady> {
        if self.is_stopping.load(Ordering::Relaxed) {
            return Err(NotReady::Stopping);
        }
        let mut latest = self.latest.lock().await;
        if let Some(checked) = latest.as_ref().filter(|checked| checked.at.elapsed() < FRESH) {
            return checked.result.clone();
        }
        let result = ask(&self.store).await;
        *latest = Some(Checked { at: Instant::now(), result: result.clone() });
        result
    }
}

async fn ask(store: &OpenStore) -> Result<(), NotReady> {
    if let Some(memcached) = store.memcached() {
        let asked = memcached.stats(PATIENCE).await.into_iter();
        let away: Vec<_> = asked.filter(|server| server.statistics.is_err()).map(|it| it.name).collect();
        return if away.is_empty() { Ok(()) } else { Err(NotReady::ServersAway(away)) };
    }
    let read = store.key_value();
    match timeout(PATIENCE, read.get_many(vec![PROBE.to_owned()], None)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(failed(&error)),
        Err(_) => Err(NotReady::StoreSilent),
    }
}

fn failed(error: &Error) -> NotReady {
    NotReady::StoreFailed(error.to_string())
}
