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
mod package;
mod read;
mod write;

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::OnceCell;
use core::fmt;
use core::ops::Range;

pub(crate) use self::nonces::{Nonce, Nonces};
pub use self::package::PackageText;
pub(crate) use self::write::encode;
use crate::error::{Error, SessionName};
use crate::json::{self, Key, Span};

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
    fn damaged(reason: &str) -> Self {
        Self::Damaged(reason.into())
    }

    fn of_package(name: &str, reason: &str) -> Self {
        Self::Damaged(["the package \"", name, "\": ", reason].concat())
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

impl core::error::Error for RecordError {}

/// What a record says about its session: its first line, less the packages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The marks of the last commits.
    pub(crate) nonces: Nonces,
    /// When the session was first stored, in seconds since the Unix epoch.
    pub created: u64,
    /// When this record was written, in seconds since the Unix epoch.
    pub saved: u64,
    /// The seconds of inactivity that end the session; 0 for never.
    pub timeout: u32,
    /// For a session that was destroyed: until when it is remembered, in seconds since the Unix epoch.
    pub ended_until: Option<u64>,
    /// For a session that is moving to a fresh id: the key that it moves away from. As long as the session
    /// lives there, this record does not count.
    pub moved_from: Option<String>,
    /// For a session that moved to a fresh id with a grace: where it is now, and until when requests under
    /// the old id may follow it, in seconds since the Unix epoch.
    pub moved_to: Option<(String, u64)>,
}

/// A record that was read. Its packages are parsed when they are first asked for.
#[derive(Debug)]
pub struct Record {
    bytes: Vec<u8>,
    facts: Facts,
    /// Sorted by name, as they stand in the record.
    parts: Vec<Part>,
}

/// Where a package stands in a record.
#[derive(Debug)]
struct Part {
    name: Key,
    /// Its entry in the first line: the name and the length of the document.
    entry: Range<usize>,
    document: Range<usize>,
    /// Where the values stand in the document, once that was asked for.
    spans: OnceCell<Vec<Span>>,
}

impl Record {
    /// Reads a record. Costs what its first line costs: the packages are counted, and not looked into.
    ///
    /// # Errors
    /// [`RecordError`] when the bytes are not one whole record of the known format.
    pub fn decode(bytes: Vec<u8>) -> Result<Self, RecordError> {
        let (facts, parts) = read::read(&bytes)?;
        Ok(Self { bytes, facts, parts })
    }

    /// What it says about the session.
    pub fn facts(&self) -> &Facts {
        &self.facts
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
            // The first line is UTF-8, or it would not have been read.
            let name = core::str::from_utf8(part.name.of(&self.bytes)).unwrap_or_default();
            (name, self.bytes.get(part.document.clone()).unwrap_or_default())
        })
    }

    /// The bytes of a record that holds the same packages and says this about the session.
    pub fn rewrite(&self, facts: &Facts) -> Vec<u8> {
        encode(facts, Some(self), &[])
    }

    /// Which package it is, or before which one it would be.
    fn place_of(&self, name: &str) -> Result<usize, usize> {
        self.parts.binary_search_by(|part| part.name.of(&self.bytes).cmp(name.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let facts = Facts { created: 1, saved: 2, timeout: 3600, ..Facts::default() };
        let packages =
            [("broken", "{nope"), ("cart", r#"{"apple":2,"pear":[1, 2]}"#), ("line\n", r#"{"a":"b\n"}"#)];
        encode(&facts, None, &packages.map(|(name, document)| (name, Some(document.into()))))
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
            let packages = names.map(|name| (name, Some(b"{}".to_vec())));
            let bytes = encode(&Facts::default(), None, &packages);
            assert!(matches!(Record::decode(bytes), Err(RecordError::Damaged(_))), "{names:?}");
        }
    }

    #[test]
    fn packages_are_replaced_added_and_removed_and_the_others_copied_as_they_stand() {
        let earlier = String::from_utf8(sample()).unwrap().replace("[\"cart\",25]", " [ \"cart\" , 25 ]");
        let earlier = Record::decode(earlier.into()).unwrap();
        let text = |replacements: &[(&str, Option<Vec<u8>>)]| {
            let bytes = encode(&Facts::default(), Some(&earlier), replacements);
            let record = Record::decode(bytes).unwrap();
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            record.documents().map(|(name, document)| (name.to_owned(), text(document))).collect::<Vec<_>>()
        };
        let (broken, cart, line) = ("{nope", r#"{"apple":2,"pear":[1, 2]}"#, r#"{"a":"b\n"}"#);
        let owned = |entries: &[(&str, &str)]| -> Vec<(String, String)> {
            entries.iter().map(|(name, document)| ((*name).to_owned(), (*document).to_owned())).collect()
        };
        let fresh = || Some(b"{}".to_vec());
        assert_eq!(text(&[]), owned(&[("broken", broken), ("cart", cart), ("line\n", line)]));
        assert_eq!(
            text(&[("a", fresh()), ("cart", None), ("d\"", fresh()), ("none", None), ("z", fresh())]),
            owned(&[("a", "{}"), ("broken", broken), ("d\"", "{}"), ("line\n", line), ("z", "{}")])
        );
        assert_eq!(
            text(&[("broken", None), ("line\n", fresh())]),
            owned(&[("cart", cart), ("line\n", "{}")])
        );
        assert_eq!(text(&[("broken", None), ("cart", None), ("line\n", None)]), owned(&[]));
    }

    #[test]
    fn what_a_later_version_adds_to_the_first_line_is_no_damage() {
        let text = String::from_utf8(sample()).unwrap().replacen('{', r#"{"new":[{}],"#, 1);
        assert_eq!(Record::decode(text.into()).unwrap().facts().timeout, 3600);
    }

    #[test]
    fn all_that_is_said_about_a_session_reads_back() {
        let facts = Facts {
            nonces: Nonces::from("1 2".to_owned()),
            created: 0,
            saved: u64::MAX,
            timeout: u32::MAX,
            ended_until: Some(3),
            moved_from: Some("ls1:\"a\"".into()),
            moved_to: Some(("ls1:b".into(), 4)),
        };
        assert_eq!(Record::decode(encode(&facts, None, &[])).unwrap().facts(), &facts);
    }

    #[test]
    fn a_first_line_that_says_too_little_or_too_much_is_noticed() {
        let text = String::from_utf8(sample()).unwrap();
        for (from, to) in [
            ("\"saved\":2,", ""),
            ("\"saved\":2,", "\"saved\":2,\"saved\":2,"),
            ("\"saved\":2,", "\"saved\":-2,"),
            ("\"saved\":2,", "\"saved\":02,"),
            ("\"timeout\":3600", "\"timeout\":4294967296"),
            ("]]}", "]]} x"),
        ] {
            let damaged = text.replacen(from, to, 1);
            assert_ne!(damaged, text);
            assert!(matches!(Record::decode(damaged.into()), Err(RecordError::Damaged(_))), "{from} {to}");
        }
    }

    #[test]
    fn a_format_of_the_future_is_told_from_damage() {
        for line in ["{\"format\":2}", "{\"nonces\":7,\"format\":2}", "{\"format\":2,what comes then"] {
            let error = Record::decode(format!("{line}\n").into()).unwrap_err();
            assert_eq!(error, RecordError::UnknownFormat(2), "{line}");
        }
    }

    #[test]
    fn people_are_told_damage_from_another_format() {
        assert_eq!(RecordError::damaged("no first line").to_string(), "the record is damaged: no first line");
        assert_eq!(RecordError::UnknownFormat(2).to_string(), "the record has the unknown format 2");
    }

    #[test]
    fn a_record_that_is_written_again_keeps_its_packages_as_they_are() {
        let record = Record::decode(sample()).unwrap();
        assert_eq!(record.rewrite(record.facts()), sample());
        let later = record.rewrite(&Facts { saved: 9, ..record.facts().clone() });
        assert_eq!(Record::decode(later).unwrap().facts().saved, 9);
    }

    #[test]
    fn a_whole_record_of_another_format_is_told_from_damage() {
        let text = String::from_utf8(sample()).unwrap().replace("\"format\":1", "\"format\":3");
        assert_eq!(Record::decode(text.into_bytes()).unwrap_err(), RecordError::UnknownFormat(3));
    }

    #[test]
    fn a_package_tells_how_many_keys_it_holds() {
        let packages = [("empty", Some(b"{}".to_vec())), ("full", Some(b"{\"a\":1,\"b\":2}".to_vec()))];
        let record = Record::decode(encode(&Facts::default(), None, &packages)).unwrap();
        let size = |name| record.package(name).unwrap().map(|package| (package.len(), package.is_empty()));
        assert_eq!((size("empty"), size("full")), (Some((0, true)), Some((2, false))));
    }

    #[test]
    fn writing_a_record_takes_little_more_memory_than_the_record() {
        let document = Some(vec![b'x'; 10_000]);
        let bytes = encode(&Facts::default(), None, &[("a package of ten thousand", document)]);
        assert!(bytes.capacity() < bytes.len() + 1000, "{} for {}", bytes.capacity(), bytes.len());
        let record = Record::decode(bytes).unwrap();
        let again = record.rewrite(record.facts());
        assert!(again.capacity() < again.len() + 1000, "{} for {}", again.capacity(), again.len());
    }
}
