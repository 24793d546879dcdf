//! The location of a package in the bytes of a record.

use core::cell::OnceCell;
use core::ops::Range;

use crate::json::{Key, Members};

/// The location of a package in the bytes of a record.
#[derive(Clone, Debug)]
pub(crate) struct PackageLocation {
    pub name: Key,
    /// The range of its entry in the first line, which holds the name and the length of the document.
    pub entry: Range<usize>,
    /// The range of its document.
    pub document: Range<usize>,
    /// The members of the document, once it was parsed.
    pub members: OnceCell<Members>,
}

impl PackageLocation {
    /// The name, given the bytes of the record.
    pub fn name_in<'a>(&'a self, bytes: &'a [u8]) -> &'a str {
        // The first line was found to be UTF-8 when it was read.
        core::str::from_utf8(self.name.of(bytes)).unwrap_or_default()
    }
}
