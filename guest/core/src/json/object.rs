//! The members of an object, found without copying them.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::scan::{Scanner, SyntaxError};
use crate::ordered::Ordered;

/// The members of a JSON object, sorted by key. Ranges are relative to the beginning of the text.
#[derive(Clone, Debug, Default)]
pub struct Members {
    sorted: Vec<Member>,
    /// Whether they stand in the text in the order of their keys, as in all documents that this crate writes.
    is_text_sorted: bool,
}

/// A member of a JSON object.
#[derive(Clone, Debug)]
pub struct Member {
    /// Where the member begins: at the quotation mark before its key.
    start: usize,
    key: Key,
    /// The range of the value, to the end of the member.
    pub value: Range<usize>,
}

/// A key: its range in the text, or its unescaped form.
#[derive(Clone, Debug)]
pub enum Key {
    /// The key is this range of the text.
    Plain(Range<usize>),
    /// The key has escapes in the text, and this is its unescaped form.
    Unescaped(String),
}

impl Key {
    /// Reads a key.
    ///
    /// # Errors
    /// When the next token is not a string.
    pub fn read(scanner: &mut Scanner<'_>) -> Result<Self, SyntaxError> {
        Ok(match scanner.string()? {
            Cow::Borrowed(key) => {
                let end = scanner.position() - 1;
                Self::Plain(end - key.len()..end)
            }
            Cow::Owned(key) => Self::Unescaped(key),
        })
    }

    /// Returns the bytes of the key, given the text.
    pub fn of<'r>(&'r self, text: &'r [u8]) -> &'r [u8] {
        match self {
            Self::Plain(range) => text.get(range.clone()).unwrap_or_default(),
            Self::Unescaped(key) => key.as_bytes(),
        }
    }
}

impl Member {
    /// Returns the bytes of the key, given the text.
    pub fn key<'r>(&'r self, text: &'r [u8]) -> &'r [u8] {
        self.key.of(text)
    }
}

impl Members {
    /// Finds the members of an object.
    ///
    /// # Errors
    /// A description of what is wrong, when the text is not an object with distinct keys.
    pub fn of(text: &str) -> Result<Self, String> {
        let mut scanner = Scanner::new(text);
        let members = read(&mut scanner).map_err(|SyntaxError| scanner.describe())?;
        let bytes = text.as_bytes();
        if members.is_sorted_by(|left, right| left.key(bytes) < right.key(bytes)) {
            Ok(Self { sorted: members, is_text_sorted: true })
        } else {
            Ok(Self { sorted: sorted(members, bytes)?, is_text_sorted: false })
        }
    }

    /// The members, sorted by key.
    pub fn as_slice(&self) -> &[Member] {
        &self.sorted
    }

    /// The position of a key, or the position where it would be inserted.
    pub fn position_of(&self, key: &str, text: &[u8]) -> Result<usize, usize> {
        self.sorted.binary_search_by(|member| member.key(text).cmp(key.as_bytes()))
    }

    /// The text of some of the members, in parts that are to be joined with commas.
    pub fn parts<'r>(&self, positions: Range<usize>, text: &'r [u8]) -> impl Iterator<Item = &'r [u8]> {
        let members = self.sorted.get(positions).unwrap_or_default();
        let length = if self.is_text_sorted { members.len() } else { 1 };
        // At least 1, because a chunk has a member.
        members.chunks(length.max(1)).filter_map(|part| {
            let (first, last) = (part.first()?, part.last()?);
            text.get(first.start..last.value.end)
        })
    }
}

fn sorted(members: Vec<Member>, text: &[u8]) -> Result<Vec<Member>, String> {
    let mut by_key = Ordered::default();
    for member in members {
        let key = core::str::from_utf8(member.key(text)).unwrap_or_default();
        if by_key.position(key).is_some() {
            return Err("a key occurs twice".into());
        }
        by_key.add(key.into(), member);
    }
    Ok(by_key.into_values())
}

fn read(scanner: &mut Scanner<'_>) -> Result<Vec<Member>, SyntaxError> {
    let mut members = Vec::new();
    scanner.begin_object()?;
    while scanner.has_member(members.is_empty())? {
        let start = scanner.position();
        let key = Key::read(scanner)?;
        scanner.colon()?;
        members.push(Member { start, key, value: scanner.value()? });
    }
    scanner.end()?;
    Ok(members)
}
