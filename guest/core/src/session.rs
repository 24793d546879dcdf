//! Handles on one session and on its packages.

use alloc::borrow::ToOwned;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::container::{MAX_REMEMBER_ENDED, fresh_id};
use crate::environment::Environment;
use crate::error::{Error, NameKind};
use crate::json;
use crate::names::check_name;
use crate::overlay::{Verdict, View};
use crate::transaction::{Shared, State, Transaction};

/// One session, as one transaction sees it.
pub struct Session<E> {
    shared: Rc<Shared<E>>,
    place: usize,
}

impl<E: Environment> Session<E> {
    pub(crate) fn new(transaction: &Transaction<E>, place: usize) -> Self {
        Self { shared: Rc::clone(transaction.shared()), place }
    }

    /// Its id: a secret. Answers even when the transaction is finished.
    pub fn id(&self) -> String {
        let state = self.shared.state.borrow();
        state.sessions.get(self.place).map(|session| session.identity.id.clone()).unwrap_or_default()
    }

    /// Whether nothing of it was in the store when it joined.
    ///
    /// # Errors
    /// [`Error::Finished`].
    pub fn is_new(&self) -> Result<bool, Error> {
        self.shared.open(|state| {
            let (session, _) = state.session(self.place)?;
            session.reads.existence = true;
            Ok(session.loaded.record().is_none())
        })
    }

    /// When it was used before this transaction, in seconds since the Unix epoch.
    ///
    /// # Errors
    /// [`Error::Finished`].
    pub fn last_accessed(&self) -> Result<u64, Error> {
        self.shared.open(|state| Ok(state.session(self.place)?.0.last_accessed))
    }

    /// The package of this name, which always exists.
    ///
    /// # Errors
    /// [`Error::InvalidName`], [`Error::Ended`] after a destroy, [`Error::Finished`].
    pub fn package(&self, name: &str) -> Result<Package<E>, Error> {
        check_name(NameKind::Package, name)?;
        self.shared.open(|state| state.session(self.place)?.0.view(name).map(drop))?;
        Ok(Package { shared: Rc::clone(&self.shared), place: self.place, name: name.to_owned() })
    }

    /// The names of the packages that hold a key, sorted.
    ///
    /// # Errors
    /// [`Error::Ended`], [`Error::Damaged`], [`Error::Finished`].
    pub fn packages(&self) -> Result<Vec<String>, Error> {
        self.shared.open(|state| {
            let (session, _) = state.session(self.place)?;
            let names = session.package_names()?;
            session.note_names_read();
            Ok(names)
        })
    }

    /// Removes a package with all its keys; answers whether there was any.
    ///
    /// # Errors
    /// As [`Package::clear`].
    pub fn remove_package(&self, name: &str) -> Result<bool, Error> {
        check_name(NameKind::Package, name)?;
        self.shared.open(|state| {
            let (session, journal) = state.session(self.place)?;
            session.reads.whole(name);
            session.clear(self.place, journal, name)
        })
    }

    /// Ends the session: after the commit it cannot be resumed or written back.
    ///
    /// # Errors
    /// [`Error::Ended`] when it was destroyed already, [`Error::Finished`].
    pub fn destroy(&self) -> Result<(), Error> {
        self.shared.open(|state| {
            let (session, journal) = state.session(self.place)?;
            session.identify(self.place, journal, |identity| identity.destroyed = true)
        })
    }

    /// Moves the session to a fresh random id, and answers it. The old id ends with the commit; for `grace`
    /// seconds after it, requests under the old id still find the session: never for a change of rights.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] when the grace is over [`MAX_REMEMBER_ENDED`], [`Error::Ended`] when the
    /// session was destroyed, [`Error::Finished`].
    pub fn renew_id(&self, grace: u32) -> Result<String, Error> {
        self.shared.open(|_| Ok(()))?;
        if grace > MAX_REMEMBER_ENDED {
            let (maximum, given) = (MAX_REMEMBER_ENDED.into(), grace.into());
            return Err(Error::InvalidOption { name: "grace", maximum, given });
        }
        let settings = self.shared.open(|state| Ok(Rc::clone(&state.session(self.place)?.0.settings)))?;
        let (id, key) = fresh_id(&settings, &*self.shared.environment)?;
        self.shared.open(|state| {
            let (session, journal) = state.session(self.place)?;
            session.identify(self.place, journal, |identity| {
                identity.id.clone_from(&id);
                identity.key = key.into();
                identity.grace = grace;
            })
        })?;
        Ok(id)
    }
}

/// A mapping of keys to JSON texts in one session. The handle names its package rather than a state of it:
/// it stays usable after a rollback or a removal.
pub struct Package<E> {
    shared: Rc<Shared<E>>,
    place: usize,
    name: String,
}

impl<E: Environment> Package<E> {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The JSON text under a key.
    ///
    /// # Errors
    /// [`Error::InvalidName`], [`Error::Ended`], [`Error::Damaged`], [`Error::Finished`].
    pub fn get(&self, key: &str) -> Result<Option<String>, Error> {
        self.read_key(key, |view| view.get(key).map(str::to_owned))
    }

    /// Whether there is a value under a key.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn contains(&self, key: &str) -> Result<bool, Error> {
        self.read_key(key, |view| view.get(key).is_some())
    }

    /// All keys, sorted.
    ///
    /// # Errors
    /// [`Error::Ended`], [`Error::Damaged`], [`Error::Finished`].
    pub fn keys(&self) -> Result<Vec<String>, Error> {
        self.read_whole(|view| view.entries().map(|(key, _)| key.to_owned()).collect())
    }

    /// All keys with their JSON texts, sorted by key.
    ///
    /// # Errors
    /// As [`Self::keys`].
    pub fn entries(&self) -> Result<Vec<(String, String)>, Error> {
        self.read_whole(|view| view.entries().map(|(key, text)| (key.to_owned(), text.to_owned())).collect())
    }

    /// How many keys there are.
    ///
    /// # Errors
    /// As [`Self::keys`].
    pub fn len(&self) -> Result<usize, Error> {
        self.read_whole(|view| view.len())
    }

    /// Whether there are no keys.
    ///
    /// # Errors
    /// As [`Self::keys`].
    pub fn is_empty(&self) -> Result<bool, Error> {
        self.len().map(|len| len == 0)
    }

    /// Stores a JSON text under a key; white space around it is not kept.
    ///
    /// # Errors
    /// [`Error::InvalidJson`], [`Error::InvalidName`], [`Error::Ended`], [`Error::Damaged`],
    /// [`Error::Finished`]; nothing has changed then.
    pub fn set(&self, key: &str, value: &str) -> Result<(), Error> {
        self.update(&[(key, value)])
    }

    /// Stores many JSON texts, or none if one of them cannot be stored. Of equal keys the last wins.
    ///
    /// # Errors
    /// As [`Self::set`].
    pub fn update(&self, entries: &[(&str, &str)]) -> Result<(), Error> {
        // A finished transaction is reported before anything that is wrong with the arguments.
        self.with_state(|_, _| Ok(()))?;
        let mut checked = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            check_name(NameKind::Key, key)?;
            let text =
                json::check(value).map_err(|reason| Error::InvalidJson { key: (*key).to_owned(), reason })?;
            checked.push((*key, Rc::from(text)));
        }
        self.with_state(|state, place| {
            let (session, journal) = state.session(place)?;
            // Only the first write can fail: it finds out whether the package can be written at all.
            checked.into_iter().try_for_each(|(key, text)| {
                session.write(place, journal, &self.name, key, Verdict::Text(text))
            })
        })
    }

    /// Removes a key; answers whether there was one.
    ///
    /// # Errors
    /// As [`Self::get`]; nothing has changed then.
    pub fn remove(&self, key: &str) -> Result<bool, Error> {
        let held = self.contains(key)?;
        self.with_state(|state, place| {
            let (session, journal) = state.session(place)?;
            session.write(place, journal, &self.name, key, Verdict::Removed)
        })?;
        Ok(held)
    }

    /// Removes every key.
    ///
    /// # Errors
    /// As [`Self::keys`]; nothing has changed then.
    pub fn clear(&self) -> Result<(), Error> {
        self.with_state(|state, place| {
            let (session, journal) = state.session(place)?;
            session.clear(place, journal, &self.name).map(drop)
        })
    }

    fn with_state<R>(&self, work: impl FnOnce(&mut State, usize) -> Result<R, Error>) -> Result<R, Error> {
        self.shared.open(|state| work(state, self.place))
    }

    fn read_key<R>(&self, key: &str, read: impl FnOnce(View<'_>) -> R) -> Result<R, Error> {
        self.with_state(|state, place| {
            check_name(NameKind::Key, key)?;
            let (session, _) = state.session(place)?;
            let view = session.view(&self.name)?;
            let (result, own) = (read(view), view.is_written(key));
            if !own {
                session.reads.key(&self.name, key);
            }
            Ok(result)
        })
    }

    fn read_whole<R>(&self, read: impl FnOnce(View<'_>) -> R) -> Result<R, Error> {
        self.with_state(|state, place| {
            let (session, _) = state.session(place)?;
            let result = session.view(&self.name).map(read)?;
            session.reads.whole(&self.name);
            Ok(result)
        })
    }
}

impl<E> fmt::Debug for Session<E> {
    /// Says nothing of what is in it: sessions are private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

impl<E> fmt::Debug for Package<E> {
    /// Says nothing of what is in it: sessions are private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Package").finish_non_exhaustive()
    }
}
