//! A record that was read.

use alloc::vec::Vec;

use super::error::RecordError;
use super::header::Header;
use super::location::PackageLocation;
use super::package::PackageText;
use crate::json::Members;

/// A record that was read. A package is parsed when it is first requested.
#[derive(Debug)]
pub struct Record {
    pub(super) bytes: Vec<u8>,
    pub(super) header: Header,
    /// Sorted by name, as in the record.
    pub(super) packages: Vec<PackageLocation>,
}

impl Record {
    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The bytes of the record as they are in the store.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The names of the packages, sorted.
    pub fn package_names(&self) -> impl Iterator<Item = &str> {
        self.documents().map(|(name, _)| name)
    }

    /// Returns a package, parsed.
    ///
    /// # Errors
    /// [`RecordError::Damaged`] when its document is not a JSON object with distinct keys.
    pub fn package(&self, name: &str) -> Result<Option<PackageText<'_>>, RecordError> {
        let Ok(position) = self.position_of(name) else { return Ok(None) };
        let Some(package) = self.packages.get(position) else { return Ok(None) };
        let document = self.bytes.get(package.document.clone()).unwrap_or_default();
        let members = match package.members.get() {
            Some(members) => members,
            None => {
                let damaged = |reason: &str| RecordError::of_package(name, reason);
                let text = core::str::from_utf8(document).map_err(|_| damaged("it is not UTF-8"))?;
                let members = Members::of(text).map_err(|reason| damaged(&reason))?;
                package.members.get_or_init(|| members)
            }
        };
        Ok(Some(PackageText::new(document, members)))
    }

    /// Returns the document of a package, for copying.
    pub(crate) fn document(&self, name: &str) -> Option<&[u8]> {
        let package = self.packages.get(self.position_of(name).ok()?)?;
        self.bytes.get(package.document.clone())
    }

    /// All packages with their documents, sorted by name.
    pub(crate) fn documents(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.packages.iter().map(|package| {
            (package.name_in(&self.bytes), self.bytes.get(package.document.clone()).unwrap_or_default())
        })
    }

    /// The position of a package, or the position where it would be inserted.
    pub(super) fn position_of(&self, name: &str) -> Result<usize, usize> {
        self.packages.binary_search_by(|package| package.name.of(&self.bytes).cmp(name.as_bytes()))
    }
}
