//! Whether a pending change counts.

use crate::record::{Header, Pending};

/// What became of a pending change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It counts, and is part of the record. The store does not hold it yet.
    Decided,
    /// It never counts.
    Void,
    /// It may still count.
    Undecided,
}

/// Whether a change counts that waits for a decision, given the primary record as it is now, or none.
///
/// What is prepared counts only if its decision says so. The primary remembers the mark until the decision is
/// settled, so a primary to which somebody has committed without it, and one that is gone, have decided that it
/// does not count.
pub fn status(pending: &Pending, primary: Option<&Header>) -> Outcome {
    let Some(header) = primary else { return Outcome::Void };
    if header.has_mark(&pending.mark) {
        return Outcome::Decided;
    }
    let holds = header.pending.as_ref().is_some_and(|held| held.mark == pending.mark);
    if holds || header.is_at(&pending.expects) { Outcome::Undecided } else { Outcome::Void }
}
