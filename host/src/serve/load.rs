//! What a server does now, as numbers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// What a server does now. Clones show the same server. See [`Server::load`](super::Server::load).
#[derive(Debug, Clone, Default)]
pub struct Load {
    running: Arc<AtomicUsize>,
    waiting: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
    refused: Arc<AtomicU64>,
}

impl Load {
    /// The requests whose instances run.
    pub fn running(&self) -> usize {
        self.running.load(Ordering::Relaxed)
    }

    /// The requests that wait for a slot.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// The connections of clients that are open.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// The connections that were refused since the start, because too many were open.
    pub fn refused_connections(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    pub(super) fn refuse_connection(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_running(&self) -> Counted {
        Counted::begin(&self.running)
    }

    pub(super) fn count_waiting(&self) -> Counted {
        Counted::begin(&self.waiting)
    }

    pub(super) fn count_connection(&self) -> Counted {
        Counted::begin(&self.connections)
    }
}

/// Counts for as long as it is kept.
#[derive(Debug)]
pub(super) struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn begin(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
