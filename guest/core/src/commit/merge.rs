//! Whether the changes of a transaction fit together with what others committed meanwhile.
//!
//! Three states are compared key by key: what was loaded, what is stored now (theirs), and what the
//! transaction made of it (ours). When nothing conflicts, ours is laid over theirs, which is as if the
//! transaction had run after the others. Packages whose bytes are the same, and those that the transaction
//! neither read nor wrote, are not parsed.

use std::collections::BTreeSet;

use crate::error::{Conflict, Error};
use crate::record::{PackageText, Record};
use crate::transaction::Isolation;
use crate::working::Working;

/// The conflicts of a session's changes with the record that is stored now.
///
/// # Errors
/// [`Error::Damaged`] when a package in question cannot be read.
pub fn conflicts(session: &Working, theirs: &Record, isolation: Isolation) -> Result<Vec<Conflict>, Error> {
    if isolation == Isolation::LastWriterWins {
        return Ok(Vec::new());
    }
    let comparison = Comparison { session, theirs, serializable: isolation == Isolation::Serializable };
    let mut conflicts = Vec::new();
    if comparison.serializable && session.reads.existence && session.loaded.record().is_none() {
        conflicts.push(comparison.conflict(None, None));
    }
    for package in comparison.changed_packages() {
        comparison.check_package(package, &mut conflicts)?;
    }
    Ok(conflicts)
}

struct Comparison<'a> {
    session: &'a Working,
    theirs: &'a Record,
    serializable: bool,
}

impl<'a> Comparison<'a> {
    fn conflict(&self, package: Option<&str>, key: Option<&str>) -> Conflict {
        let (package, key) = (package.map(str::to_owned), key.map(str::to_owned));
        Conflict { session: self.session.name(), package, key }
    }

    fn loaded(&self) -> Option<&'a Record> {
        self.session.loaded.record().map(|record| &**record)
    }

    /// The packages whose documents are not the same any more.
    fn changed_packages(&self) -> BTreeSet<&'a str> {
        let names = self.loaded().into_iter().chain([self.theirs]).flat_map(|record| record.package_names());
        names
            .filter(|name| {
                self.loaded().and_then(|loaded| loaded.document(name)) != self.theirs.document(name)
            })
            .collect()
    }

    fn check_package(&self, package: &str, conflicts: &mut Vec<Conflict>) -> Result<(), Error> {
        let existed = self.loaded().is_some_and(|loaded| loaded.document(package).is_some());
        let exists = self.theirs.document(package).is_some();
        if self.serializable && self.session.reads.package_names && existed != exists {
            conflicts.push(self.conflict(Some(package), None));
        }
        if !self.session.overlays.contains_key(package) && self.session.reads.package(package).is_none() {
            return Ok(());
        }
        let damaged = |error: crate::RecordError| error.of_session(self.session.name());
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
        let ours = self.session.overlays.get(package).and_then(|overlay| overlay.verdict(key));
        // What was written to a session before it was destroyed does not matter any more.
        match ours.filter(|_| !self.session.identity.destroyed) {
            // To write the very same value is no conflict, unless it was made from the one that was read:
            // two increments that both arrive at 2 must not become one.
            Some(ours) => read || ours != theirs.and_then(|theirs| theirs.get(key)),
            None => read && self.serializable,
        }
    }
}

/// The keys whose texts are not the same any more.
fn changed_keys<'r>(loaded: Option<PackageText<'r>>, theirs: Option<PackageText<'r>>) -> BTreeSet<&'r str> {
    let entries = loaded.into_iter().chain(theirs).flat_map(|package| package.entries());
    let text = |package: Option<PackageText<'r>>, key: &str| package.and_then(|package| package.get(key));
    entries.map(|(key, _)| key).filter(|key| text(loaded, key) != text(theirs, key)).collect()
}
