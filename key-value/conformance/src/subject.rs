//! A store to check.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use lovely_session_key_value::{KeyValue, Lifetime};

/// The lifetime of the entries that a rule puts, unless the rule is about lifetimes or the store has none. So entries
/// that cannot be deleted expire.
pub(crate) const LIFETIME: Lifetime = Lifetime::Seconds(600);

/// A store to check, and how time passes for it.
pub struct Subject {
    pub(crate) store: Arc<dyn KeyValue>,
    pub(crate) passing: Passing,
    /// The lifetime that stands for [`LIFETIME`] on this store.
    pub(crate) lifetime: Lifetime,
}

/// How a rule lets time pass.
#[derive(Clone)]
pub(crate) enum Passing {
    /// It waits.
    Wait,
    /// It advances the clock of the store.
    Advance(Arc<dyn Fn(Duration) + Send + Sync>),
}

impl Subject {
    /// A store whose lifetimes follow real time. It may be in use: the keys of each run begin with
    /// `lovely-conformance`, have a random number, and are deleted in the end.
    pub fn new(store: Arc<dyn KeyValue>) -> Self {
        Self { store, passing: Passing::Wait, lifetime: LIFETIME }
    }

    /// The same store, without lifetimes: rules that are not about lifetimes put entries that never expire.
    #[must_use]
    pub fn without_lifetimes(self) -> Self {
        Self { lifetime: Lifetime::NeverExpires, ..self }
    }

    /// The same store, with a clock that only `advance` moves forward.
    #[must_use]
    pub fn with_clock(self, advance: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        Self { passing: Passing::Advance(Arc::new(advance)), ..self }
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject").finish_non_exhaustive()
    }
}
