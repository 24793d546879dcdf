//! `wasi:keyvalue@0.2.0-draft`.

use std::cell::RefCell;
use std::rc::Rc;

use crate::bindings::draft::wasi::keyvalue0_2_0_draft::store;
use crate::bucket::{Bucket, Problem, Replaced, open_default};

thread_local! {
    // Some hosts give each opening a copy of its own.
    static OPENED: RefCell<Option<Rc<store::Bucket>>> = const { RefCell::new(None) };
}

/// A bucket of `wasi:keyvalue@0.2.0-draft`.
pub struct Draft(Rc<store::Bucket>);

impl Bucket for Draft {
    const COMPARES: bool = false;
    const DELETES_ON_A_CONDITION: bool = false;

    fn open() -> Result<Self, Problem> {
        OPENED.with_borrow_mut(|opened| match opened {
            Some(bucket) => Ok(Self(Rc::clone(bucket))),
            None => {
                let found = open_default(store::open, |error| matches!(error, store::Error::NoSuchStore))?;
                Ok(Self(Rc::clone(opened.insert(Rc::new(found)))))
            }
        })
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Problem> {
        Ok(self.0.get(key)?)
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<(), Problem> {
        Ok(self.0.set(key, value)?)
    }

    fn delete(&self, key: &str) -> Result<(), Problem> {
        Ok(self.0.delete(key)?)
    }

    fn replace(&self, _: &str, _: &[u8], _: impl Fn(Option<&[u8]>) -> bool) -> Replaced {
        Replaced::NotDone
    }

    fn delete_as(&self, _: &str, _: impl Fn(Option<&[u8]>) -> bool) -> Replaced {
        Replaced::NotDone
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NoSuchStore | store::Error::AccessDenied => Self::Denied,
            store::Error::Other(text) => Self::Other(text),
        }
    }
}
