//! What the admin server asks for the state of things.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use lovely_session_host::serve::Load;
use lovely_session_host::{OpenStore, Turns};

/// Whom the admin server asks: the server of the application, and its store.
#[derive(Debug, Clone)]
pub struct Sources {
    /// What the server does now.
    pub load: Load,
    /// The turns of its requests.
    pub turns: Turns,
    /// The store of the sessions.
    pub store: OpenStore,
    /// Where the code of the applications came from.
    pub loaded: CodeSource,
    /// When the process started.
    pub started: SystemTime,
}

/// How often the code of an application was compiled, and how often it came from the cache. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct CodeSource {
    compiled: Arc<AtomicU64>,
    from_cache: Arc<AtomicU64>,
}

impl CodeSource {
    /// An application was loaded.
    pub fn count(&self, compiled: bool) {
        let count = if compiled { &self.compiled } else { &self.from_cache };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// The applications that were compiled.
    pub fn compiled(&self) -> u64 {
        self.compiled.load(Ordering::Relaxed)
    }

    /// The applications whose code came from the cache.
    pub fn from_cache(&self) -> u64 {
        self.from_cache.load(Ordering::Relaxed)
    }
}
