//! The status of pending changes.

use crate::record::{Header, Pending};

/// The status of a pending change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PendingStatus {
    /// It takes effect, and has been applied to the record in memory. The store does not hold the result yet.
    Decided,
    /// It never takes effect.
    Void,
    /// It may still take effect.
    Undecided,
}

/// Returns the status of a pending change, given the header of the primary record, or `None` if there is no
/// such record.
///
/// The primary remembers the mark until the decision is settled. So if the primary is gone, or another commit
/// has written it without the mark, the change never takes effect.
pub fn status(pending: &Pending, primary: Option<&Header>) -> PendingStatus {
    let Some(header) = primary else { return PendingStatus::Void };
    if header.has_mark(&pending.mark) {
        return PendingStatus::Decided;
    }
    let holds = header.pending.as_ref().is_some_and(|held| held.mark == pending.mark);
    if holds || header.is_at(&pending.expects) { PendingStatus::Undecided } else { PendingStatus::Void }
}
