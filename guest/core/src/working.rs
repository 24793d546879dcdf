//! A session that has joined a transaction: what was loaded, what was written since, and what was read.

use alloc::borrow::ToOwned;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use crate::container::Settings;
use crate::environment::Version;
use crate::error::{Error, SessionName};
use crate::journal::{Before, Journal, Note};
use crate::ordered::Ordered;
use crate::overlay::{Overlay, Slot, Verdict, View};
use crate::reads::Reads;
use crate::record::{PackageText, Record, RecordError};

/// What the store held when the session joined.
#[derive(Debug)]
pub enum Loaded {
    /// No live session: nothing at all, or a record of the past with this version, to be replaced.
    Nothing(Option<Version>),
    /// A live session.
    Live(Rc<Record>, Version),
}

impl Loaded {
    /// The live record, if there was one.
    pub fn record(&self) -> Option<&Rc<Record>> {
        match self {
            Self::Live(record, _) => Some(record),
            Self::Nothing(_) => None,
        }
    }

    /// The version of what the store holds, live or not.
    pub fn version(&self) -> Option<&Version> {
        match self {
            Self::Live(_, version) => Some(version),
            Self::Nothing(version) => version.as_ref(),
        }
    }
}

/// Which session it is, and whether it still lives in this transaction.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its id now.
    pub id: String,
    /// The key of that id.
    pub key: Rc<str>,
    /// Whether the transaction destroyed it.
    pub destroyed: bool,
    /// The seconds for which its old id leads to its new one after a renewal.
    pub grace: u32,
}

/// One session in one transaction.
#[derive(Debug)]
pub struct Working {
    /// The container it belongs to.
    pub settings: Rc<Settings>,
    /// Which session it is now.
    pub identity: Identity,
    /// The key it was loaded from; differs from its own after a renewal.
    pub loaded_key: Rc<str>,
    /// What was loaded.
    pub loaded: Loaded,
    /// What was written, by package.
    pub overlays: Ordered<Overlay>,
    /// What was read.
    pub reads: Reads,
    /// When it was used before this transaction.
    pub last_accessed: u64,
    /// When this transaction last asked its container for it.
    pub asked_at: Duration,
    life: u32,
}

impl Working {
    /// A session as it joins.
    pub fn join(settings: Rc<Settings>, id: String, key: Rc<str>, reads: Reads, now: Duration) -> Self {
        Self {
            settings,
            loaded_key: Rc::clone(&key),
            identity: Identity { id, key, destroyed: false, grace: 0 },
            loaded: Loaded::Nothing(None),
            overlays: Ordered::default(),
            reads,
            last_accessed: now.as_secs(),
            asked_at: now,
            life: 0,
        }
    }

    /// The session, for an error.
    pub fn name(&self) -> SessionName {
        SessionName { container: self.settings.name.clone(), session: self.identity.id.clone() }
    }

    /// Which of its lives this is: a session that timed out within the transaction begins another.
    pub fn life(&self) -> u32 {
        self.life
    }

    /// Whether its timeout has passed since the transaction last asked for it.
    pub fn timed_out(&self, now: Duration) -> bool {
        let timeout = u64::from(self.settings.timeout);
        timeout > 0 && now.saturating_sub(self.asked_at) >= Duration::from_secs(timeout)
    }

    /// Begins an empty life after a timeout. What the transaction wrote before belongs to a session that is
    /// no more.
    pub fn begin_again(&mut self, now: Duration) {
        self.loaded = match &self.loaded {
            // A store without an expiry of its own still holds the record, and replaces it by version.
            Loaded::Live(_, version) if !self.settings.store_expires() => {
                Loaded::Nothing(Some(version.clone()))
            }
            _ => Loaded::Nothing(None),
        };
        self.overlays = Ordered::default();
        self.identity.destroyed = false;
        self.last_accessed = now.as_secs();
        self.asked_at = now;
        self.life += 1;
    }

    /// Forgets everything but its id, when the transaction is finished.
    pub fn forget(&mut self) {
        self.loaded = Loaded::Nothing(None);
        self.overlays = Ordered::default();
        self.reads = Reads::default();
    }

    fn check_alive(&self) -> Result<(), Error> {
        if self.identity.destroyed { Err(Error::Ended(vec![self.name()])) } else { Ok(()) }
    }

    fn damaged(&self, error: RecordError) -> Error {
        error.of_session(self.name())
    }

    /// A package as it was loaded.
    fn loaded_package(&self, package: &str) -> Result<Option<PackageText<'_>>, Error> {
        match self.loaded.record() {
            Some(record) => record.package(package).map_err(|error| self.damaged(error)),
            None => Ok(None),
        }
    }

    /// A package as it looks now.
    ///
    /// # Errors
    /// [`Error::Ended`] when the session was destroyed, [`Error::Damaged`] when the package cannot be read.
    pub fn view(&self, package: &str) -> Result<View<'_>, Error> {
        self.check_alive()?;
        self.raw_view(package)
    }

    /// A package as it looks now, even in a session that was destroyed.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn raw_view(&self, package: &str) -> Result<View<'_>, Error> {
        Ok(View::new(self.loaded_package(package)?, self.overlays.get(package)))
    }

    /// The names of the packages that hold a key, sorted.
    ///
    /// # Errors
    /// As [`Self::view`].
    pub fn package_names(&self) -> Result<Vec<String>, Error> {
        self.check_alive()?;
        let mut loaded =
            self.loaded.record().into_iter().flat_map(|record| record.package_names()).peekable();
        let mut names = Vec::new();
        for (package, _) in self.overlays.iter() {
            // A package that was not written to is not empty, or it would not be in the record.
            while let Some(name) = loaded.next_if(|name| *name < package) {
                names.push(name.to_owned());
            }
            loaded.next_if_eq(&package);
            if self.view(package)?.len() > 0 {
                names.push(package.to_owned());
            }
        }
        names.extend(loaded.map(str::to_owned));
        Ok(names)
    }

    /// Notes that the names of the packages were read. Where the transaction only removed keys, the answer
    /// depends on every key that others may have added.
    pub fn note_names_read(&mut self) {
        self.reads.package_names = true;
        for (package, overlay) in self.overlays.iter() {
            if !overlay.cleared && !overlay.is_vacant() && overlay.written().all(|(_, text)| text.is_none()) {
                self.reads.whole(package);
            }
        }
    }

    /// Writes one key: a checked JSON text, or that it is removed.
    ///
    /// # Errors
    /// As [`Self::view`]; nothing has changed then.
    pub fn write(
        &mut self,
        place: usize,
        journal: &mut Journal,
        package: &str,
        key: &str,
        verdict: Verdict,
    ) -> Result<(), Error> {
        self.view(package)?;
        let package = self.overlay_place(package);
        let Some(overlay) = self.overlays.at(package) else { return Ok(()) };
        let key =
            overlay.writes.place(key).unwrap_or_else(|| overlay.writes.add(key.into(), Slot::default()));
        let noted_whole = !journal.must_note(overlay.saved_for);
        let Some(slot) = overlay.writes.at(key) else { return Ok(()) };
        let before = core::mem::replace(slot, Slot { verdict, saved_for: journal.current() });
        if !noted_whole && journal.must_note(before.saved_for) {
            journal.note(Note { session: place, life: self.life, before: Before::Key(package, key, before) });
        }
        Ok(())
    }

    /// Where the overlay of a package stands, which is added if there is none.
    fn overlay_place(&mut self, package: &str) -> usize {
        self.overlays.place(package).unwrap_or_else(|| self.overlays.add(package.into(), Overlay::default()))
    }

    /// Removes every key of a package; answers whether there was any.
    ///
    /// # Errors
    /// As [`Self::view`]; nothing has changed then.
    pub fn clear(&mut self, place: usize, journal: &mut Journal, package: &str) -> Result<bool, Error> {
        let held_any = self.view(package)?.len() > 0;
        let package = self.overlay_place(package);
        let Some(overlay) = self.overlays.at(package) else { return Ok(held_any) };
        let cleared = Overlay { cleared: true, writes: Ordered::default(), saved_for: journal.current() };
        let before = core::mem::replace(overlay, cleared);
        if journal.must_note(before.saved_for) {
            journal.note(Note { session: place, life: self.life, before: Before::Package(package, before) });
        }
        Ok(held_any)
    }

    /// Changes which session this is, or that it lives.
    ///
    /// # Errors
    /// [`Error::Ended`] when it was destroyed already.
    pub fn identify(
        &mut self,
        place: usize,
        journal: &mut Journal,
        change: impl FnOnce(&mut Identity),
    ) -> Result<(), Error> {
        self.check_alive()?;
        if journal.must_note(0) {
            let before = Before::Identity(self.identity.clone());
            journal.note(Note { session: place, life: self.life, before });
        }
        change(&mut self.identity);
        Ok(())
    }

    /// Undoes a write.
    pub fn restore(&mut self, before: Before) {
        match before {
            Before::Identity(identity) => self.identity = identity,
            Before::Package(package, before) => {
                if let Some(overlay) = self.overlays.at(package) {
                    *overlay = before;
                }
            }
            Before::Key(package, key, before) => {
                let overlay = self.overlays.at(package);
                if let Some(slot) = overlay.and_then(|overlay| overlay.writes.at(key)) {
                    *slot = before;
                }
            }
        }
    }
}
