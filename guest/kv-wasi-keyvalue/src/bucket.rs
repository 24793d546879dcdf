//! The host's bucket.

use std::cell::RefCell;
use std::rc::Rc;

use lovely_session_key_value::Error;

use crate::bindings::atomics::{Cas, CasError, swap};
use crate::bindings::store;

/// The buckets that a host may have by default, in the order in which they are tried.
const DEFAULT_BUCKETS: [&str; 2] = ["default", ""];

thread_local! {
    // Opening costs a call.
    static OPENED: RefCell<Option<Rc<store::Bucket>>> = const { RefCell::new(None) };
}

/// A bucket of the host.
pub struct Bucket(Rc<store::Bucket>);

/// What became of a change on a condition.
pub enum Replaced {
    /// It was made.
    Done,
    /// It was not made: the key holds a value that does not fit.
    Unfit,
    /// It was not made: the key holds nothing.
    Missing,
    /// It was not made: the store failed.
    NotDone,
    /// The store failed, and the change may have been made.
    Unknown,
}

impl Bucket {
    /// The host's default bucket; the same one in all calls of an instance.
    ///
    /// # Errors
    ///
    /// [`Error::Denied`] when the host lets this component have no bucket, [`Error::Unavailable`] when the store fails.
    pub fn open() -> Result<Self, Error> {
        OPENED.with_borrow_mut(|opened| match opened {
            Some(bucket) => Ok(Self(Rc::clone(bucket))),
            None => Ok(Self(Rc::clone(opened.insert(Rc::new(open_default()?))))),
        })
    }

    /// The value under a key.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.0.get(key)?)
    }

    /// Stores a value, whatever the key holds.
    ///
    /// # Errors
    ///
    /// When the store fails; the value may be stored.
    pub fn set(&self, key: &str, value: &[u8]) -> Result<(), Error> {
        Ok(self.0.set(key, value)?)
    }

    /// Removes a key, whatever it holds.
    ///
    /// # Errors
    ///
    /// When the store fails; the key may be removed.
    pub fn delete(&self, key: &str) -> Result<(), Error> {
        Ok(self.0.delete(key)?)
    }

    /// Stores a value if what the key holds `fits`.
    pub fn replace(&self, key: &str, value: &[u8], fits: impl Fn(Option<&[u8]>) -> bool) -> Replaced {
        let Ok(cas) = Cas::new(&self.0, key) else { return Replaced::NotDone };
        let Ok(found) = cas.current() else { return Replaced::NotDone };
        if !fits(found.as_deref()) {
            return Replaced::unfit(found.as_deref());
        }
        match swap(cas, value) {
            Ok(()) => Replaced::Done,
            Err(CasError::CasFailed(cas)) => {
                cas.current().map_or(Replaced::Unfit, |found| Replaced::unfit(found.as_deref()))
            }
            Err(CasError::StoreError(_)) => Replaced::Unknown,
        }
    }
}

impl Replaced {
    fn unfit(found: Option<&[u8]>) -> Self {
        if found.is_some() { Self::Unfit } else { Self::Missing }
    }
}

/// Opens the first default bucket that the host has.
fn open_default() -> Result<store::Bucket, store::Error> {
    let [first, last] = DEFAULT_BUCKETS;
    match store::open(first) {
        Err(store::Error::NoSuchStore) => store::open(last),
        opened => opened,
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NoSuchStore | store::Error::AccessDenied => {
                Self::Denied("the host has no bucket for this component".to_owned())
            }
            store::Error::Other(text) => Self::Unavailable(text),
        }
    }
}
