//! How long instances wait for their turns.

use std::time::Duration;

/// How long an instance waits, and how long it is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnsOptions {
    /// How long an instance waits at most, in all, until a write of it succeeds; then it goes on without a turn.
    /// 10 seconds by default. Choose it shorter than the time that a request may take.
    pub patience: Duration,
    /// How long a turn lasts at least if its instance neither writes nor ends; then it goes to the next who waits.
    /// 500 milliseconds by default. Choose it longer than what lies between the load and the commit of a
    /// transaction that is well.
    pub hold: Duration,
}

impl Default for TurnsOptions {
    fn default() -> Self {
        Self { patience: Duration::from_secs(10), hold: Duration::from_millis(500) }
    }
}
