//! What a transaction wrote to one package, and the package as it then looks.

use alloc::borrow::Cow;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::iter::Peekable;
use core::slice;

use crate::counter;
use crate::json;
use crate::ordered::{self, Ordered};
use crate::record::PackageText;

/// The writes of a transaction to one package, on top of what was loaded.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    /// Whether everything that was loaded is removed.
    pub cleared: bool,
    /// The keys written. A place that a rollback emptied again is as if it had not been written.
    pub writes: Ordered<Slot>,
    /// The savepoint since which this overlay can be restored as a whole; see [`crate::journal`].
    pub saved_for: u64,
}

/// One key in an overlay.
#[derive(Clone, Debug, Default)]
pub struct Slot {
    /// What the transaction made of the key.
    pub edit: Edit,
    /// The savepoint since which the slot can be restored; see [`crate::journal`].
    pub saved_for: u64,
}

/// What a transaction made of a key.
#[derive(Clone, Debug, Default)]
pub enum Edit {
    /// It left it as it was loaded.
    #[default]
    Untouched,
    /// It removed it.
    Removed,
    /// It gave it this text.
    Text(Rc<str>),
    /// It added this number to it, whatever it is.
    Added(i64),
}

/// What a transaction made of a key of a package that it cleared.
const REMOVED: &Edit = &Edit::Removed;

impl Edit {
    /// What a key holds after it, given what is below. What cannot be added to stays as it is; no commit stores that,
    /// because it conflicts before.
    pub fn over<'a>(&'a self, below: Option<&'a str>) -> Option<Cow<'a, str>> {
        match self {
            Self::Removed => None,
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Added(number) if let Some(sum) = counter::sum(below, *number) => {
                Some(Cow::Owned(counter::write(sum)))
            }
            Self::Untouched | Self::Added(_) => below.map(Cow::Borrowed),
        }
    }

    /// The edit itself, unless the key was left alone.
    fn made(&self) -> Option<&Self> {
        (!matches!(self, Self::Untouched)).then_some(self)
    }

    /// About how many bytes its text takes.
    fn size(&self) -> usize {
        match self {
            Self::Untouched | Self::Removed => 0,
            Self::Text(text) => text.len(),
            Self::Added(_) => counter::MOST_DIGITS,
        }
    }
}

/// A package as a transaction sees it: what was loaded, under what it wrote.
#[derive(Clone, Copy)]
pub struct View<'a> {
    loaded: Option<PackageText<'a>>,
    overlay: Option<&'a Overlay>,
}

impl Overlay {
    /// What the transaction made of a key; nothing because it left the key as it was loaded.
    pub fn edited(&self, key: &str) -> Option<&Edit> {
        let written = self.writes.get(key).and_then(|slot| slot.edit.made());
        written.or_else(|| self.cleared.then_some(REMOVED))
    }

    /// The keys written, each with what was made of it; sorted by key.
    pub fn written(&self) -> impl Iterator<Item = (&str, &Edit)> {
        self.writes.iter().filter_map(|(key, slot)| Some((key, slot.edit.made()?)))
    }

    /// Whether it says anything.
    pub fn is_vacant(&self) -> bool {
        !self.cleared && self.written().next().is_none()
    }
}

impl<'a> View<'a> {
    /// Puts the two together.
    pub fn new(loaded: Option<PackageText<'a>>, overlay: Option<&'a Overlay>) -> Self {
        Self { loaded, overlay }
    }

    /// What of the loaded package is not removed as a whole.
    fn below(&self) -> Option<PackageText<'a>> {
        self.loaded.filter(|_| !self.overlay.is_some_and(|overlay| overlay.cleared))
    }

    /// What the transaction made of a key.
    fn edited(&self, key: &str) -> Option<&'a Edit> {
        self.overlay.and_then(|overlay| overlay.edited(key))
    }

    /// The text under a key.
    pub fn get(&self, key: &str) -> Option<Cow<'a, str>> {
        let loaded = self.loaded.and_then(|loaded| loaded.get(key));
        self.edited(key).unwrap_or(&Edit::Untouched).over(loaded)
    }

    /// Whether a key shows only what the transaction wrote, and nothing of what was loaded.
    pub fn is_own(&self, key: &str) -> bool {
        matches!(self.edited(key), Some(Edit::Removed | Edit::Text(_)))
    }

    /// What becomes of a key when a number is added to it; nothing if that is no counter, or would be none. Where the
    /// transaction wrote the key, it writes the sum.
    pub fn plus(&self, key: &str, number: i64) -> Option<Edit> {
        let sum = counter::sum(self.get(key).as_deref(), number)?;
        match self.edited(key) {
            None => Some(Edit::Added(number)),
            Some(Edit::Added(before)) => before.checked_add(number).map(Edit::Added),
            Some(_) => Some(Edit::Text(counter::write(sum).into())),
        }
    }

    /// How many keys there are. Costs what was written, not what is there.
    pub fn len(&self) -> usize {
        let below = self.below();
        let mut count = below.map_or(0, |loaded| loaded.len());
        for (key, edit) in self.overlay.iter().flat_map(|overlay| overlay.written()) {
            let holds = !matches!(edit, Edit::Removed);
            match (below.is_some_and(|loaded| loaded.get(key).is_some()), holds) {
                (false, true) => count += 1,
                (true, false) => count = count.saturating_sub(1),
                _ => {}
            }
        }
        count
    }

    /// All keys with their texts, sorted by key.
    pub fn entries(&self) -> Entries<'a> {
        let below = self.below().map_or(&[][..], |loaded| loaded.spans());
        let above = self.overlay.map(|overlay| overlay.writes.iter());
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
        overlay.written().any(|(key, edit)| edit.over(loaded(key)).as_deref() != loaded(key))
    }

    /// Its document, as a record holds it; nothing when the package is empty.
    pub fn document(&self) -> Option<Vec<u8>> {
        let loaded = self.loaded.map_or(0, |loaded| loaded.size());
        let written = self.overlay.into_iter().flat_map(|overlay| overlay.written());
        let written: usize = written.map(|(key, edit)| key.len() + edit.size() + 8).sum();
        let mut document = Vec::with_capacity(loaded + written);
        for (key, value) in self.entries() {
            document.push(if document.is_empty() { b'{' } else { b',' });
            json::push_string(key, &mut document);
            document.push(b':');
            document.extend_from_slice(value.as_bytes());
        }
        if document.is_empty() {
            return None;
        }
        document.push(b'}');
        Some(document)
    }
}

/// The entries of a package, from what was loaded and what was written.
pub struct Entries<'a> {
    loaded: Option<PackageText<'a>>,
    below: Peekable<slice::Iter<'a, json::Span>>,
    above: Option<Peekable<ordered::Iter<'a, Slot>>>,
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
            if let Some(text) = edit.over(lower.map(|(_, text)| text)) {
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
        let slot = Slot { edit: Edit::Text(format!("\"{}\"", "v".repeat(500)).into()), saved_for: 0 };
        overlay.writes.add("k".repeat(100).into(), slot);
        let document = View::new(None, Some(&overlay)).document().unwrap();
        assert_eq!(document.len(), 1 + 102 + 1 + 502 + 1);
        assert!(document.capacity() < document.len() + 100, "{}", document.capacity());
    }

    #[test]
    fn a_document_that_was_loaded_is_written_again_without_looking_for_room() {
        let loaded = format!(r#"{{"{}":"{}"}}"#, "k".repeat(100), "v".repeat(500)).into_bytes();
        let spans = json::object_spans(&loaded).unwrap();
        let document = View::new(Some(PackageText::new(&loaded, &spans)), None).document().unwrap();
        assert_eq!(document, loaded);
        assert_eq!(document.capacity(), loaded.len());
    }
}
