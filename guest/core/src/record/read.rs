//! Reads the first line of a record, and finds the packages behind it.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::OnceCell;

use super::{FORMAT, Facts, Nonces, Part, RecordError};
use crate::json::{Fault, Key, Scanner};

/// For how many packages there is room at first.
const USUAL_PACKAGES: usize = 12;

/// Takes a record apart.
pub fn read(bytes: &[u8]) -> Result<(Facts, Vec<Part>), RecordError> {
    let mut scanner = Scanner::new(bytes);
    match read_line(&mut scanner) {
        Ok((FORMAT, facts, mut parts)) => {
            locate(&mut parts, bytes, scanner.place())?;
            Ok((facts, parts))
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
fn read_line(scanner: &mut Scanner<'_>) -> Result<(u32, Facts, Vec<Part>), Fault> {
    let (mut format, mut packages) = (None, None);
    let (mut nonces, mut created, mut saved, mut timeout) = (None, None, None, None);
    let mut facts = Facts::default();
    scanner.begin_object()?;
    let mut is_first = true;
    while scanner.has_member(is_first)? {
        is_first = false;
        let name = scanner.string()?;
        scanner.colon()?;
        match &*name {
            "format" => set(&mut format, read_u32, scanner)?,
            "nonces" => set(&mut nonces, read_text, scanner)?,
            "created" => set(&mut created, Scanner::number, scanner)?,
            "saved" => set(&mut saved, Scanner::number, scanner)?,
            "timeout" => set(&mut timeout, read_u32, scanner)?,
            "ended_until" => set(&mut facts.ended_until, Scanner::number, scanner)?,
            "moved_from" => set(&mut facts.moved_from, read_text, scanner)?,
            "moved_to" => set(&mut facts.moved_to, read_move, scanner)?,
            "packages" => set(&mut packages, read_packages, scanner)?,
            // A field that says more than this version knows.
            _ => scanner.value().map(|_| ())?,
        }
    }
    scanner.end_line()?;
    match (format, nonces, created, saved, timeout, packages) {
        (Some(format), Some(nonces), Some(created), Some(saved), Some(timeout), Some(packages)) => {
            let nonces = Nonces::from(nonces);
            Ok((format, Facts { nonces, created, saved, timeout, ..facts }, packages))
        }
        _ => Err(scanner.fault("a field is missing")),
    }
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

fn read_move(scanner: &mut Scanner<'_>) -> Result<(String, u64), Fault> {
    scanner.begin_array()?;
    let key = read_text(scanner)?;
    scanner.comma()?;
    let until = scanner.number()?;
    scanner.end_array()?;
    Ok((key, until))
}

fn read_packages(scanner: &mut Scanner<'_>) -> Result<Vec<Part>, Fault> {
    let mut parts = Vec::with_capacity(USUAL_PACKAGES);
    scanner.begin_array()?;
    while scanner.has_item(parts.is_empty())? {
        let start = scanner.place();
        scanner.begin_array()?;
        let name = Key::read(scanner)?;
        scanner.comma()?;
        let number = scanner.number()?;
        let length = usize::try_from(number).map_err(|_| scanner.fault("a number is too large"))?;
        scanner.end_array()?;
        parts.push(Part { name, entry: start..scanner.place(), document: 0..length, spans: OnceCell::new() });
    }
    Ok(parts)
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

/// Finds the documents behind the first line, and checks that they fill the record exactly.
fn locate(parts: &mut [Part], bytes: &[u8], mut place: usize) -> Result<(), RecordError> {
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
    if place != bytes.len() {
        return Err(damaged("bytes follow the last package"));
    }
    Ok(())
}
