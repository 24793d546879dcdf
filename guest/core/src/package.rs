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

/// A map of keys to JSON texts in one session. The handle refers to the package by name: it stays usable
/// after a rollback or a removal, and shows the current content.
pub struct Package<E> {
    pub(crate) shared: Rc<Shared<E>>,
    pub(crate) index: usize,
    pub(crate) name: String,
}

impl<E: Environment> Package<E> {
    /// The package's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the JSON text under a key.
    ///
    /// # Errors
    /// [`Error::InvalidName`], [`Error::Ended`], [`Error::Damaged`], [`Error::Finished`].
    pub fn get(&self, key: &str) -> Result<Option<String>, Error> {
        self.read_key(key, |view| view.get(key).map(Cow::into_owned))
    }

    /// Returns the JSON text under a key, for display: it does not count as a read, unless the transaction
    /// writes the key later.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn peek(&self, key: &str) -> Result<Option<String>, Error> {
        self.show_key(key, |view| view.get(key).map(Cow::into_owned), Reads::note_peeked_key)
    }

    /// Returns whether there is a value under a key.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn contains(&self, key: &str) -> Result<bool, Error> {
        self.read_key(key, |view| view.get(key).is_some())
    }

    /// Returns all keys, sorted.
    ///
    /// # Errors
    /// [`Error::Ended`], [`Error::Damaged`], [`Error::Finished`].
    pub fn keys(&self) -> Result<Vec<String>, Error> {
        self.read_whole(|view| view.entries().map(|(key, _)| key.to_owned()).collect())
    }

    /// Returns all keys with their JSON texts, sorted by key.
    ///
    /// # Errors
    /// As [`Self::keys`].
    pub fn entries(&self) -> Result<Vec<(String, String)>, Error> {
        self.read_whole(entries)
    }

    /// Returns all keys with their JSON texts, sorted by key, for display: only keys that the transaction
    /// writes later count as read.
    ///
    /// # Errors
    /// As [`Self::keys`].
    pub fn peek_entries(&self) -> Result<Vec<(String, String)>, Error> {
        self.show_whole(entries, Reads::note_peeked_package)
    }

    /// Returns the number of keys.
    ///
    /// # Errors
    /// As [`Self::keys`].
    pub fn len(&self) -> Result<usize, Error> {
        self.read_whole(|view| view.len())
    }

    /// Returns whether there are no keys.
    ///
    /// # Errors
    /// As [`Self::keys`].
    pub fn is_empty(&self) -> Result<bool, Error> {
        self.read_whole(|view| view.is_empty())
    }

    /// Stores a JSON text under a key, without the white space around it.
    ///
    /// # Errors
    /// [`Error::InvalidJson`], [`Error::InvalidName`], [`Error::Ended`], [`Error::Damaged`],
    /// [`Error::Finished`]; then nothing has changed.
    pub fn set(&self, key: &str, value: &str) -> Result<(), Error> {
        self.with_session(|session, journal| {
            let text = check_entry(key, value)?;
            session.write(journal, &self.name, key, Edit::Text(text))
        })
    }

    /// Stores several JSON texts, or none if one of them cannot be stored. If a key occurs twice, the last
    /// text is stored.
    ///
    /// # Errors
    /// As [`Self::set`].
    pub fn update(&self, entries: &[(&str, &str)]) -> Result<(), Error> {
        // Report a finished transaction before invalid arguments.
        self.with_session(|_, _| Ok(()))?;
        let mut checked = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            checked.push((*key, check_entry(key, value)?));
        }
        self.with_session(|session, journal| {
            // Only the first write can fail, when the package cannot be read; so either all edits are applied
            // or none.
            checked
                .into_iter()
                .try_for_each(|(key, text)| session.write(journal, &self.name, key, Edit::Text(text)))
        })
    }

    /// Adds to the counter under a key; an absent key counts as 0. It does not count as a read, and merges
    /// with the changes of other transactions to the key. It returns no sum, because a sum would be a read.
    ///
    /// # Errors
    /// [`Error::NotACounter`] when the key holds no counter, or the sum would be out of range; that counts as
    /// a read. Otherwise as [`Self::get`]. Nothing has changed then.
    pub fn add(&self, key: &str, number: i64) -> Result<(), Error> {
        self.with_session(|session, journal| {
            check_name(NameKind::Key, key)?;
            session.add(journal, &self.name, key, number)
        })
    }

    /// Removes a key. Returns whether it was there.
    ///
    /// # Errors
    /// As [`Self::get`]; then nothing has changed.
    pub fn remove(&self, key: &str) -> Result<bool, Error> {
        let held = self.contains(key)?;
        self.with_session(|session, journal| session.write(journal, &self.name, key, Edit::Removed))?;
        Ok(held)
    }

    /// Removes every key.
    ///
    /// # Errors
    /// As [`Self::keys`]; then nothing has changed.
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
        self.show_key(key, read, Reads::note_key)
    }

    fn show_key<R>(
        &self,
        key: &str,
        show: impl FnOnce(View<'_>) -> R,
        note: fn(&mut Reads, &str, &str),
    ) -> Result<R, Error> {
        self.with_session(|session, _| {
            check_name(NameKind::Key, key)?;
            let view = session.view(&self.name)?;
            let (result, is_replaced) = (show(view), view.is_replaced(key));
            if !is_replaced {
                note(&mut session.reads, &self.name, key);
            }
            Ok(result)
        })
    }

    fn read_whole<R>(&self, read: impl FnOnce(View<'_>) -> R) -> Result<R, Error> {
        self.show_whole(read, Reads::note_package)
    }

    fn show_whole<R>(
        &self,
        show: impl FnOnce(View<'_>) -> R,
        note: fn(&mut Reads, &str),
    ) -> Result<R, Error> {
        self.with_session(|session, _| {
            let result = session.view(&self.name).map(show)?;
            note(&mut session.reads, &self.name);
            Ok(result)
        })
    }
}

/// Checks a key and the JSON text to store under it. Returns the text without the white space around it.
fn check_entry(key: &str, value: &str) -> Result<Rc<str>, Error> {
    check_name(NameKind::Key, key)?;
    match json::check(value) {
        Ok(text) => Ok(text.into()),
        Err(reason) => Err(Error::InvalidJson { key: key.to_owned(), reason }),
    }
}

fn entries(view: View<'_>) -> Vec<(String, String)> {
    view.entries().map(|(key, text)| (key.to_owned(), text.into_owned())).collect()
}

impl<E> fmt::Debug for Package<E> {
    /// Shows no content, because sessions are private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Package").finish_non_exhaustive()
    }
}
