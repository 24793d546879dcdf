//! A session that has joined a transaction: what was loaded, what was written since, and what was read.

use alloc::borrow::ToOwned;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use crate::counter;
use crate::error::{Conflict, Error, SessionName};
use crate::identity::Identity;
use crate::journal::{Before, Journal, Note};
use crate::options::Settings;
use crate::ordered::Ordered;
use crate::overlay::{Edit, Overlay, Slot, View};
use crate::reads::Reads;
use crate::record::{PackageText, Record, RecordError};
use crate::stored::{Base, Stamp};

/// What the store held when the session joined.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    pub base: Base,
    /// Whether a change of another transaction waits there for a decision that was not taken yet.
    pub is_undecided: bool,
}

impl Loaded {
    /// The state of what is stored that it was read from.
    pub fn stamp(&self) -> Stamp {
        Stamp::of(self.base.record.as_deref())
    }
}

/// One session in one transaction.
#[derive(Debug)]
pub struct JoinedSession {
    /// Where it is among the sessions of the transaction.
    pub index: usize,
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
    /// Whether the transaction also found it under another id that it got meanwhile, so that it knows of two
    /// moments.
    pub is_found_twice: bool,
    /// Whether nobody else can know its id.
    pub is_created: bool,
    /// When this transaction last asked its container for it.
    pub asked_at: Duration,
    /// When it was loaded, which is when the store last saw it used.
    pub loaded_at: Duration,
    incarnation: u32,
}

impl JoinedSession {
    /// A session as it joins.
    pub fn join(
        index: usize,
        settings: Rc<Settings>,
        id: String,
        key: Rc<str>,
        reads: Reads,
        now: Duration,
    ) -> Self {
        Self {
            index,
            settings,
            loaded_key: Rc::clone(&key),
            identity: Identity { id, key, destroyed: false, grace: 0, saved_for: 0 },
            loaded: Loaded::default(),
            overlays: Ordered::default(),
            reads,
            last_accessed: now.as_secs(),
            is_found_twice: false,
            is_created: false,
            asked_at: now,
            loaded_at: now,
            incarnation: 0,
        }
    }

    /// The session, for an error.
    pub fn name(&self) -> SessionName {
        SessionName { container: self.settings.name.clone(), session: self.identity.id.clone() }
    }

    /// A conflict over the session as a whole.
    pub fn conflict(&self) -> Conflict {
        Conflict { session: self.name(), package: None, key: None }
    }

    /// Whether the transaction gave it another id.
    pub fn is_renewed(&self) -> bool {
        self.identity.key != self.loaded_key
    }

    /// The record of the session when it joined; none for one that begins.
    pub fn loaded_record(&self) -> Option<&Rc<Record>> {
        self.loaded.base.live()
    }

    /// How often it began anew within the transaction, because its timeout had passed.
    pub fn incarnation(&self) -> u32 {
        self.incarnation
    }

    /// Whether its timeout has passed since the transaction last asked for it.
    pub fn has_timed_out(&self, now: Duration) -> bool {
        self.is_over_after(now.saturating_sub(self.asked_at))
    }

    /// Whether its timeout has passed since it was loaded, so that the store may have dropped it.
    pub fn may_have_timed_out(&self, now: Duration) -> bool {
        self.loaded_record().is_some() && self.is_over_after(now.saturating_sub(self.loaded_at))
    }

    fn is_over_after(&self, idle: Duration) -> bool {
        let timeout = match self.loaded_record() {
            Some(record) => record.header().timeout,
            None => self.settings.options.timeout,
        };
        timeout > 0 && idle >= Duration::from_secs(timeout.into())
    }

    /// Begins anew, and empty, after a timeout. What the transaction wrote before belongs to a session that
    /// is no more.
    pub fn begin_again(&mut self, now: Duration) {
        self.loaded.base = self.loaded.base.remains();
        self.overlays = Ordered::default();
        self.identity.destroyed = false;
        self.last_accessed = now.as_secs();
        self.asked_at = now;
        self.incarnation += 1;
    }

    /// Forgets everything but its id, when the transaction is finished.
    pub fn forget(&mut self) {
        self.loaded = Loaded::default();
        self.overlays = Ordered::default();
        self.reads = Reads::default();
    }

    fn check_alive(&self) -> Result<(), Error> {
        if self.identity.destroyed { Err(Error::Ended(vec![self.name()])) } else { Ok(()) }
    }

    fn damaged(&self, error: RecordError) -> Error {
        error.of_session(self.name())
    }

    /// A package of a record of this session.
    fn package_of<'r>(
        &self,
        record: Option<&'r Record>,
        package: &str,
    ) -> Result<Option<PackageText<'r>>, Error> {
        match record {
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
    fn raw_view(&self, package: &str) -> Result<View<'_>, Error> {
        self.view_over(self.loaded_record().map(|record| &**record), package)
    }

    /// A package as it looks when the changes are laid over a record.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the package cannot be read.
    pub fn view_over<'a>(&'a self, record: Option<&'a Record>, package: &str) -> Result<View<'a>, Error> {
        Ok(View::new(self.package_of(record, package)?, self.overlays.get(package)))
    }

    /// The names of the packages that hold a key, sorted.
    ///
    /// # Errors
    /// As [`Self::view`].
    pub fn package_names(&self) -> Result<Vec<String>, Error> {
        self.check_alive()?;
        let mut loaded =
            self.loaded_record().into_iter().flat_map(|record| record.package_names()).peekable();
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

    /// Notes that the names of the packages were read. Where the transaction only removed keys, the result
    /// depends on every key that others may have added.
    pub fn note_names_read(&mut self) {
        self.reads.package_names = true;
        for (package, overlay) in self.overlays.iter() {
            if !overlay.cleared
                && !overlay.is_vacant()
                && overlay.written().all(|(_, edit)| matches!(edit, Edit::Removed))
            {
                self.reads.whole(package);
            }
        }
    }

    /// Writes one key: a checked JSON text, that it is removed, or a sum that was checked.
    ///
    /// # Errors
    /// As [`Self::view`]; nothing has changed then.
    pub fn write(
        &mut self,
        journal: &mut Journal,
        package: &str,
        key: &str,
        edit: Edit,
    ) -> Result<(), Error> {
        self.view(package)?;
        self.reads.write(package, key);
        let (session, incarnation) = (self.index, self.incarnation);
        let (package, overlay) = self.overlays.entry(package, Overlay::default)?;
        let saved_for = overlay.saved_for;
        let (key, slot) = overlay.writes.entry(key, || Slot { edit: Edit::Untouched, saved_for })?;
        let noted = slot.saved_for.max(saved_for);
        let before = core::mem::replace(slot, Slot { edit, saved_for: journal.current() });
        if journal.must_note(noted) {
            journal.note(Note { session, incarnation, before: Before::Key(package, key, before) });
        }
        Ok(())
    }

    /// Adds to the counter under a key.
    ///
    /// # Errors
    /// [`Error::NotACounter`], and as [`Self::view`]; nothing has changed then.
    pub fn add(&mut self, journal: &mut Journal, package: &str, key: &str, number: i64) -> Result<(), Error> {
        let view = self.view(package)?;
        if let Some(edit) = view.plus(key, number) {
            return self.write(journal, package, key, edit);
        }
        let (held, is_own) = (counter::read(view.get(key).as_deref()), view.is_own(key));
        if !is_own {
            self.reads.key(package, key);
        }
        Err(Error::NotACounter { package: package.to_owned(), key: key.to_owned(), held, added: number })
    }

    /// Removes every key of a package. Returns whether there was any.
    ///
    /// # Errors
    /// As [`Self::view`]; nothing has changed then.
    pub fn clear(&mut self, journal: &mut Journal, package: &str) -> Result<bool, Error> {
        let held_any = self.view(package)?.len() > 0;
        self.reads.clear(package);
        let (session, incarnation) = (self.index, self.incarnation);
        let (package, overlay) = self.overlays.entry(package, Overlay::default)?;
        let cleared = Overlay { cleared: true, writes: Ordered::default(), saved_for: journal.current() };
        let before = core::mem::replace(overlay, cleared);
        if journal.must_note(before.saved_for) {
            journal.note(Note { session, incarnation, before: Before::Package(package, before) });
        }
        Ok(held_any)
    }

    /// Changes which session this is, or that it lives.
    ///
    /// # Errors
    /// [`Error::Ended`] when it was destroyed already.
    pub fn identify(
        &mut self,
        journal: &mut Journal,
        change: impl FnOnce(&mut Identity),
    ) -> Result<(), Error> {
        self.check_alive()?;
        if journal.must_note(self.identity.saved_for) {
            let before = Before::Identity(self.identity.clone());
            journal.note(Note { session: self.index, incarnation: self.incarnation, before });
        }
        change(&mut self.identity);
        self.identity.saved_for = journal.current();
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
