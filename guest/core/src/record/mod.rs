//! The record: one session as the bytes of one item in the store.
//!
//! The first line is JSON and says everything about the session but its data; below it stands one JSON
//! document a package, each on lines of its own. A person can read it over telnet, and a program parses only
//! the packages it needs:
//!
//! ```text
//! {"format":1,"nonces":"9f…","created":1700000000,"saved":1700000042,"timeout":3600,"packages":[["cart",11]]}
//! {"apple":2}
//! ```

mod nonces;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

pub(crate) use self::nonces::{Nonce, Nonces};
use crate::error::{Error, SessionName};
use crate::json::{self, Spans};

/// The version of the format that is written and read here.
const FORMAT: u32 = 1;

/// Why bytes are not a record that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordError {
    /// They are no record, or not a whole one; with the reason for a person.
    Damaged(String),
    /// They are a record of another format, of this version.
    UnknownFormat(u32),
}

impl RecordError {
    fn damaged(reason: impl Into<String>) -> Self {
        Self::Damaged(reason.into())
    }

    /// The same as an error about a session.
    pub(crate) fn of_session(self, session: SessionName) -> Error {
        match self {
            Self::Damaged(reason) => Error::Damaged { session, reason },
            Self::UnknownFormat(format) => Error::UnknownFormat(format),
        }
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(reason) => write!(f, "the record is damaged: {reason}"),
            Self::UnknownFormat(format) => write!(f, "the record has the unknown format {format}"),
        }
    }
}

impl std::error::Error for RecordError {}

/// What a record says about its session: its first line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The version of the format; set when a record is written.
    pub(crate) format: u32,
    /// The marks of the last commits.
    pub(crate) nonces: Nonces,
    /// When the session was first stored, in seconds since the Unix epoch.
    pub created: u64,
    /// When this record was written, in seconds since the Unix epoch.
    pub saved: u64,
    /// The seconds of inactivity that end the session; 0 for never.
    pub timeout: u32,
    /// For a session that was destroyed: until when it is remembered, in seconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_until: Option<u64>,
    /// For a session that is moving to a fresh id: the key that it moves away from. As long as the session
    /// lives there, this record does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<String>,
    /// For a session that moved to a fresh id with a grace: where it is now, and until when requests under
    /// the old id may follow it, in seconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<(String, u64)>,
    /// The packages with the lengths of their documents; set when a record is written.
    pub(crate) packages: Vec<(String, usize)>,
}

/// A record that was read. Its packages are parsed when they are first asked for.
#[derive(Debug)]
pub struct Record {
    bytes: Vec<u8>,
    facts: Facts,
    /// Sorted by name, as they stand in the record.
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    name: String,
    place: Range<usize>,
    spans: OnceCell<Spans>,
}

/// One package of a record: a sorted mapping of keys to JSON texts.
#[derive(Clone, Copy, Debug)]
pub struct PackageText<'r> {
    text: &'r str,
    spans: &'r Spans,
}

impl<'r> PackageText<'r> {
    /// The value under a key.
    pub fn get(&self, key: &str) -> Option<&'r str> {
        self.spans.get(key).and_then(|span| self.text.get(span.clone()))
    }

    /// All keys with their values, sorted by key.
    pub fn entries(&self) -> impl Iterator<Item = (&'r str, &'r str)> + use<'r> {
        let text = self.text;
        self.spans.iter().filter_map(move |(key, span)| Some((key.as_str(), text.get(span.clone())?)))
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

impl Record {
    /// Reads a record. Costs what its first line costs: the packages are counted, and not looked into.
    ///
    /// # Errors
    /// [`RecordError`] when the bytes are not one whole record of the known format.
    pub fn decode(bytes: Vec<u8>) -> Result<Self, RecordError> {
        let line_end = bytes
            .iter()
            .position(|byte| *byte == b'\n')
            .ok_or_else(|| RecordError::damaged("it has no first line"))?;
        let line = bytes.get(..line_end).unwrap_or_default();
        let mut facts = decode_facts(line)?;
        let parts = find_parts(&bytes, line_end + 1, std::mem::take(&mut facts.packages))?;
        Ok(Self { bytes, facts, parts })
    }

    /// What it says about the session.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The names of its packages, sorted.
    pub fn package_names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| part.name.as_str())
    }

    /// A package, parsed.
    ///
    /// # Errors
    /// [`RecordError::Damaged`] when its document is not an object of distinct keys.
    pub fn package(&self, name: &str) -> Result<Option<PackageText<'_>>, RecordError> {
        let Some(part) = self.part(name) else { return Ok(None) };
        let document = self.bytes.get(part.place.clone()).unwrap_or_default();
        let text = std::str::from_utf8(document)
            .map_err(|error| RecordError::damaged(format!("the package {name:?} is not text: {error}")))?;
        if part.spans.get().is_none() {
            let spans = json::object_spans(text)
                .map_err(|reason| RecordError::damaged(format!("the package {name:?}: {reason}")))?;
            let _ = part.spans.set(spans);
        }
        Ok(part.spans.get().map(|spans| PackageText { text, spans }))
    }

    /// A package's document as it stands, for copying.
    pub(crate) fn document(&self, name: &str) -> Option<&[u8]> {
        self.part(name).and_then(|part| self.bytes.get(part.place.clone()))
    }

    /// All packages with their documents, sorted by name.
    pub(crate) fn documents(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let document = |part: &Part| self.bytes.get(part.place.clone()).unwrap_or_default();
        self.parts.iter().map(move |part| (part.name.as_str(), document(part)))
    }

    /// The bytes of a record that holds the same packages and says this about the session.
    pub fn rewrite(&self, facts: Facts) -> Vec<u8> {
        let documents: Vec<_> = self.documents().map(|(name, document)| (name, document.into())).collect();
        encode(facts, &documents)
    }

    fn part(&self, name: &str) -> Option<&Part> {
        let place = self.parts.binary_search_by(|part| part.name.as_str().cmp(name)).ok()?;
        self.parts.get(place)
    }
}

fn decode_facts(line: &[u8]) -> Result<Facts, RecordError> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    match serde_json::from_slice::<Facts>(line) {
        Ok(facts) if facts.format == FORMAT => Ok(facts),
        Ok(facts) => Err(RecordError::UnknownFormat(facts.format)),
        Err(error) => match serde_json::from_slice::<Format>(line) {
            Ok(Format { format }) if format != FORMAT => Err(RecordError::UnknownFormat(format)),
            _ => Err(RecordError::Damaged(format!("its first line: {error}"))),
        },
    }
}

/// Finds the packages behind the first line, and checks that they fill the record exactly.
fn find_parts(
    bytes: &[u8],
    mut place: usize,
    packages: Vec<(String, usize)>,
) -> Result<Vec<Part>, RecordError> {
    let mut parts: Vec<Part> = Vec::with_capacity(packages.len());
    for (name, length) in packages {
        let end = place.saturating_add(length);
        if bytes.get(end) != Some(&b'\n') {
            return Err(RecordError::damaged(format!("the package {name:?} does not end where it should")));
        }
        if parts.last().is_some_and(|last| last.name >= name) {
            return Err(RecordError::damaged("its packages are not sorted by name"));
        }
        parts.push(Part { name, place: place..end, spans: OnceCell::new() });
        place = end + 1;
    }
    if place != bytes.len() {
        return Err(RecordError::damaged("bytes follow the last package"));
    }
    Ok(parts)
}

/// Writes a record: what it says about the session, and its packages with their documents, sorted by name.
pub fn encode(mut facts: Facts, packages: &[(&str, Cow<'_, [u8]>)]) -> Vec<u8> {
    facts.format = FORMAT;
    facts.packages = packages.iter().map(|(name, document)| ((*name).to_owned(), document.len())).collect();
    let size: usize = facts.packages.iter().map(|(name, length)| name.len() + length + 16).sum();
    let mut bytes = Vec::with_capacity(size + 320);
    // Writing plain data to a vector cannot fail.
    let _ = serde_json::to_writer(&mut bytes, &facts);
    bytes.push(b'\n');
    for (_, document) in packages {
        bytes.extend_from_slice(document);
        bytes.push(b'\n');
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let facts = Facts { created: 1, saved: 2, timeout: 3600, ..Facts::default() };
        let packages =
            [("broken", "{nope"), ("cart", r#"{"apple":2,"pear":[1, 2]}"#), ("line\n", r#"{"a":"b\n"}"#)];
        encode(facts, &packages.map(|(name, document)| (name, document.as_bytes().into())))
    }

    #[test]
    fn a_record_reads_back_as_it_was_written() {
        let record = Record::decode(sample()).unwrap();
        assert_eq!((record.facts().created, record.facts().saved, record.facts().timeout), (1, 2, 3600));
        let cart = record.package("cart").unwrap().unwrap();
        assert_eq!(cart.entries().collect::<Vec<_>>(), [("apple", "2"), ("pear", "[1, 2]")]);
        assert_eq!(record.package("line\n").unwrap().unwrap().get("a"), Some(r#""b\n""#));
        assert!(record.package("absent").unwrap().is_none());
    }

    #[test]
    fn a_person_can_read_it() {
        let text = String::from_utf8(sample()).unwrap();
        assert_eq!(
            text,
            "{\"format\":1,\"nonces\":\"\",\"created\":1,\"saved\":2,\"timeout\":3600,\
             \"packages\":[[\"broken\",5],[\"cart\",25],[\"line\\n\",11]]}\n\
             {nope\n{\"apple\":2,\"pear\":[1, 2]}\n{\"a\":\"b\\n\"}\n"
        );
    }

    #[test]
    fn a_damaged_package_hurts_only_those_who_read_it() {
        let record = Record::decode(sample()).unwrap();
        assert!(record.package("cart").is_ok());
        assert!(matches!(record.package("broken"), Err(RecordError::Damaged(_))));
        assert_eq!(record.document("broken"), Some(&b"{nope"[..]));
    }

    #[test]
    fn every_truncation_is_noticed() {
        let whole = sample();
        for length in 0..whole.len() {
            let error = Record::decode(whole[..length].to_vec()).unwrap_err();
            assert!(matches!(error, RecordError::Damaged(_)), "{length}");
        }
    }

    #[test]
    fn foreign_bytes_and_bytes_too_many_are_noticed() {
        let mut longer = sample();
        longer.push(b'x');
        for bytes in [b"hello".to_vec(), b"{}\n".to_vec(), vec![0xff; 300], b"\n".to_vec(), longer] {
            assert!(matches!(Record::decode(bytes), Err(RecordError::Damaged(_))));
        }
    }

    #[test]
    fn lengths_that_overflow_are_noticed() {
        let bytes = br#"{"format":1,"nonces":"","created":1,"saved":1,"timeout":1,"packages":[["a",18446744073709551615]]}
"#;
        assert!(matches!(Record::decode(bytes.to_vec()), Err(RecordError::Damaged(_))));
    }

    #[test]
    fn packages_out_of_order_or_twice_are_noticed() {
        for names in [["b", "a"], ["a", "a"]] {
            let packages = names.map(|name| (name, b"{}"[..].into()));
            let bytes = encode(Facts::default(), &packages);
            assert!(matches!(Record::decode(bytes), Err(RecordError::Damaged(_))), "{names:?}");
        }
    }

    #[test]
    fn a_format_of_the_future_is_told_from_damage() {
        assert_eq!(Record::decode(b"{\"format\":2}\n".to_vec()).unwrap_err(), RecordError::UnknownFormat(2));
    }
    #[test]
    fn people_are_told_damage_from_another_format() {
        assert_eq!(RecordError::damaged("no first line").to_string(), "the record is damaged: no first line");
        assert_eq!(RecordError::UnknownFormat(2).to_string(), "the record has the unknown format 2");
    }

    #[test]
    fn a_record_that_is_written_again_keeps_its_packages_as_they_are() {
        let record = Record::decode(sample()).unwrap();
        assert_eq!(record.rewrite(record.facts().clone()), sample());
        let later = record.rewrite(Facts { saved: 9, ..record.facts().clone() });
        assert_eq!(Record::decode(later).unwrap().facts().saved, 9);
    }
    #[test]
    fn a_whole_record_of_another_format_is_told_from_damage() {
        let text = String::from_utf8(sample()).unwrap().replace("\"format\":1", "\"format\":3");
        assert_eq!(Record::decode(text.into_bytes()).unwrap_err(), RecordError::UnknownFormat(3));
    }

    #[test]
    fn a_package_tells_how_many_keys_it_holds() {
        let packages = [("empty", b"{}"[..].into()), ("full", b"{\"a\":1,\"b\":2}"[..].into())];
        let record = Record::decode(encode(Facts::default(), &packages)).unwrap();
        let size = |name| record.package(name).unwrap().map(|package| (package.len(), package.is_empty()));
        assert_eq!((size("empty"), size("full")), (Some((0, true)), Some((2, false))));
    }

    #[test]
    fn writing_a_record_takes_little_more_memory_than_the_record() {
        let document = vec![b'x'; 10_000];
        let bytes = encode(Facts::default(), &[("a package of ten thousand", document.into())]);
        assert!(bytes.capacity() < bytes.len() + 1000, "{} for {}", bytes.capacity(), bytes.len());
    }
}
