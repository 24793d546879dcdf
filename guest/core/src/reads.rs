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

impl Reads {
    /// Reads that nobody will ask about, so that they need not be kept.
    pub fn ignored() -> Self {
        Self { ignored: true, ..Self::default() }
    }

    /// Notes that a key was read.
    pub fn key(&mut self, package: &str, key: &str) {
        if let Some(PackageReads::Keys(keys)) = self.of(package)
            && keys.place(key).is_none()
        {
            keys.add(key.into(), ());
        }
    }

    /// Notes that a whole package was read.
    pub fn whole(&mut self, package: &str) {
        if let Some(reads) = self.of(package) {
            *reads = PackageReads::Whole;
        }
    }

    /// Where to note what is read of a package.
    fn of(&mut self, package: &str) -> Option<&mut PackageReads> {
        if self.ignored {
            return None;
        }
        let place = self.packages.place(package);
        let place = place
            .unwrap_or_else(|| self.packages.add(package.into(), PackageReads::Keys(Ordered::default())));
        self.packages.at(place)
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
            Self::Keys(keys) => keys.place(key).is_some(),
        }
    }
}
