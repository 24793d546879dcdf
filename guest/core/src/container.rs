//! Containers: named families of sessions, and how their sessions live.

use alloc::borrow::ToOwned;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;

use crate::environment::{Environment, Lifetime};
use crate::error::{Error, NameKind};
use crate::join::{self, Wanted};
use crate::names::{check_name, hex, store_key};
use crate::session::Session;
use crate::transaction::Transaction;

/// The longest timeout, in seconds: ten years.
pub const MAX_TIMEOUT: u32 = 315_360_000;

/// The longest time for which destroyed sessions are remembered, in seconds: a day.
pub const MAX_REMEMBER_ENDED: u32 = 86_400;

/// How the sessions of a container live. See `container-options` in `wit/sessions.wit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerOptions {
    /// Seconds of inactivity that end a session; 0 for never. At most [`MAX_TIMEOUT`].
    pub timeout: u32,
    /// On a store that cannot slide an expiry: the seconds that may pass before a read writes the record
    /// again. Never more than half the timeout has effect.
    pub resolution: u32,
    /// The most bytes that a session's record may have.
    pub max_size: u32,
    /// Seconds for which a destroyed session is remembered. 1 to [`MAX_REMEMBER_ENDED`].
    pub remember_ended: u32,
}

impl Default for ContainerOptions {
    fn default() -> Self {
        Self { timeout: 3600, resolution: 300, max_size: 1_000_000, remember_ended: 60 }
    }
}

impl ContainerOptions {
    fn check(&self) -> Result<(), Error> {
        let limits = [
            ("timeout", self.timeout, MAX_TIMEOUT),
            ("resolution", self.resolution, MAX_TIMEOUT),
            ("remember-ended", self.remember_ended, MAX_REMEMBER_ENDED),
        ];
        for (name, given, maximum) in limits {
            if given > maximum {
                return Err(Error::InvalidOption { name, maximum: maximum.into(), given: given.into() });
            }
        }
        if self.remember_ended == 0 {
            let maximum = MAX_REMEMBER_ENDED.into();
            return Err(Error::InvalidOption { name: "remember-ended", maximum, given: 0 });
        }
        Ok(())
    }
}

/// Who watches over the expiry of sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expiry {
    /// The store, which slides it with every read.
    Store,
    /// The record: the store cannot slide an expiry, but may drop the record by itself.
    Record,
    /// The record alone: the store knows no expiry.
    RecordAlone,
}

/// A container's name and options.
#[derive(Debug)]
pub(crate) struct Settings {
    pub name: String,
    pub timeout: u32,
    pub max_size: u32,
    pub remember_ended: u32,
    resolution: u32,
    /// What the store turned out to be able to do.
    pub expiry: Cell<Expiry>,
}

impl Settings {
    /// How long a record lives from now on, as far as the store can see to it.
    pub fn lifetime(&self, seconds: u32) -> Lifetime {
        if seconds == 0 || self.expiry.get() == Expiry::RecordAlone {
            Lifetime::NeverExpires
        } else {
            Lifetime::Seconds(seconds)
        }
    }

    /// Whether the store drops what has expired.
    pub fn store_expires(&self) -> bool {
        self.expiry.get() != Expiry::RecordAlone
    }

    /// The seconds after which a read must write the record again, where the store cannot slide its expiry.
    pub fn resolution(&self) -> u32 {
        self.resolution.min(self.timeout / 2)
    }
}

/// A named family of sessions. Holds no data of its own: containers of one name are the same sessions.
#[derive(Clone, Debug)]
pub struct Container {
    settings: Rc<Settings>,
}

impl Container {
    /// Opens a container.
    ///
    /// # Errors
    /// [`Error::InvalidName`] or [`Error::InvalidOption`].
    pub fn open(name: &str, options: ContainerOptions) -> Result<Self, Error> {
        check_name(NameKind::Container, name)?;
        options.check()?;
        let ContainerOptions { timeout, resolution, max_size, remember_ended } = options;
        let expiry = Cell::new(Expiry::Store);
        let name = name.to_owned();
        Ok(Self {
            settings: Rc::new(Settings { name, timeout, max_size, remember_ended, resolution, expiry }),
        })
    }

    /// Gives the session with this id, and begins an empty one if there is none: for ids that the
    /// application trusts. The first call for an id loads it in one round trip. After its timeout, even
    /// within the transaction, the session is empty.
    ///
    /// # Errors
    /// [`Error::Ended`] while a destroyed session is remembered, [`Error::Damaged`] and
    /// [`Error::UnknownFormat`] when its record cannot be read, and the store's errors.
    pub fn session<E: Environment>(
        &self,
        transaction: &Transaction<E>,
        id: &str,
    ) -> Result<Session<E>, Error> {
        let mut sessions = self.session_many(transaction, &[id])?;
        // One id gives one session; were there none, the transaction could not be used.
        sessions.pop().ok_or(Error::Finished)
    }

    /// As [`Self::session`], for many ids in one round trip. One id that fails, fails all.
    ///
    /// # Errors
    /// As [`Self::session`].
    pub fn session_many<E: Environment>(
        &self,
        transaction: &Transaction<E>,
        ids: &[&str],
    ) -> Result<Vec<Session<E>>, Error> {
        let places = join::join(transaction, &self.settings, ids, Wanted::FoundOrNew)?;
        Ok(places.into_iter().flatten().map(|place| Session::new(transaction, place)).collect())
    }

    /// Gives the session with this id if there is one: for ids that come from a client.
    ///
    /// # Errors
    /// As [`Self::session`].
    pub fn resume<E: Environment>(
        &self,
        transaction: &Transaction<E>,
        id: &str,
    ) -> Result<Option<Session<E>>, Error> {
        let places = join::join(transaction, &self.settings, &[id], Wanted::Found)?;
        Ok(places.into_iter().flatten().map(|place| Session::new(transaction, place)).next())
    }

    /// Begins a session with a fresh random id of 192 bits. Nothing is sent.
    ///
    /// # Errors
    /// [`Error::Finished`], [`Error::TooManySessions`].
    pub fn create<E: Environment>(&self, transaction: &Transaction<E>) -> Result<Session<E>, Error> {
        let (id, key) = fresh_id(&self.settings, transaction.environment())?;
        let place = join::join_new(transaction, &self.settings, id, key)?;
        Ok(Session::new(transaction, place))
    }

    /// The ids of this container's sessions that have joined, in the order they joined.
    ///
    /// # Errors
    /// [`Error::Finished`].
    pub fn joined<E: Environment>(&self, transaction: &Transaction<E>) -> Result<Vec<String>, Error> {
        transaction.shared().open(|state| {
            let ours = state.sessions.iter().filter(|session| session.settings.name == self.settings.name);
            Ok(ours.map(|session| session.identity.id.clone()).collect())
        })
    }
}

/// A fresh random id and its key.
pub(crate) fn fresh_id<E: Environment>(
    settings: &Settings,
    environment: &E,
) -> Result<(String, String), Error> {
    let mut bytes = [0; 24];
    environment.fill(&mut bytes);
    let id = hex(&bytes);
    let key = store_key(&settings.name, &id)?;
    Ok((id, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_out_of_range_are_refused_by_name() {
        let default = ContainerOptions::default();
        for (options, name) in [
            (ContainerOptions { timeout: MAX_TIMEOUT + 1, ..default }, "timeout"),
            (ContainerOptions { resolution: u32::MAX, ..default }, "resolution"),
            (ContainerOptions { remember_ended: 0, ..default }, "remember-ended"),
            (ContainerOptions { remember_ended: MAX_REMEMBER_ENDED + 1, ..default }, "remember-ended"),
        ] {
            let error = Container::open("c", options).unwrap_err();
            assert!(matches!(error, Error::InvalidOption { name: found, .. } if found == name), "{error:?}");
        }
        assert!(Container::open("c", ContainerOptions { timeout: MAX_TIMEOUT, ..default }).is_ok());
    }
}
