//! Where a package stands in a record.

use alloc::vec::Vec;
use core::cell::OnceCell;
use core::ops::Range;

use crate::json::{Key, Span};

/// Where a package stands in a record.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub name: Key,
    /// Its entry in the first line: the name and the length of the document.
    pub entry: Range<usize>,
    /// Its document.
    pub document: Range<usize>,
    /// Where the values stand in the document, once that was asked for.
    pub spans: OnceCell<Vec<Span>>,
}

impl Part {
    /// Its name, in the bytes of its record.
    pub fn name_in<'a>(&'a self, bytes: &'a [u8]) -> &'a str {
        // The first line is UTF-8, or it would not have been read.
        core::str::from_utf8(self.name.of(bytes)).unwrap_or_default()
    }
}
