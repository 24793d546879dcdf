//! Joined sessions: what was loaded, what the transaction wrote since, and what it read.

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
use crate::overlay::{Edit, KeyEdit, Overlay, View};
use crate::reads::Reads;
use crate::record::{PackageText, Record, RecordError};
use crate::stored::{Base, StateId};

/// What the store held when the session joined.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    pub base: Base,
    /// Whether the record has a pending change that was undecided.
    pub is_undecided: bool,
}

impl Loaded {
    /// The state of the record when it was loaded.
    pub fn state_id(&self) -> StateId {
        StateId::of(self.base.record.as_deref())
    }
}

/// A session in a transaction.
#[derive(Debug)]
pub struct JoinedSession {
    /// Its index among the sessions of the transaction.
    pub index: usize,
    /// The container it belongs to.
    pub settings: Rc<Settings>,
    /// Its current identity.
    pub identity: Identity,
    /// The store key it was loaded from. After a renewal, the current key differs.
    pub loaded_key: Rc<str>,
    /// What was loaded.
    pub loaded: Loaded,
    /// What was written, by package.
    pub overlays: Ordered<Overlay>,
    /// What was read.
    pub reads: Reads,
    /// When it was last used before this transaction, in seconds since the Unix epoch.
    pub last_accessed: u64,
    /// Whether the transaction also loaded it under another id, after a renewal, so that it has seen states
    /// of two different times.
    pub was_loaded_twice: bool,
    /// Whether this transaction created its id, so that no other transaction can know it.
    pub is_created: bool,
    /// When the application last requested it from its container.
    pub requested_at: Duration,
    /// When it was loaded; the store counts its timeout from then on.
    pub loaded_at: Duration,
    incarnation: u32,
}

impl JoinedSession {
    /// A session that joins now.
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
            identity: Identity { id, key, destroyed: false, grace: 0, noted_for: 0 },
            loaded: Loaded::default(),
            overlays: Ordered::default(),
            reads,
            last_accessed: now.as_secs(),
            was_loaded_twice: false,
            is_created: false,
            requested_at: now,
            loaded_at: now,
            incarnation: 0,
        }
    }

    /// The name of the session, for errors.
    pub fn name(&self) -> SessionName {
        SessionName { container: self.settings.name.clone(), session: self.identity.id.clone() }
    }

    /// A conflict over the whole session.
    pub fn conflict(&self) -> Conflict {
        Conflict { session: self.name(), package: None, key: None }
    }

    /// Whether the transaction renewed its id.
    pub fn is_renewed(&self) -> bool {
        self.identity.key != self.loaded_key
    }

    /// The record that was loaded; `None` for a session that begins.
    pub fn loaded_record(&self) -> Option<&Rc<Record>> {
        self.loaded.base.live()
    }

    /// The number of times it was restarted in this transaction because its timeout had passed.
    pub fn incarnation(&self) -> u32 {
        self.incarnation
    }

    /// Whether its timeout has passed since the application last requested it.
    pub fn has_timed_out(&self, now: Duration) -> bool {
        self.is_over_after(now.saturating_sub(self.requested_at))
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

    /// Replaces it by a new, empty session after its timeout has passed. Drops what the transaction wrote to
    /// it before.
    pub fn restart(&mut self, now: Duration) {
        self.loaded.base = self.loaded.base.remains();
        self.overlays = Ordered::default();
        self.identity.destroyed = false;
        self.last_accessed = now.as_secs();
        self.requested_at = now;
        self.incarnation += 1;
    }

    /// Drops everything but its identity, once the transaction is finished.
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

    /// Returns a package of a record of this session.
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

    /// Returns a package with the transaction's changes.
    ///
    /// # Errors
    /// [`Error::Ended`] when the session was destroyed, [`Error::Damaged`] when the package cannot be read.
    pub fn view(&self, package: &str) -> Result<View<'_>, Error> {
        self.check_alive()?;
        self.raw_view(package)
    }

    /// As [`Self::view`], also in a session that was destroyed.
    fn raw_view(&self, package: &str) -> Result<View<'_>, Error> {
        self.view_over(self.loaded_record().map(|record| &**record), package)
    }

    /// Returns a package of a given record with the transaction's changes applied to it.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the package cannot be read.
    pub fn view_over<'a>(&'a self, record: Option<&'a Record>, package: &str) -> Result<View<'a>, Error> {
        Ok(View::new(self.package_of(record, package)?, self.overlays.get(package)))
    }

    /// Returns the names of the packages that hold at least one key, sorted.
    ///
    /// # Errors
    /// As [`Self::view`].
    pub fn package_names(&self) -> Result<Vec<String>, Error> {
        self.check_alive()?;
        let mut loaded =
            self.loaded_record().into_iter().flat_map(|record| record.package_names()).peekable();
        let mut names = Vec::new();
        for (package, _) in self.overlays.iter() {
            // Records hold no empty packages, so only the packages with changes have to be examined.
            while let Some(name) = loaded.next_if(|name| *name < package) {
                names.push(name.to_owned());
            }
            loaded.next_if_eq(&package);
            if !self.view(package)?.is_empty() {
                names.push(package.to_owned());
            }
        }
        names.extend(loaded.map(str::to_owned));
        Ok(names)
    }

    /// Notes that the names of the packages were read. Where the transaction only removed keys, whether the
    /// package is listed depends on all its keys, because another transaction may add one.
    pub fn note_names_read(&mut self) {
        self.reads.package_names = true;
        for (package, overlay) in self.overlays.iter() {
            if !overlay.cleared
                && !overlay.is_empty()
                && overlay.edits().all(|(_, edit)| matches!(edit, Edit::Removed))
            {
                self.reads.note_package(package);
            }
        }
    }

    /// Applies an edit to a key. A text must be valid JSON; a sum must have been checked.
    ///
    /// # Errors
    /// As [`Self::view`]; then nothing has changed.
    pub fn write(
        &mut self,
        journal: &mut Journal,
        package: &str,
        key: &str,
        edit: Edit,
    ) -> Result<(), Error> {
        self.view(package)?;
        self.reads.note_written_key(package, key);
        let (session, incarnation) = (self.index, self.incarnation);
        let loaded = self.loaded.base.live().and_then(|record| record.package(package).ok().flatten());
        let (package, overlay) = self.overlays.entry(package, Overlay::default)?;
        let (noted_for, loaded) = (overlay.noted_for, loaded.filter(|_| !overlay.cleared));
        let untouched = || KeyEdit {
            edit: Edit::Untouched,
            noted_for,
            is_loaded: loaded.is_some_and(|loaded| loaded.position_of(key).is_ok()),
        };
        let (key, slot) = overlay.edits.entry(key, untouched)?;
        let (noted, is_loaded) = (slot.noted_for.max(noted_for), slot.is_loaded);
        let before = overlay.replace(key, KeyEdit { edit, noted_for: journal.current(), is_loaded });
        if let Some(before) = before.filter(|_| journal.must_note(noted)) {
            journal.note(Note { session, incarnation, before: Before::Key(package, key, before) });
        }
        Ok(())
    }

    /// Adds to the counter under a key.
    ///
    /// # Errors
    /// [`Error::NotACounter`], and as [`Self::view`]; then nothing has changed, but a failed `add` counts as
    /// a read.
    pub fn add(&mut self, journal: &mut Journal, package: &str, key: &str, number: i64) -> Result<(), Error> {
        let view = self.view(package)?;
        if let Some(edit) = view.edit_for_add(key, number) {
            return self.write(journal, package, key, edit);
        }
        let (held, is_replaced) = (counter::read(view.get(key).as_deref()), view.is_replaced(key));
        if !is_replaced {
            self.reads.note_key(package, key);
        }
        Err(Error::NotACounter { package: package.to_owned(), key: key.to_owned(), held, added: number })
    }

    /// Removes every key of a package. Returns whether there was one.
    ///
    /// # Errors
    /// As [`Self::view`]; then nothing has changed.
    pub fn clear(&mut self, journal: &mut Journal, package: &str) -> Result<bool, Error> {
        let held_any = !self.view(package)?.is_empty();
        self.reads.note_cleared_package(package);
        let (session, incarnation) = (self.index, self.incarnation);
        let (package, overlay) = self.overlays.entry(package, Overlay::default)?;
        let before = core::mem::replace(overlay, Overlay::cleared(journal.current()));
        if journal.must_note(before.noted_for) {
            journal.note(Note { session, incarnation, before: Before::Package(package, before) });
        }
        Ok(held_any)
    }

    /// Changes the identity: renews the id or destroys the session.
    ///
    /// # Errors
    /// [`Error::Ended`] when it was destroyed already.
    pub fn identify(
        &mut self,
        journal: &mut Journal,
        change: impl FnOnce(&mut Identity),
    ) -> Result<(), Error> {
        self.check_alive()?;
        if journal.must_note(self.identity.noted_for) {
            let before = Before::Identity(self.identity.clone());
            journal.note(Note { session: self.index, incarnation: self.incarnation, before });
        }
        change(&mut self.identity);
        self.identity.noted_for = journal.current();
        Ok(())
    }

    /// Undoes one noted write.
    pub fn restore(&mut self, before: Before) {
        match before {
            Before::Identity(identity) => self.identity = identity,
            Before::Package(package, before) => {
                if let Some(overlay) = self.overlays.at(package) {
                    *overlay = before;
                }
            }
            Before::Key(package, key, before) => {
                if let Some(overlay) = self.overlays.at(package) {
                    overlay.replace(key, before);
                }
            }
        }
    }
}
