//! One package of a record.

use core::ops::Range;

use crate::json::{Member, Members};

/// A package of a record: a sorted map of keys to JSON texts.
#[derive(Clone, Copy, Debug)]
pub struct PackageText<'r> {
    document: &'r [u8],
    members: &'r Members,
}

impl<'r> PackageText<'r> {
    /// A document, and its members.
    pub(crate) fn new(document: &'r [u8], members: &'r Members) -> Self {
        Self { document, members }
    }

    /// The value under a key.
    pub fn get(&self, key: &str) -> Option<&'r str> {
        self.at(self.position_of(key).ok()?)
    }

    /// All keys with their values, sorted by key.
    pub fn entries(&self) -> impl Iterator<Item = (&'r str, &'r str)> + use<'r> {
        let package = *self;
        self.members.as_slice().iter().map(move |member| package.entry(member))
    }

    /// The members, sorted by key.
    pub(crate) fn members(&self) -> &'r [Member] {
        self.members.as_slice()
    }

    /// The key and the value of a member.
    pub(crate) fn entry(&self, member: &'r Member) -> (&'r str, &'r str) {
        (text(member.key(self.document)), self.value(member))
    }

    /// The position of a key, or the position where it would be inserted.
    pub(crate) fn position_of(&self, key: &str) -> Result<usize, usize> {
        self.members.position_of(key, self.document)
    }

    /// The value at a position.
    pub(crate) fn at(&self, position: usize) -> Option<&'r str> {
        self.members.as_slice().get(position).map(|member| self.value(member))
    }

    /// The text of some of the members, in parts that are to be joined with commas.
    pub(crate) fn parts(&self, positions: Range<usize>) -> impl Iterator<Item = &'r [u8]> + use<'r> {
        self.members.parts(positions, self.document)
    }

    /// The length of the document in bytes.
    pub(crate) fn size(&self) -> usize {
        self.document.len()
    }

    fn value(&self, member: &Member) -> &'r str {
        text(self.document.get(member.value.clone()).unwrap_or_default())
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.members.as_slice().len()
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.members.as_slice().is_empty()
    }
}

/// A part of a document, which was checked to be UTF-8 before it was parsed.
fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default()
}
