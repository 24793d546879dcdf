//! Turns: instances that race for one session are served one after the other.
//!
//! When several instances load a record at the same time and then write it, one write is applied and the others are
//! stale. With turns, an instance that loads a record for which others race waits until the one before it has written.
//! A turn is advice and never a lock: only compare-and-swap in the store decides what is written.

use std::fmt;
use std::sync::Arc;

use lovely_session_key_value::KeyValue;

use crate::context::KeyValueCtx;
use crate::turn_queues::{InstanceTurns, Shared, TurnStatistics, TurnsOptions};

/// A store for instances that take turns where several would race for one record.
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
/// - A key becomes *hot* when a put on it finds another version than it expects. It stays hot until one second has
///   passed without another lost race and without a wait. Only reads of hot keys ever wait.
/// - A read that slides lifetimes, as the load of a session does, waits for its turn, first come, first served. So does
///   the first read after a put that lost a race. An instance that has a turn, or that has written since its last load,
///   never waits.
/// - A turn ends when its instance has written every key whose turn it has, when its [`KeyValueCtx`] is dropped, or
///   when it has lasted for [`TurnsOptions::max_hold`] and another instance waits.
/// - An instance waits at most [`TurnsOptions::max_wait`] in all between two of its applied writes, and then continues
///   without a turn. The store decides what is written: an instance without a turn can only make others retry.
/// - At most 4,096 keys are hot, and at most 1,024 instances wait for each. Beyond that, instances continue without a
///   turn.
///
/// Clones share the turns. Waiting needs a Tokio runtime with its timer enabled.
#[derive(Clone)]
pub struct Turns {
    store: Arc<dyn KeyValue>,
    options: TurnsOptions,
    shared: Arc<Shared>,
}

impl Turns {
    /// Turns on the records of `store`, with default options.
    pub fn new(store: Arc<dyn KeyValue>) -> Self {
        Self { store, options: TurnsOptions::default(), shared: Arc::default() }
    }

    /// The same turns. The options apply to the contexts that are made from this value; clones keep theirs.
    #[must_use]
    pub fn with_options(self, options: TurnsOptions) -> Self {
        Self { options, ..self }
    }

    /// A context through which one instance uses the store. Make one for each instance, and one for each request if an
    /// instance serves several: dropping it ends the turns that the instance still has.
    pub fn context(&self) -> KeyValueCtx {
        let turns = InstanceTurns::new(Arc::clone(&self.shared), self.options.clone());
        KeyValueCtx::with_turns(Arc::clone(&self.store), turns)
    }

    /// The counters since [`Turns::new`], over all clones.
    pub fn statistics(&self) -> TurnStatistics {
        self.shared.statistics()
    }
}

impl fmt::Debug for Turns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turns").field("options", &self.options).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
