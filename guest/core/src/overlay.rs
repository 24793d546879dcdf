//! What a transaction wrote to one package, and the package as it then looks.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::iter::Peekable;
use core::slice;

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
}

impl Edit {
    /// The text, `Some(None)` when the key was removed, `None` when it was left alone.
    fn told(&self) -> Option<Option<&str>> {
        match self {
            Self::Untouched => None,
            Self::Removed => Some(None),
            Self::Text(text) => Some(Some(text)),
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
    /// What the transaction made of a key: a text, `Some(None)` because it removed it, or `None` because it left
    /// the key as it was loaded.
    pub fn edited(&self, key: &str) -> Option<Option<&str>> {
        match self.writes.get(key).and_then(|slot| slot.edit.told()) {
            None => self.cleared.then_some(None),
            written => written,
        }
    }

    /// The keys written, each with its text or with nothing when it is removed; sorted by key.
    pub fn written(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.writes.iter().filter_map(|(key, slot)| Some((key, slot.edit.told()?)))
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

    /// The text under a key.
    pub fn get(&self, key: &str) -> Option<&'a str> {
        match self.overlay.and_then(|overlay| overlay.edited(key)) {
            Some(written) => written,
            None => self.loaded.and_then(|loaded| loaded.get(key)),
        }
    }

    /// Whether a key shows what the transaction wrote, rather than what was loaded.
    pub fn is_written(&self, key: &str) -> bool {
        self.overlay.is_some_and(|overlay| overlay.edited(key).is_some())
    }

    /// How many keys there are. Costs what was written, not what is there.
    pub fn len(&self) -> usize {
        let below = self.below();
        let mut count = below.map_or(0, |loaded| loaded.len());
        for (key, text) in self.overlay.iter().flat_map(|overlay| overlay.written()) {
            match (below.is_some_and(|loaded| loaded.get(key).is_some()), text.is_some()) {
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
            return !loaded.eq(self.entries());
        }
        let loaded = |key: &str| self.loaded.and_then(|loaded| loaded.get(key));
        overlay.written().any(|(key, text)| text != loaded(key))
    }

    /// Its document, as a record holds it; nothing when the package is empty.
    pub fn document(&self) -> Option<Vec<u8>> {
        let loaded = self.loaded.map_or(0, |loaded| loaded.size());
        let written = self.overlay.into_iter().flat_map(|overlay| overlay.written());
        let written: usize = written.map(|(key, text)| key.len() + text.map_or(0, str::len) + 8).sum();
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
    type Item = (&'a str, &'a str);

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
            let written = upper.filter(|_| order.is_ge());
            match written.and_then(|(key, slot)| Some((key, slot.edit.told()?))) {
                Some((key, Some(text))) => return Some((key, text)),
                Some((_, None)) => {}
                None if order.is_le() => return lower,
                None => {}
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
