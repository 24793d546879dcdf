//! Handles on packages.

use alloc::borrow::{Cow, ToOwned};
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::environment::Environment;
use crate::error::{Error, NameKind};
use crate::joined::JoinedSession;
use crate::journal::Journal;
use crate::json;
use crate::names::check_name;
use crate::overlay::{Edit, View};
use crate::reads::Reads;
use crate::state::Shared;

/// A mapping of keys to JSON texts in one session. The handle names its package rather than a state of it:
/// it stays usable after a rollback or a removal.
pub struct Package<E> {
    pub(crate) shared: Rc<Shared<E>>,
    pub(crate) index: usize,
    pub(crate) name: String,
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
        self.read_key(key, |view| view.get(key).map(Cow::into_owned))
    }

    /// The JSON text under a key, to be shown: no read, unless the transaction writes the key later.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn peek(&self, key: &str) -> Result<Option<String>, Error> {
        self.look_at_key(key, |view| view.get(key).map(Cow::into_owned), Reads::peek)
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
        self.read_whole(entries)
    }

    /// All keys with their JSON texts, sorted by key, to be shown: no read, but for the keys that the transaction
    /// writes later.
    ///
    /// # Errors
    /// As [`Self::keys`].
    pub fn peek_entries(&self) -> Result<Vec<(String, String)>, Error> {
        self.look_at_whole(entries, Reads::peek_whole)
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
        self.with_session(|_, _| Ok(()))?;
        let mut checked = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            check_name(NameKind::Key, key)?;
            let text =
                json::check(value).map_err(|reason| Error::InvalidJson { key: (*key).to_owned(), reason })?;
            checked.push((*key, Rc::from(text)));
        }
        self.with_session(|session, journal| {
            // Only the first write can fail: it finds out whether the package can be written at all.
            checked
                .into_iter()
                .try_for_each(|(key, text)| session.write(journal, &self.name, key, Edit::Text(text)))
        })
    }

    /// Adds to the counter under a key; an absent one is 0. It is no read, and merges with what others do there. It
    /// returns no sum, because that would be one.
    ///
    /// # Errors
    /// [`Error::NotACounter`] when there is none, or the sum would be none, which is a read; and as [`Self::get`].
    /// Nothing has changed then.
    pub fn add(&self, key: &str, number: i64) -> Result<(), Error> {
        self.with_session(|session, journal| {
            check_name(NameKind::Key, key)?;
            session.add(journal, &self.name, key, number)
        })
    }

    /// Removes a key. Returns whether there was one.
    ///
    /// # Errors
    /// As [`Self::get`]; nothing has changed then.
    pub fn remove(&self, key: &str) -> Result<bool, Error> {
        let held = self.contains(key)?;
        self.with_session(|session, journal| session.write(journal, &self.name, key, Edit::Removed))?;
        Ok(held)
    }

    /// Removes every key.
    ///
    /// # Errors
    /// As [`Self::keys`]; nothing has changed then.
    pub fn clear(&self) -> Result<(), Error> {
        self.with_session(|session, journal| session.clear(journal, &self.name).map(drop))
    }

    fn with_session<R>(
        &self,
        work: impl FnOnce(&mut JoinedSession, &mut Journal) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.shared.open(|state| {
            let (session, journal) = state.session(self.index)?;
            work(session, journal)
        })
    }

    fn read_key<R>(&self, key: &str, read: impl FnOnce(View<'_>) -> R) -> Result<R, Error> {
        self.look_at_key(key, read, Reads::key)
    }

    fn look_at_key<R>(
        &self,
        key: &str,
        look: impl FnOnce(View<'_>) -> R,
        note: fn(&mut Reads, &str, &str),
    ) -> Result<R, Error> {
        self.with_session(|session, _| {
            check_name(NameKind::Key, key)?;
            let view = session.view(&self.name)?;
            let (result, own) = (look(view), view.is_own(key));
            if !own {
                note(&mut session.reads, &self.name, key);
            }
            Ok(result)
        })
    }

    fn read_whole<R>(&self, read: impl FnOnce(View<'_>) -> R) -> Result<R, Error> {
        self.look_at_whole(read, Reads::whole)
    }

    fn look_at_whole<R>(
        &self,
        look: impl FnOnce(View<'_>) -> R,
        note: fn(&mut Reads, &str),
    ) -> Result<R, Error> {
        self.with_session(|session, _| {
            let result = session.view(&self.name).map(look)?;
            note(&mut session.reads, &self.name);
            Ok(result)
        })
    }
}

fn entries(view: View<'_>) -> Vec<(String, String)> {
    view.entries().map(|(key, text)| (key.to_owned(), text.into_owned())).collect()
}

impl<E> fmt::Debug for Package<E> {
    /// Says nothing of what is in it: sessions are private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Package").finish_non_exhaustive()
    }
}
