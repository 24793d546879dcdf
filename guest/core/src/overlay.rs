//! What a transaction wrote to one package, and the package as it then looks.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::json;
use crate::record::PackageText;

/// The writes of a transaction to one package, on top of what was loaded.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    /// Whether everything that was loaded is removed.
    pub cleared: bool,
    /// The keys written, each with its text or with nothing when it is removed.
    pub writes: BTreeMap<String, Slot>,
    /// The savepoint since which this overlay can be restored as a whole; see [`crate::journal`].
    pub saved_for: u64,
}

/// One key in an overlay.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Its text, or nothing when it is removed.
    pub value: Option<Rc<str>>,
    /// The savepoint since which the slot can be restored; see [`crate::journal`].
    pub saved_for: u64,
}

/// A package as a transaction sees it: what was loaded, under what it wrote.
#[derive(Clone, Copy)]
pub struct View<'a> {
    loaded: Option<PackageText<'a>>,
    overlay: Option<&'a Overlay>,
}

impl Overlay {
    /// What the transaction made of a key: a text, nothing because it removed it, or no answer because it
    /// left the key as it was loaded.
    pub fn verdict(&self, key: &str) -> Option<Option<&str>> {
        match self.writes.get(key) {
            Some(slot) => Some(slot.value.as_deref()),
            None => self.cleared.then_some(None),
        }
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
        match self.overlay.and_then(|overlay| overlay.verdict(key)) {
            Some(written) => written,
            None => self.loaded.and_then(|loaded| loaded.get(key)),
        }
    }

    /// Whether a key shows what the transaction wrote, rather than what was loaded.
    pub fn is_written(&self, key: &str) -> bool {
        self.overlay.is_some_and(|overlay| overlay.verdict(key).is_some())
    }

    /// How many keys there are. Costs what was written, not what is there.
    pub fn len(&self) -> usize {
        let below = self.below();
        let mut count = below.map_or(0, |loaded| loaded.len());
        for (key, slot) in self.overlay.iter().flat_map(|overlay| &overlay.writes) {
            match (below.is_some_and(|loaded| loaded.get(key).is_some()), slot.value.is_some()) {
                (false, true) => count += 1,
                (true, false) => count = count.saturating_sub(1),
                _ => {}
            }
        }
        count
    }

    /// All keys with their texts, sorted by key.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let view = *self;
        let mut below = view.below().into_iter().flat_map(|loaded| loaded.entries()).peekable();
        let mut above = view.overlay.into_iter().flat_map(|overlay| &overlay.writes).peekable();
        std::iter::from_fn(move || {
            loop {
                let written = match (below.peek(), above.peek()) {
                    (_, None) => return below.next(),
                    (Some((lower, _)), Some((upper, _))) if *lower < upper.as_str() => return below.next(),
                    (Some((lower, _)), Some((upper, _))) if *lower == upper.as_str() => {
                        below.next();
                        above.next()
                    }
                    _ => above.next(),
                };
                if let Some((key, Slot { value: Some(value), .. })) = written {
                    return Some((key.as_str(), value));
                }
            }
        })
    }

    /// Whether it differs from what was loaded.
    pub fn differs(&self) -> bool {
        let Some(overlay) = self.overlay else { return false };
        if overlay.cleared {
            let loaded = self.loaded.into_iter().flat_map(|loaded| loaded.entries());
            return !loaded.eq(self.entries());
        }
        let loaded = |key: &str| self.loaded.and_then(|loaded| loaded.get(key));
        overlay.writes.iter().any(|(key, slot)| slot.value.as_deref() != loaded(key))
    }

    /// Its document, as a record holds it; nothing when the package is empty.
    pub fn document(&self) -> Option<Vec<u8>> {
        let mut document = Vec::with_capacity(64);
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
