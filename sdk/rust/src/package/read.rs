//! Reading values.

use serde::de::DeserializeOwned;

use super::handle::Package;
use crate::error::Error;
use crate::json;

impl Package {
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
}
