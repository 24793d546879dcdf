//! Reads the first line of a record, and finds the packages behind it.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::OnceCell;

use super::error::RecordError;
use super::header::{Decision, Effect, FORMAT, Header, Move, Pending};
use super::marks::{Life, Mark, Marks};
use super::part::Part;
use super::stored::Record;
use crate::json::{Fault, Key, Scanner};

/// For how many packages there is room at first.
const USUAL_PACKAGES: usize = 12;

impl Record {
    /// Reads a record. Costs what its first line costs: the packages are counted, and not looked into.
    ///
    /// # Errors
    /// [`RecordError`] when the bytes are not one whole record of the known format.
    pub fn decode(bytes: Vec<u8>) -> Result<Self, RecordError> {
        let (header, parts) = read(&bytes)?;
        Ok(Self { bytes, header, parts })
    }
}

/// Takes a record apart.
fn read(bytes: &[u8]) -> Result<(Header, Vec<Part>), RecordError> {
    let mut scanner = Scanner::new(bytes);
    match read_line(&mut scanner) {
        Ok((FORMAT, mut header, mut parts)) => {
            let mut place = locate(&mut parts, bytes, scanner.place())?;
            if let Some(Effect::Change { replaced, .. }) =
                header.pending.as_deref_mut().map(|pending| &mut pending.effect)
            {
                place = locate(replaced, bytes, place)?;
            }
            if place == bytes.len() {
                Ok((header, parts))
            } else {
                Err(damaged("bytes follow the last package"))
            }
        }
        Ok((format, ..)) => Err(RecordError::UnknownFormat(format)),
        // Whoever wrote a later format may have put anything on the rest of the line.
        Err(fault) => Err(match format_of(bytes) {
            Ok(format) if format != FORMAT => RecordError::UnknownFormat(format),
            _ => RecordError::Damaged(["its first line: ", &fault.tell(bytes)].concat()),
        }),
    }
}

fn damaged(reason: &str) -> RecordError {
    RecordError::damaged(reason)
}

/// Reads the first line; the places of the documents are still their lengths.
fn read_line(scanner: &mut Scanner<'_>) -> Result<(u32, Header, Vec<Part>), Fault> {
    let (mut format, mut packages) = (None, None);
    let (mut life, mut marks, mut created, mut saved, mut timeout) = (None, None, None, None, None);
    let (mut kept, mut decisions) = (None, None);
    let mut header = Header::default();
    read_members(scanner, |name, scanner| match name {
        "format" => set(&mut format, read_u32, scanner),
        "life" => set(&mut life, read_life, scanner),
        "marks" => set(&mut marks, read_text, scanner),
        "created" => set(&mut created, Scanner::number, scanner),
        "saved" => set(&mut saved, Scanner::number, scanner),
        "timeout" => set(&mut timeout, read_u32, scanner),
        "kept" => set(&mut kept, read_true, scanner),
        "decisions" => set(&mut decisions, read_decisions, scanner),
        "ended_until" => set(&mut header.ended_until, Scanner::number, scanner),
        "moved_to" => set(&mut header.moved_to, read_move, scanner),
        "pending" => set(&mut header.pending, read_pending, scanner),
        "packages" => set(&mut packages, read_packages, scanner),
        // A field that says more than this version knows.
        _ => scanner.value().map(|_| ()),
    })?;
    scanner.end_line()?;
    header.is_kept = kept.is_some();
    header.decisions = decisions.unwrap_or_default();
    match (format, life, marks, created, saved, timeout, packages) {
        (
            Some(format),
            Some(life),
            Some(marks),
            Some(created),
            Some(saved),
            Some(timeout),
            Some(packages),
        ) => {
            let marks = Marks::from(marks);
            Ok((format, Header { life, marks, created, saved, timeout, ..header }, packages))
        }
        _ => Err(scanner.fault("a field is missing")),
    }
}

/// Reads an object; `read` is given each name, and reads the value.
fn read_members<'t>(
    scanner: &mut Scanner<'t>,
    mut read: impl FnMut(&str, &mut Scanner<'t>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    scanner.begin_object()?;
    let mut is_first = true;
    while scanner.has_member(is_first)? {
        is_first = false;
        let name = scanner.string()?;
        scanner.colon()?;
        read(&name, scanner)?;
    }
    Ok(())
}

/// Reads an array; `read` reads each item.
fn read_items<'t, T>(
    scanner: &mut Scanner<'t>,
    mut items: Vec<T>,
    read: impl Fn(&mut Scanner<'t>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    scanner.begin_array()?;
    while scanner.has_item(items.is_empty())? {
        items.push(read(scanner)?);
    }
    Ok(items)
}

/// Reads a field that may be there once.
fn set<'t, T>(
    field: &mut Option<T>,
    read: impl FnOnce(&mut Scanner<'t>) -> Result<T, Fault>,
    scanner: &mut Scanner<'t>,
) -> Result<(), Fault> {
    match field.replace(read(scanner)?) {
        None => Ok(()),
        Some(_) => Err(scanner.fault("a field occurs twice")),
    }
}

fn read_u32(scanner: &mut Scanner<'_>) -> Result<u32, Fault> {
    let number = scanner.number()?;
    u32::try_from(number).map_err(|_| scanner.fault("a number is too large"))
}

fn read_text(scanner: &mut Scanner<'_>) -> Result<String, Fault> {
    scanner.string().map(Cow::into_owned)
}

fn read_true(scanner: &mut Scanner<'_>) -> Result<(), Fault> {
    if scanner.value_text()? == b"true" { Ok(()) } else { Err(scanner.fault("the field can only be true")) }
}

fn read_life(scanner: &mut Scanner<'_>) -> Result<Life, Fault> {
    let life = Life::parse(&scanner.string()?);
    life.ok_or_else(|| scanner.fault("a life has 16 hexadecimal digits"))
}

fn read_mark(scanner: &mut Scanner<'_>) -> Result<Mark, Fault> {
    let mark = Mark::parse(&scanner.string()?);
    mark.ok_or_else(|| scanner.fault("a mark has 16 hexadecimal digits"))
}

fn read_move(scanner: &mut Scanner<'_>) -> Result<Move, Fault> {
    scanner.begin_array()?;
    let key = read_text(scanner)?;
    scanner.comma()?;
    let until = scanner.number()?;
    scanner.end_array()?;
    Ok(Move { key, until })
}

/// Reads decisions: arrays that hold a mark, and then the keys.
fn read_decisions(scanner: &mut Scanner<'_>) -> Result<Vec<Decision>, Fault> {
    read_items(scanner, Vec::new(), |scanner| {
        let mut texts = read_items(scanner, Vec::new(), read_text)?.into_iter();
        let mark = texts.next().and_then(|text| Mark::parse(&text));
        let mark = mark.ok_or_else(|| scanner.fault("a mark is missing"))?;
        Ok(Decision { mark, keys: texts.collect() })
    })
}

fn read_pending(scanner: &mut Scanner<'_>) -> Result<Box<Pending>, Fault> {
    let (mut mark, mut primary, mut expects, mut since) = (None, None, None, None);
    let (mut validated, mut effect, mut packages, mut removed) = (None, None, None, None);
    let (mut ended_until, mut moved_to) = (None, None);
    read_members(scanner, |name, scanner| match name {
        "mark" => set(&mut mark, read_mark, scanner),
        "primary" => set(&mut primary, read_text, scanner),
        "expects" => set(&mut expects, read_text, scanner),
        "since" => set(&mut since, Scanner::number, scanner),
        "validated" => set(&mut validated, read_true, scanner),
        "effect" => set(&mut effect, read_text, scanner),
        "packages" => set(&mut packages, read_packages, scanner),
        "removed" => set(&mut removed, |scanner| read_items(scanner, Vec::new(), read_text), scanner),
        "ended_until" => set(&mut ended_until, Scanner::number, scanner),
        "moved_to" => set(&mut moved_to, read_move, scanner),
        _ => scanner.value().map(|_| ()),
    })?;
    let effect = match (effect.as_deref(), packages, removed, ended_until) {
        (Some("begin"), None, None, None) => Effect::Begin,
        (Some("hold"), None, None, None) => Effect::Hold,
        (Some("change"), Some(replaced), Some(removed), None) => Effect::Change { replaced, removed },
        (Some("end"), None, None, Some(ended_until)) => Effect::End { ended_until, moved_to },
        _ => return Err(scanner.fault("what is pending has no known effect")),
    };
    let (Some(mark), Some(primary), Some(expects), Some(since)) = (mark, primary, expects, since) else {
        return Err(scanner.fault("a field of what is pending is missing"));
    };
    let is_validated = validated.is_some();
    Ok(Box::new(Pending { mark, primary, expects, since, is_validated, effect }))
}

fn read_packages(scanner: &mut Scanner<'_>) -> Result<Vec<Part>, Fault> {
    read_items(scanner, Vec::with_capacity(USUAL_PACKAGES), |scanner| {
        let start = scanner.place();
        scanner.begin_array()?;
        let name = Key::read(scanner)?;
        scanner.comma()?;
        let number = scanner.number()?;
        let length = usize::try_from(number).map_err(|_| scanner.fault("a number is too large"))?;
        scanner.end_array()?;
        Ok(Part { name, entry: start..scanner.place(), document: 0..length, spans: OnceCell::new() })
    })
}

/// The format that a first line names, whatever else is on it.
fn format_of(bytes: &[u8]) -> Result<u32, Fault> {
    let mut scanner = Scanner::new(bytes);
    scanner.begin_object()?;
    let mut is_first = true;
    while scanner.has_member(is_first)? {
        is_first = false;
        let name = scanner.string()?;
        scanner.colon()?;
        if name == "format" {
            return read_u32(&mut scanner);
        }
        scanner.value()?;
    }
    Err(scanner.fault("a field is missing"))
}

/// Finds the documents behind the first line. Returns where the last one ends.
fn locate(parts: &mut [Part], bytes: &[u8], mut place: usize) -> Result<usize, RecordError> {
    let mut last_name: Option<&[u8]> = None;
    for part in parts {
        let end = place.saturating_add(part.document.end);
        if bytes.get(end) != Some(&b'\n') {
            return Err(damaged("a package does not end where it should"));
        }
        part.document = place..end;
        place = end + 1;
        let name = part.name.of(bytes);
        if last_name.replace(name).is_some_and(|last| last >= name) {
            return Err(damaged("its packages are not sorted by name"));
        }
    }
    Ok(place)
}
