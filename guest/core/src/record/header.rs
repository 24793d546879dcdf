//! The header: the first line of a record, except for the list of packages.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::location::PackageLocation;
use super::marks::{Life, Mark, Marks};

/// The version of the format that this crate reads and writes.
pub(super) const FORMAT: u32 = 2;

/// The header of a record.
#[derive(Clone, Debug, Default)]
pub struct Header {
    /// The life of the session.
    pub(crate) life: Life,
    /// The marks of the last commits.
    pub(crate) marks: Marks,
    /// When the session was first stored, in seconds since the Unix epoch.
    pub created: u64,
    /// When this record was written, in seconds since the Unix epoch.
    pub saved: u64,
    /// The number of seconds without activity after which the session ends; 0 means never.
    pub timeout: u32,
    /// Whether the store refused to expire the record, so that only `saved` and `timeout` say when the
    /// session ends.
    pub(crate) is_kept: bool,
    /// The decisions over several records that were taken in this one and may not be settled yet.
    pub(crate) decisions: Vec<Decision>,
    /// If the session ended: until when that is remembered, in seconds since the Unix epoch.
    pub ended_until: Option<u64>,
    /// If the session ended by a renewal: where it is now.
    pub moved_to: Option<Move>,
    /// A change that waits for a decision in another record.
    pub pending: Option<Box<Pending>>,
}

/// The new key of a session whose id was renewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The store key of the new id.
    pub key: String,
    /// Until when requests under the old id are led to the new key, in seconds since the Unix epoch; 0
    /// without a grace.
    pub until: u64,
}

/// A decision over several records that was taken in this record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The mark of the commit.
    pub mark: Mark,
    /// The store keys of the other records.
    pub keys: Vec<String>,
}

/// A change that waits for the decision of a commit over several records.
///
/// It takes effect once the primary record has its mark. It never takes effect if the primary is gone, or was
/// written by another commit without the mark.
#[derive(Clone, Debug)]
pub struct Pending {
    pub(crate) mark: Mark,
    /// The store key of the primary: the record in which the decision is taken.
    pub primary: String,
    /// The newest mark of the primary while nothing is decided; empty if the primary has no mark yet. Not a
    /// version, because a store may give several versions to one state of a record.
    pub(crate) expects: String,
    /// When it was prepared, in seconds since the Unix epoch.
    pub since: u64,
    /// Whether the commit also depends on sessions that it does not change. Then readers must wait for the
    /// decision.
    pub(crate) is_validated: bool,
    pub(crate) effect: Effect,
}

/// What a pending change does to a record when it takes effect.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// The session begins, or arrives under its new id. Before, the record does not count.
    Begin,
    /// Some packages are replaced or added, and some are removed.
    Change { replaced: Vec<PackageLocation>, removed: Vec<String> },
    /// The session ends.
    End { ended_until: u64, moved_to: Option<Move> },
    /// Nothing: the record is the primary, which gets its new content with the decision.
    Hold,
}

impl Header {
    /// Whether the session ended. The record of an ended session has no packages.
    pub fn has_ended(&self) -> bool {
        self.ended_until.is_some()
    }

    /// Whether the store refused to expire the record, so that only [`saved`](Self::saved) and
    /// [`timeout`](Self::timeout) say when the session ends.
    pub fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// The commits over several records that were decided here and may not be settled yet: for each, the
    /// store keys of the other records.
    pub fn decisions(&self) -> impl ExactSizeIterator<Item = &[String]> {
        self.decisions.iter().map(|decision| &*decision.keys)
    }

    /// Whether the record shows that this commit was decided or applied here.
    pub(crate) fn has_mark(&self, mark: &Mark) -> bool {
        self.marks.contains(mark) || self.decisions.iter().any(|decision| decision.mark == *mark)
    }

    /// Whether no commit has written the record since it had this newest mark. Its version may be another one
    /// all the same.
    pub(crate) fn is_at(&self, newest: &str) -> bool {
        let pending = self.pending.as_ref().map(|pending| pending.mark.as_str());
        self.marks.newest() == newest || pending == Some(newest)
    }

    /// The header of a record without data that only remembers commits: what remains of a session that timed
    /// out, or never began.
    pub(crate) fn remains(&self) -> Self {
        Self { ended_until: Some(0), moved_to: None, pending: None, ..self.clone() }
    }
}

impl Pending {
    /// Whether the session begins with the change, or arrives under its new id. Before, the record does not
    /// count.
    pub fn begins(&self) -> bool {
        matches!(self.effect, Effect::Begin)
    }

    /// Whether the session ends with the change, perhaps because it moves.
    pub fn ends(&self) -> bool {
        matches!(self.effect, Effect::End { .. })
    }

    /// Where the session moves with the change.
    pub fn moves_to(&self) -> Option<&Move> {
        match &self.effect {
            Effect::End { moved_to, .. } => moved_to.as_ref(),
            Effect::Begin | Effect::Change { .. } | Effect::Hold => None,
        }
    }

    /// Whether the record is the primary itself, prepared while the commit validates or the other records
    /// wait for it.
    pub fn holds(&self) -> bool {
        matches!(self.effect, Effect::Hold)
    }
}
