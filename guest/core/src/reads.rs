//! What a transaction read of one session. A serializable commit checks that it has not changed.

use crate::ordered::Ordered;

/// What was read of one session. A rollback does not undo reads, because they may have decided what the
/// application did next.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    /// Whether the transaction depends on the session being new.
    pub existence: bool,
    /// Whether the names of the packages were listed.
    pub package_names: bool,
    packages: Ordered<PackageReads>,
    /// What was peeked at. It counts as read once the transaction writes it.
    peeked: Ordered<PackageReads>,
    /// Whether reads are not recorded, because no commit will check them.
    ignored: bool,
}

/// What was read of one package.
#[derive(Clone, Debug)]
pub enum PackageReads {
    /// These keys.
    Keys(Ordered<()>),
    /// All of it.
    Whole,
}

impl Default for PackageReads {
    fn default() -> Self {
        Self::Keys(Ordered::default())
    }
}

impl Reads {
    /// Reads that are not recorded, because no commit will check them.
    pub fn ignored() -> Self {
        Self { ignored: true, ..Self::default() }
    }

    /// Notes that a key was read.
    pub fn note_key(&mut self, package: &str, key: &str) {
        if !self.ignored {
            add_key(&mut self.packages, package, key);
        }
    }

    /// Notes that a whole package was read.
    pub fn note_package(&mut self, package: &str) {
        if !self.ignored {
            add_whole(&mut self.packages, package);
        }
    }

    /// Notes that a key was peeked at.
    pub fn note_peeked_key(&mut self, package: &str, key: &str) {
        if !self.ignored {
            add_key(&mut self.peeked, package, key);
        }
    }

    /// Notes that a whole package was peeked at.
    pub fn note_peeked_package(&mut self, package: &str) {
        if !self.ignored {
            add_whole(&mut self.peeked, package);
        }
    }

    /// Notes that a key is written. If it was peeked at, it counts as read, because the peeked value may have
    /// decided what is written.
    pub fn note_written_key(&mut self, package: &str, key: &str) {
        if self.peeked.get(package).is_some_and(|peeked| peeked.includes(key)) {
            self.note_key(package, key);
        }
    }

    /// Notes that a package is cleared. Peeked keys count as read, as in [`Self::note_written_key`].
    pub fn note_cleared_package(&mut self, package: &str) {
        let Some(position) = self.peeked.position(package) else { return };
        match self.peeked.at(position).map(core::mem::take) {
            Some(PackageReads::Whole) => self.note_package(package),
            Some(PackageReads::Keys(keys)) => keys.iter().for_each(|(key, ())| self.note_key(package, key)),
            None => {}
        }
    }

    /// What was read of one package.
    pub fn package(&self, name: &str) -> Option<&PackageReads> {
        self.packages.get(name)
    }
}

/// The reads of a package, added if there are none yet.
fn entry<'r>(packages: &'r mut Ordered<PackageReads>, package: &str) -> Option<&'r mut PackageReads> {
    let position = packages.position(package);
    let position = position.unwrap_or_else(|| packages.add(package.into(), PackageReads::default()));
    packages.at(position)
}

fn add_key(packages: &mut Ordered<PackageReads>, package: &str, key: &str) {
    if let Some(PackageReads::Keys(keys)) = entry(packages, package)
        && keys.position(key).is_none()
    {
        keys.add(key.into(), ());
    }
}

fn add_whole(packages: &mut Ordered<PackageReads>, package: &str) {
    if let Some(reads) = entry(packages, package) {
        *reads = PackageReads::Whole;
    }
}

impl PackageReads {
    /// Whether this key was read.
    pub fn includes(&self, key: &str) -> bool {
        match self {
            Self::Whole => true,
            Self::Keys(keys) => keys.position(key).is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_reads_are_not_recorded() {
        let mut reads = Reads::ignored();
        reads.note_key("p", "k");
        reads.note_package("q");
        reads.note_peeked_key("r", "k");
        reads.note_peeked_package("s");
        assert!(reads.packages.is_empty() && reads.peeked.is_empty());
    }

    #[test]
    fn every_key_that_was_read_is_remembered_and_no_other() {
        let mut reads = Reads::default();
        for key in ["a", "b", "a"] {
            reads.note_key("p", key);
        }
        let package = reads.package("p").unwrap();
        assert_eq!(["a", "b", "c"].map(|key| package.includes(key)), [true, true, false]);
    }

    #[test]
    fn peeked_keys_count_as_read_once_they_are_written() {
        let mut reads = Reads::default();
        reads.note_written_key("p", "before");
        reads.note_peeked_key("p", "a");
        reads.note_peeked_key("p", "before");
        reads.note_peeked_package("q");
        reads.note_written_key("p", "a");
        reads.note_written_key("p", "b");
        reads.note_written_key("q", "c");
        let read = |package: &str, key: &str| reads.package(package).is_some_and(|keys| keys.includes(key));
        assert_eq!(["a", "b", "before"].map(|key| read("p", key)), [true, false, false]);
        assert_eq!(["a", "c"].map(|key| read("q", key)), [false, true]);
        reads.note_cleared_package("p");
        reads.note_cleared_package("q");
        reads.note_cleared_package("r");
        let read = |package: &str, key: &str| reads.package(package).is_some_and(|keys| keys.includes(key));
        assert_eq!(["a", "b", "before"].map(|key| read("p", key)), [true, false, true]);
        assert!(read("q", "a") && !read("r", "a"));
    }

    #[test]
    fn a_key_read_after_its_whole_package_narrows_nothing() {
        let mut reads = Reads::default();
        reads.note_package("p");
        reads.note_key("p", "a");
        assert!(reads.package("p").unwrap().includes("other"));
    }
}
