//! Writing values.

use serde::Serialize;

use super::handle::Package;
use crate::error::Error;
use crate::json;

impl Package {
    /// Stores a value under a key.
    ///
    /// # Errors
    ///
    /// [`Error::NotSerializable`] when the value has no representation in JSON.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// # let package = Container::open("shop", ContainerOptions::DEFAULT)?.session(&transaction, "s")?.package("cart")?;
    /// package.set("apple", &2)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn set<T: Serialize + ?Sized>(&self, key: &str, value: &T) -> Result<(), Error> {
        self.set_json(key, &json::write(&self.name, key, value)?)
    }

    /// Stores a JSON text under a key, without the white space around it.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidJson`] when the text is not JSON.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// # let package = Container::open("shop", ContainerOptions::DEFAULT)?.session(&transaction, "s")?.package("cart")?;
    /// package.set_json("pear", r#"{"ripe": true}"#)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_json(&self, key: &str, json: &str) -> Result<(), Error> {
        Ok(self.handle.set(key, json)?)
    }

    /// Stores several values of one type, or none if one of them cannot be stored. If a key occurs more than once, its last
    /// value is stored.
    ///
    /// # Errors
    ///
    /// As [`Package::set`].
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// # let package = Container::open("shop", ContainerOptions::DEFAULT)?.session(&transaction, "s")?.package("cart")?;
    /// package.update([("apple", 2), ("pear", 1)])?;
    /// # Ok(())
    /// # }
    /// ```
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

    /// Adds a number to the counter under a key. A counter is a whole number from -(2^53 - 1) to 2^53 - 1, stored without a
    /// fraction or an exponent. An absent key counts as 0. Afterwards the key holds the sum, even if it is 0.
    ///
    /// The call does not count as a read. It merges with the changes of other transactions to the key: the commit adds to the
    /// number that is stored then. The key conflicts if it holds no counter then, or if the sum would be out of range. The
    /// call returns no sum, because that would be a read. Use [`Package::peek`] after it to display the sum, and
    /// [`Package::get`] to depend on it.
    ///
    /// # Errors
    ///
    /// [`Error::NotACounter`] when the key holds no counter, or the sum would be out of range. This failure counts as a read
    /// of the key.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// # let package = Container::open("shop", ContainerOptions::DEFAULT)?.session(&transaction, "s")?.package("cart")?;
    /// package.add("apple", 1)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn add(&self, key: &str, number: i64) -> Result<(), Error> {
        Ok(self.handle.add(key, number)?)
    }

    /// Removes a key. Returns whether it was there. The call counts as a read of the key.
    ///
    /// # Errors
    ///
    /// Only those of every method.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// # let package = Container::open("shop", ContainerOptions::DEFAULT)?.session(&transaction, "s")?.package("cart")?;
    /// if package.remove("apple")? {
    ///     println!("removed");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn remove(&self, key: &str) -> Result<bool, Error> {
        Ok(self.handle.remove(key)?)
    }

    /// Removes every key.
    ///
    /// # Errors
    ///
    /// Only those of every method.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// # let package = Container::open("shop", ContainerOptions::DEFAULT)?.session(&transaction, "s")?.package("cart")?;
    /// package.clear()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn clear(&self) -> Result<(), Error> {
        Ok(self.handle.clear()?)
    }
}
