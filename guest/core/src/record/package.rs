//! One package of a record.

use crate::json::Span;

/// One package of a record: a sorted mapping of keys to JSON texts.
#[derive(Clone, Copy, Debug)]
pub struct PackageText<'r> {
    document: &'r [u8],
    spans: &'r [Span],
}

impl<'r> PackageText<'r> {
    /// A document, and where its values stand, sorted by key.
    pub(crate) fn new(document: &'r [u8], spans: &'r [Span]) -> Self {
        Self { document, spans }
    }

    /// The value under a key.
    pub fn get(&self, key: &str) -> Option<&'r str> {
        let place = self.spans.binary_search_by(|span| span.key(self.document).cmp(key.as_bytes())).ok()?;
        self.spans.get(place).map(|span| self.value(span))
    }

    /// All keys with their values, sorted by key.
    pub fn entries(&self) -> impl Iterator<Item = (&'r str, &'r str)> + use<'r> {
        let package = *self;
        self.spans.iter().map(move |span| package.entry(span))
    }

    /// Where the values stand, sorted by key.
    pub(crate) fn spans(&self) -> &'r [Span] {
        self.spans
    }

    /// The key and the value of one place.
    pub(crate) fn entry(&self, span: &'r Span) -> (&'r str, &'r str) {
        (text(span.key(self.document)), self.value(span))
    }

    /// The length of its document, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.document.len()
    }

    fn value(&self, span: &Span) -> &'r str {
        text(self.document.get(span.value.clone()).unwrap_or_default())
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }
}

/// A part of a document, all of which was found to be text before it was taken apart.
fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default()
}
