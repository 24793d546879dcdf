//! A record after its pending change was decided, one way or the other.

use alloc::vec::Vec;

use super::error::RecordError;
use super::header::{Effect, Header, Pending};
use super::marks::Mark;
use super::parsed::Record;
use super::write::{Replacement, encode, encode_pending};

impl Record {
    /// The change that waits for a decision.
    pub(crate) fn pending(&self) -> Option<&Pending> {
        self.header.pending.as_deref()
    }

    /// The names of the packages that the pending change replaces, adds or removes, sorted.
    pub fn pending_packages(&self) -> Vec<&str> {
        let Some(Effect::Change { replaced, removed }) = self.pending().map(|pending| &pending.effect) else {
            return Vec::new();
        };
        let mut names: Vec<_> = replaced.iter().map(|package| package.name_in(&self.bytes)).collect();
        names.extend(removed.iter().map(|name| &**name));
        names.sort_unstable();
        names
    }

    /// The record with its pending change applied. Without a pending change, the same record.
    ///
    /// # Errors
    /// [`RecordError`]; only when the record in memory was damaged.
    pub(crate) fn settled(self) -> Result<Self, RecordError> {
        let Some(pending) = self.pending() else { return Ok(self) };
        let header = Header {
            marks: self.header.marks.with(&pending.mark),
            saved: pending.since.max(self.header.saved),
            pending: None,
            ..self.header.clone()
        };
        let bytes = match &pending.effect {
            Effect::Begin | Effect::Hold => encode(&header, Some(&self), &[]),
            Effect::Change { .. } => encode(&header, Some(&self), &self.replacements()),
            Effect::End { ended_until, moved_to } => {
                let (ended_until, moved_to) = (Some(*ended_until), moved_to.clone());
                encode(&Header { ended_until, moved_to, ..header }, None, &[])
            }
        };
        Self::decode(bytes)
    }

    /// The record without its pending change: as it was before the change.
    pub(crate) fn unsettled(mut self) -> Self {
        match self.header.pending.take().map(|pending| pending.effect) {
            Some(Effect::Begin) => self.remains(),
            _ => self,
        }
    }

    /// What remains of the record when the session is over: the header with the commits it remembers, and no
    /// data.
    pub(crate) fn remains(&self) -> Self {
        Self { bytes: Vec::new(), header: self.header.remains(), packages: Vec::new() }
    }

    /// The bytes of the record with a new mark and otherwise unchanged, so that no pending change in another
    /// record that names the state before can take effect. A pending change of the record itself is removed
    /// if its mark is `void`.
    pub(crate) fn with_new_mark(&self, mark: &Mark, void: &Mark) -> Vec<u8> {
        let header = Header { marks: self.header.marks.with(mark), ..self.header.clone() };
        match self.pending() {
            Some(pending) if pending.mark != *void => {
                encode_pending(&header, pending, Some(self), &self.replacements())
            }
            Some(Pending { effect: Effect::Begin, .. }) => encode(&header.remains(), None, &[]),
            _ => encode(&header, Some(self), &[]),
        }
    }

    /// The packages that the pending change replaces or removes, sorted by name.
    fn replacements(&self) -> Vec<Replacement<'_>> {
        let Some(Effect::Change { replaced, removed }) = self.pending().map(|pending| &pending.effect) else {
            return Vec::new();
        };
        let mut all: Vec<Replacement<'_>> = Vec::with_capacity(replaced.len() + removed.len());
        let mut removed = removed.iter().map(|name| &**name).peekable();
        for package in replaced {
            let name = package.name_in(&self.bytes);
            while let Some(earlier) = removed.next_if(|removed| *removed < name) {
                all.push((earlier, None));
            }
            all.push((name, Some(self.bytes.get(package.document.clone()).unwrap_or_default().to_vec())));
        }
        all.extend(removed.map(|name| (name, None)));
        all
    }
}
