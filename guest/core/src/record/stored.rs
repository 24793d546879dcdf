//! A record that was read.

use alloc::vec::Vec;

use super::error::RecordError;
use super::header::Header;
use super::package::PackageText;
use super::part::Part;
use crate::json;

/// A record that was read. Its packages are parsed when they are first asked for.
#[derive(Debug)]
pub struct Record {
    pub(super) bytes: Vec<u8>,
    pub(super) header: Header,
    /// Sorted by name, as they stand in the record.
    pub(super) parts: Vec<Part>,
}

impl Record {
    /// What it says about the session.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The record as it is in the store.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The names of its packages, sorted.
    pub fn package_names(&self) -> impl Iterator<Item = &str> {
        self.documents().map(|(name, _)| name)
    }

    /// A package, parsed.
    ///
    /// # Errors
    /// [`RecordError::Damaged`] when its document is not an object of distinct keys.
    pub fn package(&self, name: &str) -> Result<Option<PackageText<'_>>, RecordError> {
        let Ok(place) = self.place_of(name) else { return Ok(None) };
        let Some(part) = self.parts.get(place) else { return Ok(None) };
        let document = self.bytes.get(part.document.clone()).unwrap_or_default();
        let spans = match part.spans.get() {
            Some(spans) => spans,
            None => {
                if core::str::from_utf8(document).is_err() {
                    return Err(RecordError::of_package(name, "it is not UTF-8"));
                }
                let spans =
                    json::object_spans(document).map_err(|reason| RecordError::of_package(name, &reason))?;
                part.spans.get_or_init(|| spans)
            }
        };
        Ok(Some(PackageText::new(document, spans)))
    }

    /// A package's document as it stands, for copying.
    pub(crate) fn document(&self, name: &str) -> Option<&[u8]> {
        let part = self.parts.get(self.place_of(name).ok()?)?;
        self.bytes.get(part.document.clone())
    }

    /// All packages with their documents, sorted by name.
    pub(crate) fn documents(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.parts.iter().map(|part| {
            (part.name_in(&self.bytes), self.bytes.get(part.document.clone()).unwrap_or_default())
        })
    }

    /// Which package it is, or before which one it would be.
    pub(super) fn place_of(&self, name: &str) -> Result<usize, usize> {
        self.parts.binary_search_by(|part| part.name.of(&self.bytes).cmp(name.as_bytes()))
    }
}
