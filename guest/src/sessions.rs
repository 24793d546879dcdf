//! Implements the interface `sessions` with the core.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use lovely_session_core as core;

use crate::Component;
use crate::bindings::exports::lovely::session::sessions as wit;
use crate::imports::Imports;
use crate::transactions::Transaction;

type Session = core::Session<Imports>;
type Package = core::Package<Imports>;

impl wit::Guest for Component {
    type Container = core::Container;
    type Session = Session;
    type Package = Package;
}

impl wit::GuestContainer for core::Container {
    fn open(name: String, options: Option<wit::ContainerOptions>) -> Result<wit::Container, wit::Error> {
        let options = options.map_or_else(core::ContainerOptions::default, container_options);
        Ok(wit::Container::new(Self::open(&name, options)?))
    }

    fn session(&self, tx: wit::TransactionBorrow<'_>, id: String) -> Result<wit::Session, wit::Error> {
        Ok(wit::Session::new(self.session(tx.get::<Transaction>(), &id)?))
    }

    fn session_many(
        &self,
        tx: wit::TransactionBorrow<'_>,
        ids: Vec<String>,
    ) -> Result<Vec<wit::Session>, wit::Error> {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let sessions = self.session_many(tx.get::<Transaction>(), &ids)?;
        Ok(sessions.into_iter().map(wit::Session::new).collect())
    }

    fn resume(&self, tx: wit::TransactionBorrow<'_>, id: String) -> Result<Option<wit::Session>, wit::Error> {
        Ok(self.resume(tx.get::<Transaction>(), &id)?.map(wit::Session::new))
    }

    fn create(&self, tx: wit::TransactionBorrow<'_>) -> Result<wit::Session, wit::Error> {
        Ok(wit::Session::new(self.create(tx.get::<Transaction>())?))
    }

    fn joined(&self, tx: wit::TransactionBorrow<'_>) -> Result<Vec<String>, wit::Error> {
        Ok(self.joined(tx.get::<Transaction>())?)
    }
}

impl wit::GuestSession for Session {
    fn id(&self) -> String {
        self.id()
    }

    fn is_new(&self) -> Result<bool, wit::Error> {
        Ok(self.is_new()?)
    }

    fn last_accessed(&self) -> Result<u64, wit::Error> {
        Ok(self.last_accessed()?)
    }

    fn package(&self, name: String) -> Result<wit::Package, wit::Error> {
        Ok(wit::Package::new(self.package(&name)?))
    }

    fn packages(&self) -> Result<Vec<String>, wit::Error> {
        Ok(self.packages()?)
    }

    fn remove_package(&self, name: String) -> Result<bool, wit::Error> {
        Ok(self.remove_package(&name)?)
    }

    fn destroy(&self) -> Result<(), wit::Error> {
        Ok(self.destroy()?)
    }

    fn renew_id(&self, grace: Option<u32>) -> Result<String, wit::Error> {
        Ok(self.renew_id(grace.unwrap_or(0))?)
    }
}

impl wit::GuestPackage for Package {
    fn name(&self) -> String {
        self.name().to_owned()
    }

    fn get(&self, key: String) -> Result<Option<String>, wit::Error> {
        Ok(self.get(&key)?)
    }

    fn peek(&self, key: String) -> Result<Option<String>, wit::Error> {
        Ok(self.peek(&key)?)
    }

    fn set(&self, key: String, value: String) -> Result<(), wit::Error> {
        Ok(self.set(&key, &value)?)
    }

    fn add(&self, key: String, number: i64) -> Result<(), wit::Error> {
        Ok(self.add(&key, number)?)
    }

    fn remove(&self, key: String) -> Result<bool, wit::Error> {
        Ok(self.remove(&key)?)
    }

    fn contains(&self, key: String) -> Result<bool, wit::Error> {
        Ok(self.contains(&key)?)
    }

    fn keys(&self) -> Result<Vec<String>, wit::Error> {
        Ok(self.keys()?)
    }

    fn entries(&self) -> Result<Vec<(String, String)>, wit::Error> {
        Ok(self.entries()?)
    }

    fn peek_entries(&self) -> Result<Vec<(String, String)>, wit::Error> {
        Ok(self.peek_entries()?)
    }

    fn len(&self) -> Result<u32, wit::Error> {
        Ok(u32::try_from(self.len()?).unwrap_or(u32::MAX))
    }

    fn clear(&self) -> Result<(), wit::Error> {
        Ok(self.clear()?)
    }

    fn update(&self, entries: Vec<(String, String)>) -> Result<(), wit::Error> {
        let entries: Vec<(&str, &str)> = entries.iter().map(|(key, value)| (&**key, &**value)).collect();
        Ok(self.update(&entries)?)
    }
}

/// Replaces absent options by their defaults.
fn container_options(options: wit::ContainerOptions) -> core::ContainerOptions {
    let default = core::ContainerOptions::default();
    core::ContainerOptions {
        timeout: options.timeout.unwrap_or(default.timeout),
        resolution: options.resolution.unwrap_or(default.resolution),
        max_size: options.max_size.unwrap_or(default.max_size),
        remember_ended: options.remember_ended.unwrap_or(default.remember_ended),
    }
}
