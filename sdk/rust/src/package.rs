//! Packages, whose values have types.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bindings;
use crate::error::Error;
use crate::json;

/// A map of keys to values in one session. Keys have 1 to 1,024 bytes. Values are stored as JSON, and have any type that
/// serde supports.
///
/// A handle refers to its package by name: it stays usable after a rollback or a removal, and shows the current content.
///
/// Every method but [`Package::name`] can fail with [`Error::Ended`] when the transaction destroyed the session, with
/// [`Error::Damaged`] when the package cannot be read, and with [`Error::Finished`] or [`Error::Busy`] when the transaction
/// cannot be used. Methods with a key fail with [`Error::InvalidName`] when it is empty or too long. When a method fails, it
/// has changed nothing.
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

    /// Returns the package's name.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// # let package = Container::open("shop", ContainerOptions::DEFAULT)?.session(&transaction, "s")?.package("cart")?;
    /// assert_eq!(package.name(), "cart");
    /// # Ok(())
    /// # }
    /// ```
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the value under a key, or `None` if the key is absent.
    ///
    /// # Errors
    ///
    /// [`Error::WrongType`] when the stored value is not a `T`.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// # let package = Container::open("shop", ContainerOptions::DEFAULT)?.session(&transaction, "s")?.package("cart")?;
    /// let apples: u32 = package.get("apple")?.unwrap_or(0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        self.get_json(key)?.map(|json| json::read(&self.name, key, &json)).transpose()
    }

    /// Returns the JSON text under a key as it was set, or `None` if the key is absent.
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
    /// package.set_json("pear", "[1, 2]")?;
    /// assert_eq!(package.get_json("pear")?.as_deref(), Some("[1, 2]"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_json(&self, key: &str) -> Result<Option<String>, Error> {
        Ok(self.handle.get(key)?)
    }

    /// Returns the same as [`Package::get`], but does not count as a read: the commit does not check the key, and other
    /// transactions may have changed it when this one commits. Use it for values that are only displayed.
    ///
    /// If the same transaction writes the key after the peek (also with [`Package::add`], [`Package::clear`] or
    /// [`Session::remove_package`](crate::Session::remove_package)), the key counts as read, so that no update is lost. Do
    /// not let a peeked value decide what is written to another key, or whether it is written: use [`Package::get`] for that.
    ///
    /// # Errors
    ///
    /// As [`Package::get`].
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// # let package = Container::open("shop", ContainerOptions::DEFAULT)?.session(&transaction, "s")?.package("cart")?;
    /// if let Some(apples) = package.peek::<u32>("apple")? {
    ///     println!("{apples} apples");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn peek<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        self.peek_json(key)?.map(|json| json::read(&self.name, key, &json)).transpose()
    }

    /// Returns the JSON text under a key, as [`Package::peek`] does.
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
    /// let json: Option<String> = package.peek_json("apple")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn peek_json(&self, key: &str) -> Result<Option<String>, Error> {
        Ok(self.handle.peek(key)?)
    }

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

    /// Returns whether there is a value under a key.
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
    /// assert!(!package.contains("apple")?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn contains(&self, key: &str) -> Result<bool, Error> {
        Ok(self.handle.contains(key)?)
    }

    /// Returns all keys, sorted. The call counts as a read of the whole package.
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
    /// for key in package.keys()? {
    ///     println!("{key}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn keys(&self) -> Result<Vec<String>, Error> {
        Ok(self.handle.keys()?)
    }

    /// Returns all keys with their values, sorted by key, as a `Vec` of pairs or a map. The call counts as a read of the
    /// whole package.
    ///
    /// # Errors
    ///
    /// [`Error::WrongType`] when one of the values is not a `T`.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// # let package = Container::open("shop", ContainerOptions::DEFAULT)?.session(&transaction, "s")?.package("cart")?;
    /// let items: std::collections::BTreeMap<String, u32> = package.entries()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn entries<T: DeserializeOwned, C: FromIterator<(String, T)>>(&self) -> Result<C, Error> {
        self.read(self.handle.entries()?)
    }

    /// Returns the same as [`Package::entries`], for display: as a [`Package::peek`] at every key, present or absent.
    ///
    /// # Errors
    ///
    /// As [`Package::entries`].
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use lovely_session::{Container, ContainerOptions, Error, Transaction};
    /// # fn main() -> Result<(), Error> {
    /// # let transaction = Transaction::begin();
    /// # let package = Container::open("shop", ContainerOptions::DEFAULT)?.session(&transaction, "s")?.package("cart")?;
    /// let items: Vec<(String, u32)> = package.peek_entries()?;
    /// # Ok(())
    /// # }
    /// ```
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

    /// Returns the number of keys. The call counts as a read of the whole package.
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
    /// println!("{} items", package.len()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn len(&self) -> Result<u32, Error> {
        Ok(self.handle.len()?)
    }

    /// Returns whether there are no keys. The call counts as a read of the whole package.
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
    /// if package.is_empty()? {
    ///     println!("the cart is empty");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_empty(&self) -> Result<bool, Error> {
        Ok(self.len()? == 0)
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
