//! Reads records.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::OnceCell;

use super::error::RecordError;
use super::header::{Decision, Effect, FORMAT, Header, Move, Pending};
use super::location::PackageLocation;
use super::marks::{Life, Mark, Marks};
use super::parsed::Record;
use crate::json::{Key, Scanner, SyntaxError, line_length};

/// The number of packages to allocate for at first.
const USUAL_PACKAGES: usize = 12;

impl Record {
    /// Reads a record. The cost depends on the length of the first line: packages are located, and not
    /// parsed.
    ///
    /// # Errors
    /// [`RecordError`] when the bytes are not one complete record in the known format.
    pub fn decode(bytes: Vec<u8>) -> Result<Self, RecordError> {
        let (header, packages) = read(&bytes)?;
        Ok(Self { bytes, header, packages })
    }
}

/// Reads the header, and locates the packages.
fn read(bytes: &[u8]) -> Result<(Header, Vec<PackageLocation>), RecordError> {
    let line = first_line(bytes);
    let mut scanner = Scanner::new(line);
    match read_line(&mut scanner) {
        Ok((FORMAT, mut header, mut packages)) => {
            let mut position = locate(&mut packages, bytes, line.len())?;
            if let Some(Effect::Change { replaced, .. }) =
                header.pending.as_deref_mut().map(|pending| &mut pending.effect)
            {
                position = locate(replaced, bytes, position)?;
            }
            if position == bytes.len() {
                Ok((header, packages))
            } else {
                Err(damaged("bytes follow the last package"))
            }
        }
        Ok((format, ..)) => Err(RecordError::UnknownFormat(format)),
        // A later format may have anything on the rest of the line.
        Err(SyntaxError) => Err(match format_of(line) {
            Ok(format) if format != FORMAT => RecordError::UnknownFormat(format),
            _ => RecordError::Damaged(["its first line: ", &scanner.describe()].concat()),
        }),
    }
}

/// The first line with its line break, up to the first byte that is not UTF-8.
fn first_line(bytes: &[u8]) -> &str {
    let line = bytes.get(..line_length(bytes)).unwrap_or_default();
    match core::str::from_utf8(line) {
        Ok(line) => line,
        Err(error) => {
            let valid = line.get(..error.valid_up_to()).unwrap_or_default();
            core::str::from_utf8(valid).unwrap_or_default()
        }
    }
}

fn damaged(reason: &str) -> RecordError {
    RecordError::damaged(reason)
}

/// Reads the first line. The ranges of the documents begin at 0 until they are located.
fn read_line(scanner: &mut Scanner<'_>) -> Result<(u32, Header, Vec<PackageLocation>), SyntaxError> {
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
        // A field of a later version.
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
        _ => Err(scanner.error("a field is missing")),
    }
}

/// Reads an object; `read` gets each name, and reads the value.
fn read_members<'t>(
    scanner: &mut Scanner<'t>,
    mut read: impl FnMut(&str, &mut Scanner<'t>) -> Result<(), SyntaxError>,
) -> Result<(), SyntaxError> {
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
    read: impl Fn(&mut Scanner<'t>) -> Result<T, SyntaxError>,
) -> Result<Vec<T>, SyntaxError> {
    scanner.begin_array()?;
    while scanner.has_item(items.is_empty())? {
        items.push(read(scanner)?);
    }
    Ok(items)
}

/// Reads a field that may occur once.
fn set<'t, T>(
    field: &mut Option<T>,
    read: impl FnOnce(&mut Scanner<'t>) -> Result<T, SyntaxError>,
    scanner: &mut Scanner<'t>,
) -> Result<(), SyntaxError> {
    match field.replace(read(scanner)?) {
        None => Ok(()),
        Some(_) => Err(scanner.error("a field occurs twice")),
    }
}

fn read_u32(scanner: &mut Scanner<'_>) -> Result<u32, SyntaxError> {
    let number = scanner.number()?;
    u32::try_from(number).map_err(|_| scanner.error("a number is too large"))
}

fn read_text(scanner: &mut Scanner<'_>) -> Result<String, SyntaxError> {
    scanner.string().map(Cow::into_owned)
}

fn read_true(scanner: &mut Scanner<'_>) -> Result<(), SyntaxError> {
    if scanner.value_text()? == "true" { Ok(()) } else { Err(scanner.error("the field can only be true")) }
}

fn read_life(scanner: &mut Scanner<'_>) -> Result<Life, SyntaxError> {
    let life = Life::parse(&scanner.string()?);
    life.ok_or_else(|| scanner.error("a life has 16 hexadecimal digits"))
}

fn read_mark(scanner: &mut Scanner<'_>) -> Result<Mark, SyntaxError> {
    let mark = Mark::parse(&scanner.string()?);
    mark.ok_or_else(|| scanner.error("a mark has 16 hexadecimal digits"))
}

fn read_move(scanner: &mut Scanner<'_>) -> Result<Move, SyntaxError> {
    scanner.begin_array()?;
    let key = read_text(scanner)?;
    scanner.comma()?;
    let until = scanner.number()?;
    scanner.end_array()?;
    Ok(Move { key, until })
}

/// Reads decisions: arrays of a mark and the keys.
fn read_decisions(scanner: &mut Scanner<'_>) -> Result<Vec<Decision>, SyntaxError> {
    read_items(scanner, Vec::new(), |scanner| {
        let mut texts = read_items(scanner, Vec::new(), read_text)?.into_iter();
        let mark = texts.next().and_then(|text| Mark::parse(&text));
        let mark = mark.ok_or_else(|| scanner.error("a mark is missing"))?;
        Ok(Decision { mark, keys: texts.collect() })
    })
}

fn read_pending(scanner: &mut Scanner<'_>) -> Result<Box<Pending>, SyntaxError> {
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
        _ => return Err(scanner.error("the pending change has an unknown effect")),
    };
    let (Some(mark), Some(primary), Some(expects), Some(since)) = (mark, primary, expects, since) else {
        return Err(scanner.error("a field of the pending change is missing"));
    };
    let is_validated = validated.is_some();
    Ok(Box::new(Pending { mark, primary, expects, since, is_validated, effect }))
}

fn read_packages(scanner: &mut Scanner<'_>) -> Result<Vec<PackageLocation>, SyntaxError> {
    read_items(scanner, Vec::with_capacity(USUAL_PACKAGES), |scanner| {
        let start = scanner.position();
        scanner.begin_array()?;
        let name = Key::read(scanner)?;
        scanner.comma()?;
        let number = scanner.number()?;
        let length = usize::try_from(number).map_err(|_| scanner.error("a number is too large"))?;
        scanner.end_array()?;
        Ok(PackageLocation {
            name,
            entry: start..scanner.position(),
            document: 0..length,
            members: OnceCell::new(),
        })
    })
}

/// Returns the format that a first line names, whatever else it holds.
fn format_of(line: &str) -> Result<u32, SyntaxError> {
    let mut scanner = Scanner::new(line);
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
    Err(scanner.error("a field is missing"))
}

/// Locates the documents after the first line. Returns the position after the last one.
fn locate(packages: &mut [PackageLocation], bytes: &[u8], mut position: usize) -> Result<usize, RecordError> {
    let mut last_name: Option<&[u8]> = None;
    for package in packages {
        let end = position.saturating_add(package.document.end);
        if bytes.get(end) != Some(&b'\n') {
            return Err(damaged("a package does not end where it should"));
        }
        package.document = position..end;
        position = end + 1;
        let name = package.name.of(bytes);
        if last_name.replace(name).is_some_and(|last| last >= name) {
            return Err(damaged("its packages are not sorted by name"));
        }
    }
    Ok(position)
}
