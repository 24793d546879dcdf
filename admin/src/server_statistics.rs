//! What memcached servers told about themselves lately.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lovely_session_host::{Memcached, Statistics};
use tokio::sync::Mutex as AsyncMutex;

/// What was told is this old at most when it is used again. A page and a scraper that ask at the same time cost one
/// question.
const FRESH: Duration = Duration::from_millis(900);

/// How long servers have for their replies. A scraper waits for ten seconds.
const PATIENCE: Duration = Duration::from_secs(1);

/// What each server told when it was asked last. A server that does not reply has nothing here.
pub(crate) type Told = Vec<(String, Statistics)>;

/// Asks the servers, at most once at a time and about once a second. Clones share what they know.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServerStatisticsCache {
    latest: Arc<Mutex<Told>>,
    /// When the servers were asked last. It is locked while they are asked.
    asked: Arc<AsyncMutex<Option<Instant>>>,
}

impl ServerStatisticsCache {
    /// Asks the servers, unless that was done just now. Takes as long as [`PATIENCE`] at most.
    pub(crate) async fn refresh(&self, store: &Memcached) {
        let mut asked = self.asked.lock().await;
        if asked.is_some_and(|at| at.elapsed() < FRESH) {
            return;
        }
        let told = store.stats(PATIENCE).await.into_iter();
        *self.told() = told.filter_map(|server| Some((server.name, server.statistics.ok()?))).collect();
        *asked = Some(Instant::now());
    }

    /// What was told last.
    pub(crate) fn latest(&self) -> Told {
        self.told().clone()
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
