//! Whether the changes of a transaction conflict with what other transactions committed meanwhile.
//!
//! Three states are compared key by key: what was loaded, what is stored now (theirs), and what the
//! transaction made of it (ours). If nothing conflicts, ours is applied to theirs, as if the transaction had
//! run after the others. Packages whose bytes are equal, and packages that the transaction neither read nor
//! wrote, are not parsed.

use alloc::borrow::ToOwned;
use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::counter;
use crate::error::{Conflict, Error};
use crate::joined::JoinedSession;
use crate::overlay::Edit;
use crate::record::{PackageText, Record, RecordError};
use crate::state::Isolation;

/// Returns the conflicts of a session's reads and writes with the record that is stored now.
///
/// # Errors
/// [`Error::Damaged`] when a package that has to be compared cannot be read.
pub fn conflicts(
    session: &JoinedSession,
    theirs: &Record,
    isolation: Isolation,
) -> Result<Vec<Conflict>, Error> {
    let comparison = Comparison { session, theirs, isolation };
    let mut conflicts = Vec::new();
    if comparison.is_serializable() && session.reads.existence && session.loaded_record().is_none() {
        conflicts.push(comparison.conflict(None, None));
    }
    for package in comparison.changed_packages() {
        comparison.check_package(package, &mut conflicts)?;
    }
    Ok(conflicts)
}

struct Comparison<'a> {
    session: &'a JoinedSession,
    theirs: &'a Record,
    isolation: Isolation,
}

impl<'a> Comparison<'a> {
    fn conflict(&self, package: Option<&str>, key: Option<&str>) -> Conflict {
        let (package, key) = (package.map(str::to_owned), key.map(str::to_owned));
        Conflict { session: self.session.name(), package, key }
    }

    fn is_serializable(&self) -> bool {
        self.isolation == Isolation::Serializable
    }

    fn loaded(&self) -> Option<&'a Record> {
        self.session.loaded_record().map(|record| &**record)
    }

    /// The packages whose documents differ.
    fn changed_packages(&self) -> Vec<&'a str> {
        let mut loaded = self.loaded().into_iter().flat_map(|record| record.documents());
        changed(&mut loaded, &mut self.theirs.documents())
    }

    fn check_package(&self, package: &str, conflicts: &mut Vec<Conflict>) -> Result<(), Error> {
        let existed = self.loaded().is_some_and(|loaded| loaded.document(package).is_some());
        let exists = self.theirs.document(package).is_some();
        if self.is_serializable() && self.session.reads.package_names && existed != exists {
            conflicts.push(self.conflict(Some(package), None));
        }
        let is_untouched = self.session.overlays.get(package).is_none_or(|overlay| overlay.is_empty());
        if is_untouched && self.session.reads.package(package).is_none() {
            return Ok(());
        }
        let damaged = |error: RecordError| error.of_session(self.session.name());
        let theirs = self.theirs.package(package).map_err(damaged)?;
        let loaded =
            self.loaded().map(|loaded| loaded.package(package)).transpose().map_err(damaged)?.flatten();
        for key in changed_keys(loaded, theirs) {
            if self.key_conflicts(package, key, theirs) {
                conflicts.push(self.conflict(Some(package), Some(key)));
            }
        }
        Ok(())
    }

    /// Whether a key that others changed conflicts with what the transaction did to it.
    fn key_conflicts(&self, package: &str, key: &str, theirs: Option<PackageText<'_>>) -> bool {
        let read = self.session.reads.package(package).is_some_and(|reads| reads.includes(key));
        let ours = self.session.overlays.get(package).and_then(|overlay| overlay.edit(key));
        // What was written to a session before it was destroyed cannot conflict.
        let theirs = theirs.and_then(|theirs| theirs.get(key));
        match ours.filter(|_| !self.session.identity.destroyed) {
            // The number is added to theirs, unless it may depend on what was read.
            Some(Edit::Added(number)) => read || counter::sum(theirs, *number).is_none(),
            Some(_) if self.isolation == Isolation::LastWriterWins => false,
            // Writing the same value as the others is no conflict, unless it may depend on the value that was
            // read: two increments that both arrive at 2 must not become one.
            Some(ours) => read || ours.apply_to(None).as_deref() != theirs,
            None => read && self.is_serializable(),
        }
    }
}

/// The keys whose texts differ.
fn changed_keys<'r>(loaded: Option<PackageText<'r>>, theirs: Option<PackageText<'r>>) -> Vec<&'r str> {
    let entries = |package: Option<PackageText<'r>>| {
        let entries = package.into_iter().flat_map(|package| package.entries());
        entries.map(|(key, text)| (key, text.as_bytes()))
    };
    changed(&mut entries(loaded), &mut entries(theirs))
}

/// Names with their bytes, sorted by name.
type Named<'i, 'r> = &'i mut dyn Iterator<Item = (&'r str, &'r [u8])>;

/// The names whose bytes differ, or that occur on one side only, sorted.
fn changed<'r>(loaded: Named<'_, 'r>, stored: Named<'_, 'r>) -> Vec<&'r str> {
    let mut names = Vec::new();
    let (mut mine, mut other) = (loaded.next(), stored.next());
    loop {
        let order = match (mine, other) {
            (None, None) => return names,
            (Some((mine, _)), Some((other, _))) => mine.cmp(other),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
        };
        if mine != other {
            names.extend(if order.is_le() { mine } else { other }.map(|(name, _)| name));
        }
        if order.is_le() {
            mine = loaded.next();
        }
        if order.is_ge() {
            other = stored.next();
        }
    }
}
