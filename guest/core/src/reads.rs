//! What a transaction read of one session: what must not have changed when it commits.

use std::collections::{BTreeMap, BTreeSet};

/// What was read of one session. Reads are never taken back, not even by a rollback: they may have decided
/// what the application did next.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    /// Whether it was asked if the session is new.
    pub existence: bool,
    /// Whether the names of the packages were listed.
    pub package_names: bool,
    packages: BTreeMap<String, PackageReads>,
    /// Whether nobody will ask.
    ignored: bool,
}

/// What was read of one package.
#[derive(Clone, Debug)]
pub enum PackageReads {
    /// These keys.
    Keys(BTreeSet<String>),
    /// All of it.
    Whole,
}

impl Reads {
    /// Reads that nobody will ask about, so that they need not be kept.
    pub fn ignored() -> Self {
        Self { ignored: true, ..Self::default() }
    }

    /// Notes that a key was read.
    pub fn key(&mut self, package: &str, key: &str) {
        match self.packages.get_mut(package) {
            _ if self.ignored => {}
            Some(PackageReads::Whole) => {}
            Some(PackageReads::Keys(keys)) => {
                if !keys.contains(key) {
                    keys.insert(key.to_owned());
                }
            }
            None => {
                let keys = BTreeSet::from([key.to_owned()]);
                self.packages.insert(package.to_owned(), PackageReads::Keys(keys));
            }
        }
    }

    /// Notes that a whole package was read.
    pub fn whole(&mut self, package: &str) {
        match self.packages.get_mut(package) {
            _ if self.ignored => {}
            Some(reads) => *reads = PackageReads::Whole,
            None => {
                self.packages.insert(package.to_owned(), PackageReads::Whole);
            }
        }
    }

    /// What was read of one package.
    pub fn package(&self, name: &str) -> Option<&PackageReads> {
        self.packages.get(name)
    }
}

impl PackageReads {
    /// Whether this key was read.
    pub fn includes(&self, key: &str) -> bool {
        match self {
            Self::Whole => true,
            Self::Keys(keys) => keys.contains(key),
        }
    }
}
