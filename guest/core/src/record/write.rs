//! Writes records.

use alloc::vec::Vec;
use core::ops::Range;

use super::header::{Decision, Effect, FORMAT, Header, Move, Pending};
use super::location::PackageLocation;
use super::parsed::Record;
use crate::json::{push_number, push_string};

/// The usual maximum length of the first line without the packages: short numbers, eight marks, and a key or
/// two.
const MOST_OF_LINE: usize = 900;

/// A piece of a new record.
enum Piece<'a> {
    /// Packages of an earlier record, copied.
    Kept(&'a Record, Range<usize>),
    /// A new package: its name and its document.
    Fresh(&'a str, &'a [u8]),
}

/// The name of a package, and its new document or `None` when it is removed.
pub type Replacement<'a> = (&'a str, Option<Vec<u8>>);

/// Writes a record: a header, and the packages of an earlier record with some of them replaced.
///
/// The replacements must be sorted by name. All other packages are copied in large pieces, at little more
/// than the cost of copying the bytes.
pub fn encode(header: &Header, earlier: Option<&Record>, replacements: &[Replacement<'_>]) -> Vec<u8> {
    let pieces = pieces(earlier, replacements);
    let mut bytes = Vec::with_capacity(MOST_OF_LINE + size_of(&pieces));
    push_header(header, &mut bytes);
    push_packages(&pieces, &mut bytes);
    bytes
}

/// Writes a record with a pending change: the packages as they are, followed by those that the change
/// replaces.
pub fn encode_pending(
    header: &Header,
    pending: &Pending,
    earlier: Option<&Record>,
    replacements: &[Replacement<'_>],
) -> Vec<u8> {
    let kept = pieces(earlier, &[]);
    let replaced = pieces(None, replacements);
    let mut bytes = Vec::with_capacity(2 * MOST_OF_LINE + size_of(&kept) + size_of(&replaced));
    push_header(header, &mut bytes);
    push_pending(pending, &replaced, replacements, &mut bytes);
    push_packages(&kept, &mut bytes);
    replaced.iter().for_each(|piece| piece.push_documents(&mut bytes));
    bytes
}

impl Record {
    /// Returns the bytes of a record with the same packages and another header, without a pending change.
    pub fn rewrite(&self, header: &Header) -> Vec<u8> {
        encode(header, Some(self), &[])
    }
}

fn size_of(pieces: &[Piece<'_>]) -> usize {
    pieces.iter().map(Piece::size).sum()
}

/// Writes the list of packages, which ends the first line, and the documents.
fn push_packages(pieces: &[Piece<'_>], bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(b",\"packages\":[");
    push_list(pieces, bytes, |piece, bytes| piece.push_entries(bytes));
    bytes.extend_from_slice(b"]}\n");
    pieces.iter().for_each(|piece| piece.push_documents(bytes));
}

fn push_list<T>(items: impl IntoIterator<Item = T>, bytes: &mut Vec<u8>, push: impl Fn(T, &mut Vec<u8>)) {
    for (number, item) in items.into_iter().enumerate() {
        if number > 0 {
            bytes.push(b',');
        }
        push(item, bytes);
    }
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
        match earlier.map_or(Err(0), |record| record.position_of(name)) {
            Ok(position) => keep(&mut pieces, position, position + 1),
            Err(position) => keep(&mut pieces, position, position),
        }
        pieces.extend(document.as_deref().map(|document| Piece::Fresh(name, document)));
    }
    let count = earlier.map_or(0, |record| record.packages.len());
    keep(&mut pieces, count, count);
    pieces
}

impl Piece<'_> {
    /// The number of bytes, exact if the name needs no escapes.
    fn size(&self) -> usize {
        match self {
            Self::Kept(..) => self.kept_entries().len() + self.kept_documents().len(),
            Self::Fresh(name, document) => name.len() + document.len() + 20,
        }
    }

    fn kept_entries(&self) -> &[u8] {
        self.kept(|package| &package.entry)
    }

    fn kept_documents(&self) -> &[u8] {
        self.kept(|package| &package.document)
    }

    /// The bytes of the earlier record from the first to the last of the packages.
    fn kept(&self, position: impl Fn(&PackageLocation) -> &Range<usize>) -> &[u8] {
        let Self::Kept(record, packages) = self else { return &[] };
        match record.packages.get(packages.clone()) {
            Some([first, .., last]) => record.bytes.get(position(first).start..position(last).end),
            Some([only]) => record.bytes.get(position(only).clone()),
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

/// Writes the first line up to the pending change and the packages.
fn push_header(header: &Header, bytes: &mut Vec<u8>) {
    push_field(b"{\"format\":", FORMAT.into(), bytes);
    push_text(b",\"life\":", header.life.as_str(), bytes);
    push_text(b",\"marks\":", header.marks.as_str(), bytes);
    push_field(b",\"created\":", header.created, bytes);
    push_field(b",\"saved\":", header.saved, bytes);
    push_field(b",\"timeout\":", header.timeout.into(), bytes);
    if header.is_kept {
        bytes.extend_from_slice(b",\"kept\":true");
    }
    if !header.decisions.is_empty() {
        bytes.extend_from_slice(b",\"decisions\":[");
        push_list(&header.decisions, bytes, push_decision);
        bytes.push(b']');
    }
    push_end(header.ended_until, header.moved_to.as_ref(), bytes);
}

fn push_decision(decision: &Decision, bytes: &mut Vec<u8>) {
    bytes.push(b'[');
    push_list(
        core::iter::once(decision.mark.as_str()).chain(decision.keys.iter().map(|key| &**key)),
        bytes,
        push_string,
    );
    bytes.push(b']');
}

/// Writes that a session ended, and where it moved.
fn push_end(ended_until: Option<u64>, moved_to: Option<&Move>, bytes: &mut Vec<u8>) {
    if let Some(until) = ended_until {
        push_field(b",\"ended_until\":", until, bytes);
    }
    if let Some(Move { key, until }) = moved_to {
        push_text(b",\"moved_to\":[", key, bytes);
        push_field(b",", *until, bytes);
        bytes.push(b']');
    }
}

fn push_pending(
    pending: &Pending,
    replaced: &[Piece<'_>],
    replacements: &[Replacement<'_>],
    bytes: &mut Vec<u8>,
) {
    push_text(b",\"pending\":{\"mark\":", pending.mark.as_str(), bytes);
    push_text(b",\"primary\":", &pending.primary, bytes);
    push_text(b",\"expects\":", &pending.expects, bytes);
    push_field(b",\"since\":", pending.since, bytes);
    if pending.is_validated {
        bytes.extend_from_slice(b",\"validated\":true");
    }
    match &pending.effect {
        Effect::Begin => bytes.extend_from_slice(b",\"effect\":\"begin\""),
        Effect::Hold => bytes.extend_from_slice(b",\"effect\":\"hold\""),
        Effect::End { ended_until, moved_to } => {
            bytes.extend_from_slice(b",\"effect\":\"end\"");
            push_end(Some(*ended_until), moved_to.as_ref(), bytes);
        }
        Effect::Change { .. } => {
            bytes.extend_from_slice(b",\"effect\":\"change\",\"packages\":[");
            push_list(replaced, bytes, |piece, bytes| piece.push_entries(bytes));
            bytes.extend_from_slice(b"],\"removed\":[");
            let removed = replacements.iter().filter(|(_, document)| document.is_none());
            push_list(removed.map(|(name, _)| *name), bytes, push_string);
            bytes.push(b']');
        }
    }
    bytes.push(b'}');
}

fn push_field(name: &[u8], number: u64, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(name);
    push_number(number, bytes);
}

fn push_text(name: &[u8], text: &str, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(name);
    push_string(text, bytes);
}
