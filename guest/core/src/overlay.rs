//! The edits of a transaction to one package, and the package with these edits applied.

use alloc::borrow::Cow;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::iter::Peekable;
use core::ops::Range;
use core::slice;

use crate::counter;
use crate::json;
use crate::ordered::{self, Ordered};
use crate::record::PackageText;

/// The edits of a transaction to one package, applied on top of what was loaded.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    /// Whether everything that was loaded is removed.
    pub cleared: bool,
    /// The edits by key. A key whose edit was rolled back stays in the map as [`Edit::Untouched`].
    pub edits: Ordered<KeyEdit>,
    /// The newest savepoint for which the journal has a note of the whole overlay; see [`crate::journal`].
    pub noted_for: u64,
    /// How many more keys there are than were loaded, or than none if the overlay is cleared.
    growth: isize,
}

/// The edit of one key.
#[derive(Clone, Debug, Default)]
pub struct KeyEdit {
    /// What the transaction made of the key.
    pub edit: Edit,
    /// The newest savepoint for which the journal has a note of this edit; see [`crate::journal`].
    pub noted_for: u64,
    /// Whether the key is among those that were loaded, and the overlay is not cleared.
    pub is_loaded: bool,
}

impl KeyEdit {
    /// Whether the key is there after the edit.
    fn holds(&self) -> bool {
        match self.edit {
            Edit::Untouched => self.is_loaded,
            Edit::Removed => false,
            Edit::Text(_) | Edit::Added(_) => true,
        }
    }
}

/// A change of a key that is not committed yet.
#[derive(Clone, Debug, Default)]
pub enum Edit {
    /// The key is as it was loaded.
    #[default]
    Untouched,
    /// The key is removed.
    Removed,
    /// The key has this JSON text.
    Text(Rc<str>),
    /// This number is added to the counter under the key, whatever it is at the commit.
    Added(i64),
}

/// The edit of every key of a cleared package that was not written again.
const REMOVED: &Edit = &Edit::Removed;

impl Edit {
    /// Returns what a key holds after the edit, given what it held before. A value that cannot be added to
    /// stays as it is; it is never committed, because the key conflicts.
    pub fn apply_to<'a>(&'a self, below: Option<&'a str>) -> Option<Cow<'a, str>> {
        match self {
            Self::Removed => None,
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Added(number) if let Some(sum) = counter::sum(below, *number) => {
                Some(Cow::Owned(counter::write(sum)))
            }
            Self::Untouched | Self::Added(_) => below.map(Cow::Borrowed),
        }
    }

    /// Returns the edit, unless the key is untouched.
    fn if_edited(&self) -> Option<&Self> {
        (!matches!(self, Self::Untouched)).then_some(self)
    }

    /// The approximate number of bytes of the resulting text.
    fn size(&self) -> usize {
        match self {
            Self::Untouched | Self::Removed => 0,
            Self::Text(text) => text.len(),
            Self::Added(_) => counter::MAX_LENGTH,
        }
    }
}

/// A package as a transaction sees it: what was loaded, with the edits applied.
#[derive(Clone, Copy)]
pub struct View<'a> {
    loaded: Option<PackageText<'a>>,
    overlay: Option<&'a Overlay>,
}

impl Overlay {
    /// An overlay that removes everything that was loaded.
    pub fn cleared(noted_for: u64) -> Self {
        Self { cleared: true, noted_for, ..Self::default() }
    }

    /// Replaces the edit at a position, and returns the one before.
    pub fn replace(&mut self, position: usize, edit: KeyEdit) -> Option<KeyEdit> {
        let slot = self.edits.at(position)?;
        self.growth += isize::from(edit.holds()) - isize::from(slot.holds());
        Some(core::mem::replace(slot, edit))
    }

    /// The edit of a key; `None` if the key is as it was loaded.
    pub fn edit(&self, key: &str) -> Option<&Edit> {
        let written = self.edits.get(key).and_then(|slot| slot.edit.if_edited());
        written.or_else(|| self.cleared.then_some(REMOVED))
    }

    /// The keys with edits, sorted by key.
    pub fn edits(&self) -> impl Iterator<Item = (&str, &Edit)> {
        self.edits.iter().filter_map(|(key, slot)| Some((key, slot.edit.if_edited()?)))
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        !self.cleared && self.edits().next().is_none()
    }
}

impl<'a> View<'a> {
    /// Combines a loaded package and the edits to it.
    pub fn new(loaded: Option<PackageText<'a>>, overlay: Option<&'a Overlay>) -> Self {
        Self { loaded, overlay }
    }

    /// The loaded package, unless the transaction cleared it.
    fn below(&self) -> Option<PackageText<'a>> {
        self.loaded.filter(|_| !self.overlay.is_some_and(|overlay| overlay.cleared))
    }

    /// The edit of a key.
    fn edit(&self, key: &str) -> Option<&'a Edit> {
        self.overlay.and_then(|overlay| overlay.edit(key))
    }

    /// The JSON text under a key.
    pub fn get(&self, key: &str) -> Option<Cow<'a, str>> {
        let loaded = self.loaded.and_then(|loaded| loaded.get(key));
        self.edit(key).unwrap_or(&Edit::Untouched).apply_to(loaded)
    }

    /// Whether the value of a key does not depend on what was loaded.
    pub fn is_replaced(&self, key: &str) -> bool {
        matches!(self.edit(key), Some(Edit::Removed | Edit::Text(_)))
    }

    /// The edit of a key after a number is added to it; `None` if the key holds no counter, or the sum would
    /// be out of range. If the transaction has written the key, the edit is the sum.
    pub fn edit_for_add(&self, key: &str, number: i64) -> Option<Edit> {
        let sum = counter::sum(self.get(key).as_deref(), number)?;
        match self.edit(key) {
            None => Some(Edit::Added(number)),
            Some(Edit::Added(before)) => before.checked_add(number).map(Edit::Added),
            Some(_) => Some(Edit::Text(counter::write(sum).into())),
        }
    }

    /// Whether it has no keys.
    pub fn is_empty(&self) -> bool {
        self.entries().next().is_none()
    }

    /// The number of keys. It is counted as they are written, so that asking for it costs the same whatever was.
    pub fn len(&self) -> usize {
        let loaded = self.below().map_or(0, |loaded| loaded.len());
        loaded.saturating_add_signed(self.overlay.map_or(0, |overlay| overlay.growth))
    }

    /// All keys with their JSON texts, sorted by key.
    pub fn entries(&self) -> Entries<'a> {
        let below = self.below().map_or(&[][..], |loaded| loaded.members());
        let above = self.overlay.map(|overlay| overlay.edits.iter());
        Entries { loaded: self.loaded, below: below.iter().peekable(), above: above.map(Iterator::peekable) }
    }

    /// Whether it differs from what was loaded.
    pub fn differs(&self) -> bool {
        let Some(overlay) = self.overlay else { return false };
        if overlay.cleared {
            let loaded = self.loaded.into_iter().flat_map(|loaded| loaded.entries());
            return !loaded.map(|(key, text)| (key, Cow::Borrowed(text))).eq(self.entries());
        }
        let loaded = |key: &str| self.loaded.and_then(|loaded| loaded.get(key));
        overlay.edits().any(|(key, edit)| edit.apply_to(loaded(key)).as_deref() != loaded(key))
    }

    /// The package as a JSON document, as a record holds it; `None` when the package is empty.
    pub fn document(&self) -> Option<Vec<u8>> {
        let loaded = self.loaded.map_or(0, |loaded| loaded.size());
        let written = self.overlay.into_iter().flat_map(|overlay| overlay.edits());
        let written: usize = written.map(|(key, edit)| key.len() + edit.size() + 8).sum();
        let mut document = Document(Vec::with_capacity(loaded + written));
        let below = self.below();
        let mut copied = 0;
        for (key, edit) in self.overlay.into_iter().flat_map(|overlay| overlay.edits()) {
            let position = below.map_or(Err(0), |loaded| loaded.position_of(key));
            let (at, next) = position.map_or_else(|at| (at, at), |at| (at, at + 1));
            document.push_loaded(below, copied..at);
            let loaded = below.filter(|_| at < next).and_then(|loaded| loaded.at(at));
            if let Some(value) = edit.apply_to(loaded) {
                document.push_entry(key, &value);
            }
            copied = next;
        }
        document.push_loaded(below, copied..below.map_or(0, |loaded| loaded.len()));
        document.finish()
    }
}

/// A JSON object that is written member by member.
struct Document(Vec<u8>);

impl Document {
    /// Begins a member.
    fn separate(&mut self) {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
    }

    /// Copies members of a loaded package as they stand there, many at once.
    fn push_loaded(&mut self, loaded: Option<PackageText<'_>>, positions: Range<usize>) {
        for part in loaded.into_iter().flat_map(|loaded| loaded.parts(positions.clone())) {
            self.separate();
            self.0.extend_from_slice(part);
        }
    }

    fn push_entry(&mut self, key: &str, value: &str) {
        self.separate();
        json::push_string(key, &mut self.0);
        self.0.push(b':');
        self.0.extend_from_slice(value.as_bytes());
    }

    /// Ends the object; `None` if it has no members.
    fn finish(mut self) -> Option<Vec<u8>> {
        if self.0.is_empty() {
            return None;
        }
        self.0.push(b'}');
        Some(self.0)
    }
}

/// Merges the entries that were loaded with the edits.
pub struct Entries<'a> {
    loaded: Option<PackageText<'a>>,
    below: Peekable<slice::Iter<'a, json::Member>>,
    above: Option<Peekable<ordered::Iter<'a, KeyEdit>>>,
}

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a str, Cow<'a, str>);

    #[inline(never)]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let lower = self.below.peek().and_then(|span| Some(self.loaded?.entry(span)));
            let upper = self.above.as_mut().and_then(|above| above.peek().copied());
            let order = match (lower, upper) {
                (None, None) => return None,
                (Some((lower, _)), Some((upper, _))) => lower.cmp(upper),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
            };
            if order.is_le() {
                self.below.next();
            }
            if order.is_ge() {
                self.above.as_mut().and_then(Iterator::next);
            }
            let lower = lower.filter(|_| order.is_le());
            let upper = upper.filter(|_| order.is_ge());
            let key = upper.map(|(key, _)| key).or(lower.map(|(key, _)| key))?;
            let edit = upper.map_or(&Edit::Untouched, |(_, slot)| &slot.edit);
            if let Some(text) = edit.apply_to(lower.map(|(_, text)| text)) {
                return Some((key, text));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_takes_little_more_memory_than_its_bytes() {
        let mut overlay = Overlay::default();
        let slot = KeyEdit {
            edit: Edit::Text(format!("\"{}\"", "v".repeat(500)).into()),
            noted_for: 0,
            is_loaded: false,
        };
        overlay.edits.add("k".repeat(100).into(), slot);
        let document = View::new(None, Some(&overlay)).document().unwrap();
        assert_eq!(document.len(), 1 + 102 + 1 + 502 + 1);
        assert!(document.capacity() < document.len() + 100, "{}", document.capacity());
    }

    #[test]
    fn a_document_that_was_loaded_is_written_again_without_looking_for_room() {
        let loaded = format!(r#"{{"{}":"{}"}}"#, "k".repeat(100), "v".repeat(500));
        let members = json::Members::of(&loaded).unwrap();
        let loaded = loaded.as_bytes();
        let document = View::new(Some(PackageText::new(loaded, &members)), None).document().unwrap();
        assert_eq!(document, loaded);
        assert_eq!(document.capacity(), loaded.len());
    }
}
