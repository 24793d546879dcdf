//! `wasi:keyvalue@0.2.0-draft2`.

use std::cell::RefCell;
use std::rc::Rc;

use crate::bindings::draft2::wasi::keyvalue0_2_0_draft2::{atomics, store};
use crate::bucket::{Bucket, Problem, Replaced, open_default};

thread_local! {
    // Opening costs a call.
    static OPENED: RefCell<Option<Rc<store::Bucket>>> = const { RefCell::new(None) };
}

/// A bucket of `wasi:keyvalue@0.2.0-draft2`.
pub struct Draft2(Rc<store::Bucket>);

impl Bucket for Draft2 {
    const COMPARES: bool = true;
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

    fn replace(&self, key: &str, value: &[u8], fits: impl Fn(Option<&[u8]>) -> bool) -> Replaced {
        let Ok(cas) = atomics::Cas::new(&self.0, key) else { return Replaced::NotDone };
        let Ok(found) = cas.current() else { return Replaced::NotDone };
        if !fits(found.as_deref()) {
            return Replaced::unfit(found.as_deref());
        }
        match atomics::swap(cas, value) {
            Ok(()) => Replaced::Done,
            Err(atomics::CasError::CasFailed(cas)) => {
                cas.current().map_or(Replaced::Unfit, |found| Replaced::unfit(found.as_deref()))
            }
            Err(atomics::CasError::StoreError(_)) => Replaced::Unknown,
        }
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
