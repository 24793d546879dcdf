//! The two calls of `key-value`.

use std::marker::PhantomData;

use crate::bindings::exports::lovely::session::key_value::{
    Change, Entry, Error, Expectation, Guest, Lifetime, Outcome, Write,
};
use crate::bucket::{Bucket, Problem, Replaced};
use crate::request::{check_read, check_writes};
use crate::stamped::{apart, fresh_stamp, stamped};

/// Implements `key-value` over a kind of bucket.
pub struct Adapter<B>(PhantomData<B>);

impl<B: Bucket> Guest for Adapter<B> {
    fn get_many(keys: Vec<String>, touch: Option<Lifetime>) -> Result<Vec<Option<Entry>>, Error> {
        check_read(&keys, touch.as_ref())?;
        let bucket = B::open()?;
        keys.iter().map(|key| bucket.get(key)?.map(|stored| entry(&stored)).transpose()).collect()
    }

    fn write_many(writes: Vec<Write>) -> Result<Vec<Outcome>, Error> {
        check_writes::<B>(&writes)?;
        let bucket = B::open()?;
        Ok(writes.iter().map(|write| apply(&bucket, write)).collect())
    }
}

fn entry(stored: &[u8]) -> Result<Entry, Error> {
    let foreign = || Error::Other("the value was not stored by this store".to_owned());
    let (stamp, value) = apart(stored).ok_or_else(foreign)?;
    Ok(Entry { value: value.to_vec(), version: stamp.to_vec(), seconds_left: None })
}

fn apply<B: Bucket>(bucket: &B, Write { key, expects, change }: &Write) -> Outcome {
    match (change, expects) {
        (Change::Put(put), Expectation::Anything) => {
            let stamp = fresh_stamp();
            done(bucket.set(key, &stamped(&stamp, &put.value)), stamp)
        }
        (Change::Put(put), _) => {
            let stamp = fresh_stamp();
            let replaced = bucket.replace(key, &stamped(&stamp, &put.value), |found| fits(expects, found));
            outcome(replaced, stamp)
        }
        (Change::Touch(_), _) => look(bucket, key, expects),
        (Change::Delete, Expectation::Anything) => match bucket.get(key) {
            Ok(None) => Outcome::Missing,
            Ok(Some(_)) => done(bucket.delete(key), Vec::new()),
            Err(_) => Outcome::Unavailable,
        },
        (Change::Delete, _) => outcome(bucket.delete_as(key, |found| fits(expects, found)), Vec::new()),
    }
}

/// What never expires is as it is after a touch: all there is to tell is whether it is there.
fn look<B: Bucket>(bucket: &B, key: &str, expects: &Expectation) -> Outcome {
    match bucket.get(key) {
        Err(_) => Outcome::Unavailable,
        Ok(None) => Outcome::Missing,
        Ok(Some(stored)) => match apart(&stored) {
            Some((stamp, _)) if matches!(expects, Expectation::Anything) || fits(expects, Some(&stored)) => {
                Outcome::Applied(stamp.to_vec())
            }
            _ => Outcome::Stale,
        },
    }
}

/// Whether what is stored is what is expected.
fn fits(expects: &Expectation, found: Option<&[u8]>) -> bool {
    match expects {
        Expectation::Anything => true,
        Expectation::Absent => found.is_none(),
        Expectation::Version(version) => {
            found.and_then(apart).is_some_and(|(stamp, _)| stamp == version.as_slice())
        }
    }
}

fn done(result: Result<(), Problem>, version: Vec<u8>) -> Outcome {
    result.map_or(Outcome::Unknown, |()| Outcome::Applied(version))
}

fn outcome(replaced: Replaced, version: Vec<u8>) -> Outcome {
    match replaced {
        Replaced::Done => Outcome::Applied(version),
        Replaced::Unfit => Outcome::Stale,
        Replaced::Missing => Outcome::Missing,
        Replaced::NotDone => Outcome::Unavailable,
        Replaced::Unknown => Outcome::Unknown,
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Denied => Self::Denied("the host has no bucket for this component".to_owned()),
            Problem::Other(text) => Self::Unavailable(text),
        }
    }
}
