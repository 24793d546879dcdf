//! Packages, whose values have types.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bindings;
use crate::error::Error;
use crate::json;

/// A mapping of string keys to values in one session. A value is stored as JSON, and is of any type that serde knows.
///
/// A handle names its package rather than a state of it: it stays usable after a rollback or a removal, and shows what
/// is there now. Every call can also answer [`Error::Damaged`], [`Error::Ended`] and [`Error::Finished`].
#[derive(Debug)]
pub struct Package {
    handle: bindings::Package,
    name: String,
}

impl Package {
    pub(crate) fn new(handle: bindings::Package) -> Self {
        let name = handle.name();
        Self { handle, name }
    }

    /// The package's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value under a key.
    ///
    /// # Errors
    ///
    /// [`Error::Unfit`] when what is stored there is not a `T`.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        self.get_json(key)?.map(|json| json::read(&self.name, key, &json)).transpose()
    }

    /// The JSON text under a key, as it was set.
    ///
    /// # Errors
    ///
    /// Only those of every call.
    pub fn get_json(&self, key: &str) -> Result<Option<String>, Error> {
        Ok(self.handle.get(key)?)
    }

    /// The value under a key, to be shown: "I show this, I do not depend on it".
    ///
    /// As [`Package::get`], it gives what was loaded with the transaction's own changes, but it is no read: the commit
    /// does not check it, and when it commits, others may have changed what was shown. A key that was peeked and is
    /// written after that by the same transaction counts as read, so that no update is lost. Do not let a peeked value
    /// decide what is written to another key, or whether: use [`Package::get`] for that.
    ///
    /// # Errors
    ///
    /// As [`Package::get`].
    pub fn peek<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        self.peek_json(key)?.map(|json| json::read(&self.name, key, &json)).transpose()
    }

    /// The JSON text under a key, to be shown; as [`Package::peek`].
    ///
    /// # Errors
    ///
    /// [`Error::InvalidName`].
    pub fn peek_json(&self, key: &str) -> Result<Option<String>, Error> {
        Ok(self.handle.peek(key)?)
    }

    /// Stores a value under a key.
    ///
    /// # Errors
    ///
    /// [`Error::NoJson`] when the value has no form in JSON, [`Error::InvalidName`] unless the key has 1 to 1024 bytes.
    /// Nothing has changed then.
    pub fn set<T: Serialize + ?Sized>(&self, key: &str, value: &T) -> Result<(), Error> {
        self.set_json(key, &json::write(&self.name, key, value)?)
    }

    /// Stores a JSON text under a key.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidJson`] when the text is no JSON, [`Error::InvalidName`]. Nothing has changed then.
    pub fn set_json(&self, key: &str, json: &str) -> Result<(), Error> {
        Ok(self.handle.set(key, json)?)
    }

    /// Stores many values of one type, or none if one of them cannot be stored. Of equal keys the last wins.
    ///
    /// # Errors
    ///
    /// As [`Package::set`].
    pub fn update<K: Into<String>, T: Serialize>(
        &self,
        entries: impl IntoIterator<Item = (K, T)>,
    ) -> Result<(), Error> {
        let write = |(key, value): (K, T)| {
            let key = key.into();
            let json = json::write(&self.name, &key, &value)?;
            Ok((key, json))
        };
        let entries: Vec<(String, String)> = entries.into_iter().map(write).collect::<Result<_, Error>>()?;
        Ok(self.handle.update(&entries)?)
    }

    /// Adds a number to the counter under a key; an absent key counts as 0, and holds the sum afterwards.
    ///
    /// It is no read, and merges with whatever others do to the key meanwhile: the commit adds to what is stored then.
    /// A counter is a whole number from -(2^53 - 1) to 2^53 - 1, stored without a fraction or an exponent. If others
    /// made it something else, or the sum would be out of range, the key conflicts. There is no result, because it
    /// would be a read: use [`Package::peek`] after it to show the sum, and [`Package::get`] to depend on it.
    ///
    /// # Errors
    ///
    /// [`Error::NotACounter`] when there is no counter, or the sum would be none; that counts as a read of the key.
    /// [`Error::InvalidName`]. Nothing has changed then.
    pub fn add(&self, key: &str, number: i64) -> Result<(), Error> {
        Ok(self.handle.add(key, number)?)
    }

    /// Removes a key; false if there was none.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidName`].
    pub fn remove(&self, key: &str) -> Result<bool, Error> {
        Ok(self.handle.remove(key)?)
    }

    /// Whether there is a value under a key.
    ///
    /// # Errors
    ///
    /// Only those of every call.
    pub fn contains(&self, key: &str) -> Result<bool, Error> {
        Ok(self.handle.contains(key)?)
    }

    /// All keys, sorted.
    ///
    /// # Errors
    ///
    /// Only those of every call.
    pub fn keys(&self) -> Result<Vec<String>, Error> {
        Ok(self.handle.keys()?)
    }

    /// All keys with their values, sorted by key, into a `Vec` of pairs or a map.
    ///
    /// # Errors
    ///
    /// [`Error::Unfit`] when one of the values is not a `T`.
    pub fn entries<T: DeserializeOwned, C: FromIterator<(String, T)>>(&self) -> Result<C, Error> {
        self.read(self.handle.entries()?)
    }

    /// All keys with their values, sorted by key, to be shown; as [`Package::peek`] for each key, and for the keys that
    /// are not there.
    ///
    /// # Errors
    ///
    /// As [`Package::entries`].
    pub fn peek_entries<T: DeserializeOwned, C: FromIterator<(String, T)>>(&self) -> Result<C, Error> {
        self.read(self.handle.peek_entries()?)
    }

    fn read<T: DeserializeOwned, C: FromIterator<(String, T)>>(
        &self,
        entries: Vec<(String, String)>,
    ) -> Result<C, Error> {
        let read = |(key, json): (String, String)| {
            let value = json::read(&self.name, &key, &json)?;
            Ok((key, value))
        };
        entries.into_iter().map(read).collect()
    }

    /// How many keys there are.
    ///
    /// # Errors
    ///
    /// Only those of every call.
    pub fn len(&self) -> Result<u32, Error> {
        Ok(self.handle.len()?)
    }

    /// Whether there is no key.
    ///
    /// # Errors
    ///
    /// Only those of every call.
    pub fn is_empty(&self) -> Result<bool, Error> {
        Ok(self.len()? == 0)
    }

    /// Removes every key.
    ///
    /// # Errors
    ///
    /// Only those of every call.
    pub fn clear(&self) -> Result<(), Error> {
        Ok(self.handle.clear()?)
    }
}
