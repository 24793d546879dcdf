//! The counters of turns.

/// How often reads waited for a turn, and how the waits ended, since [`Turns::new`](crate::Turns::new).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TurnStatistics {
    /// The number of keys that are hot, or were until recently. At most 4,096.
    pub hot_keys: usize,
    /// The number of reads that had to wait.
    pub waits: u64,
    /// The number of turns that ended because they lasted for [`TurnsOptions::max_hold`](crate::TurnsOptions::max_hold)
    /// while another instance waited.
    pub expired: u64,
    /// The number of reads that continued without a turn, because they had waited for
    /// [`TurnsOptions::max_wait`](crate::TurnsOptions::max_wait) or because the queue was full.
    pub without_turn: u64,
}
