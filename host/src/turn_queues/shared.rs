//! The table of turns, shared by the instances of a host.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::statistics::TurnStatistics;
use super::table::{InstanceId, Table};

/// What the instances of a host share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// The number of keys in the table, so that instances need not lock it while there are none.
    hot_keys: AtomicUsize,
    last_instance: AtomicU64,
    table: Mutex<Table>,
}

impl Shared {
    /// An id for a new instance.
    pub(super) fn next_instance(&self) -> InstanceId {
        self.last_instance.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether there are no turns and no waits. Another thread may mark a key as hot at the same moment. An instance
    /// that does not see that yet continues without a turn, once.
    pub(crate) fn has_no_hot_keys(&self) -> bool {
        self.hot_keys.load(Ordering::Relaxed) == 0
    }

    /// The counters so far.
    pub(crate) fn statistics(&self) -> TurnStatistics {
        self.with_table(|table| table.statistics())
    }

    /// Locks the table for `work`, and updates the number of hot keys.
    pub(super) fn with_table<T>(&self, work: impl FnOnce(&mut Table) -> T) -> T {
        let mut table = self.lock();
        let result = work(&mut table);
        self.hot_keys.store(table.len(), Ordering::Relaxed);
        result
    }

    /// Locks the table. A panic of another thread leaves it consistent: no method of [`Table`] stops half-way.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
