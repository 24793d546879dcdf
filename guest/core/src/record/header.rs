//! What a record says about its session: its first line, less the packages.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::marks::{Life, Mark, Marks};
use super::part::Part;

/// The version of the format that is written and read here.
pub(super) const FORMAT: u32 = 2;

/// What a record says about its session.
#[derive(Clone, Debug, Default)]
pub struct Header {
    /// The life that the session is in.
    pub(crate) life: Life,
    /// The marks of the last commits.
    pub(crate) marks: Marks,
    /// When the session was first stored, in seconds since the Unix epoch.
    pub created: u64,
    /// When this record was written, in seconds since the Unix epoch.
    pub saved: u64,
    /// The seconds of inactivity that end the session; 0 for never.
    pub timeout: u32,
    /// Whether the record alone knows when the session ends, because the store refused to expire it.
    pub(crate) is_kept: bool,
    /// The decisions over several records that this record took and that may not be settled yet.
    pub(crate) decisions: Vec<Decision>,
    /// For a session that ended: until when it is remembered, in seconds since the Unix epoch.
    pub ended_until: Option<u64>,
    /// For a session that ended by a renewal: where it is now.
    pub moved_to: Option<Move>,
    /// A change that waits for a decision in another record.
    pub pending: Option<Box<Pending>>,
}

/// Where a session moved to when its id was renewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The store key of the new id.
    pub key: String,
    /// Until when requests under the old id follow it, in seconds since the Unix epoch; 0 without a grace.
    pub until: u64,
}

/// A decision over several records that was taken in this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The mark of the commit.
    pub mark: Mark,
    /// The store keys of the other records.
    pub keys: Vec<String>,
}

/// A change that waits for the decision of a commit over several records.
///
/// It counts once the primary record has its mark. It never counts when the primary record is gone, or has
/// changed without it.
#[derive(Clone, Debug)]
pub struct Pending {
    pub(crate) mark: Mark,
    /// The store key of the record in which the decision is taken.
    pub primary: String,
    /// The newest mark that the primary has as long as nothing is decided; empty before its first. It is not a
    /// version, because a store may give one state of a record several versions.
    pub(crate) expects: String,
    /// When it was prepared, in seconds since the Unix epoch.
    pub since: u64,
    /// Whether the commit also depends on sessions that it does not change: then nobody may read what was
    /// there before the decision.
    pub(crate) is_validated: bool,
    pub(crate) effect: Effect,
}

/// What becomes of a record when a pending change counts.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// The session begins, or is here now under its new id: before, the record does not count.
    Begin,
    /// Some packages are replaced or added, and some removed.
    Change { replaced: Vec<Part>, removed: Vec<String> },
    /// The session ends.
    End { ended_until: u64, moved_to: Option<Move> },
    /// Nothing: it is the primary itself that waits, and its content comes with the decision.
    Hold,
}

impl Header {
    /// Whether the session ended, so that the record holds no data.
    pub fn has_ended(&self) -> bool {
        self.ended_until.is_some()
    }

    /// Whether the record alone knows when the session ends, because the store refused to expire it.
    pub fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// The commits over several records that were decided here and may not be settled yet: for each, the store
    /// keys of the other records.
    pub fn decisions(&self) -> impl ExactSizeIterator<Item = &[String]> {
        self.decisions.iter().map(|decision| &*decision.keys)
    }

    /// Whether the record shows that this commit was decided or applied here.
    pub(crate) fn has_mark(&self, mark: &Mark) -> bool {
        self.marks.contains(mark) || self.decisions.iter().any(|decision| decision.mark == *mark)
    }

    /// Whether no commit has written the record since it had this newest mark: it can be in another version all
    /// the same.
    pub(crate) fn is_at(&self, newest: &str) -> bool {
        let pending = self.pending.as_ref().map(|pending| pending.mark.as_str());
        self.marks.newest() == newest || pending == Some(newest)
    }

    /// The header of a record without data that only remembers the commits: what remains of a session that
    /// timed out, or of one that never began.
    pub(crate) fn remains(&self) -> Self {
        Self { ended_until: Some(0), moved_to: None, pending: None, ..self.clone() }
    }
}

impl Pending {
    /// Whether the session begins with the change, or is here under a new id. Before, the record does not count.
    pub fn begins(&self) -> bool {
        matches!(self.effect, Effect::Begin)
    }

    /// Whether the session ends with the change, which may be a move.
    pub fn ends(&self) -> bool {
        matches!(self.effect, Effect::End { .. })
    }

    /// Where the session moves to with the change.
    pub fn moves_to(&self) -> Option<&Move> {
        match &self.effect {
            Effect::End { moved_to, .. } => moved_to.as_ref(),
            Effect::Begin | Effect::Change { .. } | Effect::Hold => None,
        }
    }

    /// Whether the record is the primary itself, which waits for the other records of the commit.
    pub fn holds(&self) -> bool {
        matches!(self.effect, Effect::Hold)
    }
}
