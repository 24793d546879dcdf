//! Turns: instances that race for one session are served one after the other.
//!
//! Of instances that load a record at the same time and then write it, one wins and the others have done their
//! work in vain. With turns, an instance that loads a record for which others race waits until the one before it
//! has written. A turn is advice and never a lock: what is written is decided by compare-and-swap in the store alone.

mod instance;
mod options;
mod table;
mod wait;

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) use self::instance::InstanceTurns;
pub use self::options::TurnsOptions;
use self::table::{Member, Table};
use crate::linker::KeyValueCtx;
use lovely_session_key_value::KeyValue;

/// A store whose records instances change in turn, where several would race for one.
///
/// Make one for each store, and from it a [`KeyValueCtx`] for each instance:
///
/// ```
/// use std::sync::Arc;
///
/// use lovely_session_host::{Memory, Turns};
///
/// let turns = Turns::new(Arc::new(Memory::new()));
/// let key_value = turns.context();
/// # drop(key_value);
/// ```
///
/// # What callers can rely on
///
/// - A key is *hot* from the moment at which a put on it found another version than it expected, until nothing like
///   that has happened and nobody has waited for it for a second. Only reads of hot keys ever wait.
/// - A read with a lifetime to slide (a session is loaded so) waits for its turn, first come, first served, and so
///   does the first read after a put that lost its race. An instance that has a turn, or that has written since it
///   last loaded, never waits.
/// - A turn ends when its instance has written every key whose turn it has, when its [`KeyValueCtx`] is dropped, or
///   when it has lasted for [`TurnsOptions::hold`] and somebody waits.
/// - An instance waits at most [`TurnsOptions::patience`] between two of its successful writes, and then goes on
///   without a turn. What is written is always decided by the store: an instance that has no turn, or lost it, can
///   only make others try again.
/// - At most 4,096 keys are hot, and at most 1,024 instances wait for each. Beyond that, instances go on
///   without a turn.
///
/// Clones share everything. Waiting needs a Tokio runtime with its timer enabled.
#[derive(Clone)]
pub struct Turns {
    store: Arc<dyn KeyValue>,
    options: TurnsOptions,
    shared: Arc<Shared>,
}

impl Turns {
    /// Takes turns on the records of `store`, with default options.
    pub fn new(store: Arc<dyn KeyValue>) -> Self {
        Self { store, options: TurnsOptions::default(), shared: Arc::default() }
    }

    /// The same turns with other options for the contexts that are made from now on.
    #[must_use]
    pub fn with_options(self, options: TurnsOptions) -> Self {
        Self { options, ..self }
    }

    /// What one instance reaches the store through. Make a new one for each instance, and for each request where an
    /// instance serves several: turns that are left when it is dropped end then.
    pub fn context(&self) -> KeyValueCtx {
        let turns = InstanceTurns::new(Arc::clone(&self.shared), self.options.clone());
        KeyValueCtx::in_turn(Arc::clone(&self.store), turns)
    }

    /// What has happened so far.
    pub fn statistics(&self) -> TurnStatistics {
        self.shared.with_table(|table| table.statistics())
    }
}

impl fmt::Debug for Turns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turns").field("options", &self.options).finish_non_exhaustive()
    }
}

/// How often turns were waited for, and how that ended, since [`Turns::new`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TurnStatistics {
    /// How many keys are hot, or were so lately. At most 4,096.
    pub hot_keys: usize,
    /// How many reads had to wait.
    pub waits: u64,
    /// How many turns ended because they had lasted too long while somebody waited.
    pub overtaken: u64,
    /// How many reads went on without a turn: their patience was at its end, or too many waited already.
    pub without_turn: u64,
}

/// What the instances of a host share.
#[derive(Debug, Default)]
struct Shared {
    /// How many keys are in the table, so that nobody has to lock it while there are none.
    hot_keys: AtomicUsize,
    members: AtomicU64,
    table: Mutex<Table>,
}

impl Shared {
    /// A name for one more instance.
    fn next_member(&self) -> Member {
        self.members.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether nothing waits and nobody has a turn. Another thread may heat up a key at the same moment; who does
    /// not see it yet goes without a turn, once.
    fn is_cold(&self) -> bool {
        self.hot_keys.load(Ordering::Relaxed) == 0
    }

    /// Works on the table. A panic elsewhere leaves it whole: its methods finish what they start.
    fn with_table<T>(&self, work: impl FnOnce(&mut Table) -> T) -> T {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let result = work(&mut table);
        self.hot_keys.store(table.len(), Ordering::Relaxed);
        result
    }
}

#[cfg(test)]
mod tests;
