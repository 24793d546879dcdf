//! The time limits of turns.

use std::time::Duration;

/// The time limits of [`Turns`](crate::Turns).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnsOptions {
    /// The longest time that an instance waits, in all, until one of its writes is applied. After that it continues
    /// without a turn. 10 seconds by default. Choose it shorter than the time limit of a request.
    pub max_wait: Duration,
    /// The longest time that an instance keeps a turn while another one waits for it. After that the turn passes to the
    /// first one in the queue. 500 milliseconds by default. Choose it longer than the time that a transaction usually
    /// takes from its load to its commit.
    pub max_hold: Duration,
}

impl Default for TurnsOptions {
    fn default() -> Self {
        Self { max_wait: Duration::from_secs(10), max_hold: Duration::from_millis(500) }
    }
}
