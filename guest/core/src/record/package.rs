//! One package of a record.

use crate::json::Span;

/// A package of a record: a sorted map of keys to JSON texts.
#[derive(Clone, Copy, Debug)]
pub struct PackageText<'r> {
    document: &'r [u8],
    spans: &'r [Span],
}

impl<'r> PackageText<'r> {
    /// A document, and the locations of its values, sorted by key.
    pub(crate) fn new(document: &'r [u8], spans: &'r [Span]) -> Self {
        Self { document, spans }
    }

    /// The value under a key.
    pub fn get(&self, key: &str) -> Option<&'r str> {
        let position =
            self.spans.binary_search_by(|span| span.key(self.document).cmp(key.as_bytes())).ok()?;
        self.spans.get(position).map(|span| self.value(span))
    }

    /// All keys with their values, sorted by key.
    pub fn entries(&self) -> impl Iterator<Item = (&'r str, &'r str)> + use<'r> {
        let package = *self;
        self.spans.iter().map(move |span| package.entry(span))
    }

    /// The locations of the values, sorted by key.
    pub(crate) fn spans(&self) -> &'r [Span] {
        self.spans
    }

    /// The key and the value at a location.
    pub(crate) fn entry(&self, span: &'r Span) -> (&'r str, &'r str) {
        (text(span.key(self.document)), self.value(span))
    }

    /// The length of the document in bytes.
    pub(crate) fn size(&self) -> usize {
        self.document.len()
    }

    fn value(&self, span: &Span) -> &'r str {
        text(self.document.get(span.value.clone()).unwrap_or_default())
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }
}

/// A part of a document, which was checked to be UTF-8 before it was parsed.
fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default()
}
