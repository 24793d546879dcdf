//! Conditions that are looked at, and not held.

use crate::bucket::{Bucket, Problem, Replaced};

/// A bucket whose changes on a condition look first and write then. Who writes in between is overwritten: **updates are
/// lost, and a session that was ended meanwhile comes back.** For stores that offer nothing better, and applications
/// that can live with it.
pub struct LastWriterWins<B>(B);

impl<B: Bucket> Bucket for LastWriterWins<B> {
    const COMPARES: bool = true;
    const DELETES_ON_A_CONDITION: bool = true;

    fn open() -> Result<Self, Problem> {
        B::open().map(Self)
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Problem> {
        self.0.get(key)
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<(), Problem> {
        self.0.set(key, value)
    }

    fn delete(&self, key: &str) -> Result<(), Problem> {
        self.0.delete(key)
    }

    fn replace(&self, key: &str, value: &[u8], fits: impl Fn(Option<&[u8]>) -> bool) -> Replaced {
        self.change(key, fits, || self.0.set(key, value))
    }

    fn delete_as(&self, key: &str, fits: impl Fn(Option<&[u8]>) -> bool) -> Replaced {
        self.change(key, fits, || self.0.delete(key))
    }
}

impl<B: Bucket> LastWriterWins<B> {
    fn change(
        &self,
        key: &str,
        fits: impl Fn(Option<&[u8]>) -> bool,
        change: impl FnOnce() -> Result<(), Problem>,
    ) -> Replaced {
        match self.0.get(key) {
            Err(_) => Replaced::NotDone,
            Ok(found) if !fits(found.as_deref()) => Replaced::unfit(found.as_deref()),
            Ok(_) => change().map_or(Replaced::Unknown, |()| Replaced::Done),
        }
    }
}
