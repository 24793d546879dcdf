//! Writes records.

use alloc::vec::Vec;
use core::ops::Range;

use super::{FORMAT, Facts, Record};
use crate::json::{push_number, push_string};

/// What the first line takes beside the packages, at most: it has short numbers, eight marks and a key or two.
const MOST_OF_LINE: usize = 900;

/// A piece of the packages of a new record.
enum Piece<'a> {
    /// Packages that stay as they stand in an earlier record.
    Kept(&'a Record, Range<usize>),
    /// A package that is written anew.
    Fresh(&'a str, &'a [u8]),
}

/// A package's name, and its document or nothing when it is removed.
pub type Replacement<'a> = (&'a str, Option<Vec<u8>>);

/// Writes a record: what it says about the session, and the packages of an earlier record with some replaced.
///
/// The replacements are sorted by name. Between them everything is copied as it stands, so that it costs
/// little more than copying the bytes.
pub fn encode(facts: &Facts, earlier: Option<&Record>, replacements: &[Replacement<'_>]) -> Vec<u8> {
    let pieces = pieces(earlier, replacements);
    let mut bytes = Vec::with_capacity(MOST_OF_LINE + pieces.iter().map(Piece::size).sum::<usize>());
    push_facts(facts, &mut bytes);
    for (place, piece) in pieces.iter().enumerate() {
        if place > 0 {
            bytes.push(b',');
        }
        piece.push_entries(&mut bytes);
    }
    bytes.extend_from_slice(b"]}\n");
    pieces.iter().for_each(|piece| piece.push_documents(&mut bytes));
    bytes
}

fn pieces<'a>(earlier: Option<&'a Record>, replacements: &'a [Replacement<'_>]) -> Vec<Piece<'a>> {
    let mut pieces = Vec::with_capacity(2 * replacements.len() + 1);
    let mut done = 0;
    let mut keep = |pieces: &mut Vec<_>, until: usize, next: usize| {
        if let Some(record) = earlier.filter(|_| done < until) {
            pieces.push(Piece::Kept(record, done..until));
        }
        done = next;
    };
    for (name, document) in replacements {
        match earlier.map_or(Err(0), |record| record.place_of(name)) {
            Ok(place) => keep(&mut pieces, place, place + 1),
            Err(place) => keep(&mut pieces, place, place),
        }
        pieces.extend(document.as_deref().map(|document| Piece::Fresh(name, document)));
    }
    let count = earlier.map_or(0, |record| record.parts.len());
    keep(&mut pieces, count, count);
    pieces
}

impl Piece<'_> {
    /// How many bytes it takes, at most as long as names need few escapes.
    fn size(&self) -> usize {
        match self {
            Self::Kept(..) => self.kept_entries().len() + self.kept_documents().len(),
            Self::Fresh(name, document) => name.len() + document.len() + 20,
        }
    }

    fn kept_entries(&self) -> &[u8] {
        self.kept(|part| &part.entry)
    }

    fn kept_documents(&self) -> &[u8] {
        self.kept(|part| &part.document)
    }

    /// What stands in the earlier record from the first to the last of the packages.
    fn kept(&self, place: impl Fn(&super::Part) -> &Range<usize>) -> &[u8] {
        let Self::Kept(record, parts) = self else { return &[] };
        match record.parts.get(parts.clone()) {
            Some([first, .., last]) => record.bytes.get(place(first).start..place(last).end),
            Some([only]) => record.bytes.get(place(only).clone()),
            _ => None,
        }
        .unwrap_or_default()
    }

    fn push_entries(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.kept_entries());
        if let Self::Fresh(name, document) = self {
            bytes.push(b'[');
            push_string(name, bytes);
            bytes.push(b',');
            push_number(document.len() as u64, bytes);
            bytes.push(b']');
        }
    }

    fn push_documents(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(match self {
            Self::Kept(..) => self.kept_documents(),
            Self::Fresh(_, document) => document,
        });
        bytes.push(b'\n');
    }
}

/// The first line up to the first package.
fn push_facts(facts: &Facts, bytes: &mut Vec<u8>) {
    push_field(b"{\"format\":", FORMAT.into(), bytes);
    bytes.extend_from_slice(b",\"nonces\":");
    push_string(facts.nonces.as_str(), bytes);
    push_field(b",\"created\":", facts.created, bytes);
    push_field(b",\"saved\":", facts.saved, bytes);
    push_field(b",\"timeout\":", facts.timeout.into(), bytes);
    if let Some(until) = facts.ended_until {
        push_field(b",\"ended_until\":", until, bytes);
    }
    if let Some(key) = &facts.moved_from {
        bytes.extend_from_slice(b",\"moved_from\":");
        push_string(key, bytes);
    }
    if let Some((key, until)) = &facts.moved_to {
        bytes.extend_from_slice(b",\"moved_to\":[");
        push_string(key, bytes);
        push_field(b",", *until, bytes);
        bytes.push(b']');
    }
    bytes.extend_from_slice(b",\"packages\":[");
}

fn push_field(name: &[u8], number: u64, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(name);
    push_number(number, bytes);
}
