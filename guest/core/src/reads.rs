//! What a transaction read of one session: what must not have changed when it commits.

use crate::ordered::Ordered;

/// What was read of one session. Reads are never taken back, not even by a rollback: they may have decided
/// what the application did next.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    /// Whether it was asked if the session is new.
    pub existence: bool,
    /// Whether the names of the packages were listed.
    pub package_names: bool,
    packages: Ordered<PackageReads>,
    /// What was only shown. It counts as read once the transaction writes to it.
    peeked: Ordered<PackageReads>,
    /// Whether nobody will ask.
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
    /// Reads that nobody will ask about, so that they need not be kept.
    pub fn ignored() -> Self {
        Self { ignored: true, ..Self::default() }
    }

    /// Notes that a key was read.
    pub fn key(&mut self, package: &str, key: &str) {
        if !self.ignored {
            note_key(&mut self.packages, package, key);
        }
    }

    /// Notes that a whole package was read.
    pub fn whole(&mut self, package: &str) {
        if !self.ignored {
            note_whole(&mut self.packages, package);
        }
    }

    /// Notes that a key was shown.
    pub fn peek(&mut self, package: &str, key: &str) {
        if !self.ignored {
            note_key(&mut self.peeked, package, key);
        }
    }

    /// Notes that a whole package was shown.
    pub fn peek_whole(&mut self, package: &str) {
        if !self.ignored {
            note_whole(&mut self.peeked, package);
        }
    }

    /// Notes that a key is written: what was shown of it may have decided what is written there.
    pub fn write(&mut self, package: &str, key: &str) {
        if self.peeked.get(package).is_some_and(|peeked| peeked.includes(key)) {
            self.key(package, key);
        }
    }

    /// Notes that a package is cleared, as [`Self::write`].
    pub fn clear(&mut self, package: &str) {
        let Some(place) = self.peeked.place(package) else { return };
        match self.peeked.at(place).map(core::mem::take) {
            Some(PackageReads::Whole) => self.whole(package),
            Some(PackageReads::Keys(keys)) => keys.iter().for_each(|(key, ())| self.key(package, key)),
            None => {}
        }
    }

    /// What was read of one package.
    pub fn package(&self, name: &str) -> Option<&PackageReads> {
        self.packages.get(name)
    }
}

/// Where to note what is read of a package.
fn of<'r>(packages: &'r mut Ordered<PackageReads>, package: &str) -> Option<&'r mut PackageReads> {
    let place = packages.place(package);
    let place = place.unwrap_or_else(|| packages.add(package.into(), PackageReads::default()));
    packages.at(place)
}

fn note_key(packages: &mut Ordered<PackageReads>, package: &str, key: &str) {
    if let Some(PackageReads::Keys(keys)) = of(packages, package)
        && keys.place(key).is_none()
    {
        keys.add(key.into(), ());
    }
}

fn note_whole(packages: &mut Ordered<PackageReads>, package: &str) {
    if let Some(reads) = of(packages, package) {
        *reads = PackageReads::Whole;
    }
}

impl PackageReads {
    /// Whether this key was read.
    pub fn includes(&self, key: &str) -> bool {
        match self {
            Self::Whole => true,
            Self::Keys(keys) => keys.place(key).is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_that_nobody_will_ask_about_are_not_kept() {
        let mut reads = Reads::ignored();
        reads.key("p", "k");
        reads.whole("q");
        reads.peek("r", "k");
        reads.peek_whole("s");
        assert!(reads.packages.is_empty() && reads.peeked.is_empty());
    }

    #[test]
    fn every_key_that_was_read_is_remembered_and_no_other() {
        let mut reads = Reads::default();
        for key in ["a", "b", "a"] {
            reads.key("p", key);
        }
        let package = reads.package("p").unwrap();
        assert_eq!(["a", "b", "c"].map(|key| package.includes(key)), [true, true, false]);
    }

    #[test]
    fn of_what_was_shown_only_what_is_written_later_was_read() {
        let mut reads = Reads::default();
        reads.write("p", "before");
        reads.peek("p", "a");
        reads.peek("p", "before");
        reads.peek_whole("q");
        reads.write("p", "a");
        reads.write("p", "b");
        reads.write("q", "c");
        let read = |package: &str, key: &str| reads.package(package).is_some_and(|keys| keys.includes(key));
        assert_eq!(["a", "b", "before"].map(|key| read("p", key)), [true, false, false]);
        assert_eq!(["a", "c"].map(|key| read("q", key)), [false, true]);
        reads.clear("p");
        reads.clear("q");
        reads.clear("r");
        let read = |package: &str, key: &str| reads.package(package).is_some_and(|keys| keys.includes(key));
        assert_eq!(["a", "b", "before"].map(|key| read("p", key)), [true, false, true]);
        assert!(read("q", "a") && !read("r", "a"));
    }

    #[test]
    fn a_key_read_after_its_whole_package_narrows_nothing() {
        let mut reads = Reads::default();
        reads.whole("p");
        reads.key("p", "a");
        assert!(reads.package("p").unwrap().includes("other"));
    }
}
