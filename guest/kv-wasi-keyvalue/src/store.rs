//! The two calls, over a bucket.

use lovely_session_guest_store::Store;
use lovely_session_key_value::{Change, Entry, Error, Expectation, Lifetime, Outcome, Version, Write};

use crate::bucket::{Bucket, Replaced};
use crate::stamped::{join, new_stamp, split};
use crate::support;

/// The store in the host's default bucket.
pub struct WasiKeyValue;

impl Store for WasiKeyValue {
    fn get_many(keys: Vec<String>, touch: Option<Lifetime>) -> Result<Vec<Option<Entry>>, Error> {
        touch.map_or(Ok(()), support::lifetime)?;
        let bucket = Bucket::open()?;
        keys.iter().map(|key| bucket.get(key)?.map(|stored| entry(&stored)).transpose()).collect()
    }

    fn write_many(writes: Vec<Write>) -> Result<Vec<Outcome>, Error> {
        writes.iter().try_for_each(support::write)?;
        let bucket = Bucket::open()?;
        Ok(writes.iter().map(|write| apply(&bucket, write)).collect())
    }
}

fn entry(stored: &[u8]) -> Result<Entry, Error> {
    let foreign = || Error::Other("the value was not stored by this store".to_owned());
    let (version, value) = split(stored).ok_or_else(foreign)?;
    Ok(Entry { value: value.to_vec(), version, seconds_left: None })
}

fn apply(bucket: &Bucket, write: &Write) -> Outcome {
    let Write { key, expects, change } = write;
    match change {
        Change::Put { value, .. } => put(bucket, key, expects, value),
        Change::Touch(_) => touch(bucket, key, expects),
        Change::Delete => match bucket.get(key) {
            Ok(None) => Outcome::Missing,
            Ok(Some(_)) => done(bucket.delete(key), Version::of_nothing()),
            Err(_) => Outcome::Unavailable,
        },
    }
}

fn put(bucket: &Bucket, key: &str, expects: &Expectation, value: &[u8]) -> Outcome {
    let stamp = new_stamp();
    let stamped = join(&stamp, value);
    if *expects == Expectation::Anything {
        return done(bucket.set(key, &stamped), stamp);
    }
    match bucket.replace(key, &stamped, |found| fits(expects, found)) {
        Replaced::Done => Outcome::Applied(stamp),
        Replaced::Unfit => Outcome::Stale,
        Replaced::Missing => Outcome::Missing,
        Replaced::NotDone => Outcome::Unavailable,
        Replaced::Unknown => Outcome::Unknown,
    }
}

/// Touches an entry. Entries never expire here, so all that is left is to find out whether it exists.
fn touch(bucket: &Bucket, key: &str, expects: &Expectation) -> Outcome {
    match bucket.get(key) {
        Err(_) => Outcome::Unavailable,
        Ok(None) => Outcome::Missing,
        Ok(Some(stored)) => match split(&stored) {
            Some((stamp, _)) if fits(expects, Some(&stored)) => Outcome::Applied(stamp),
            _ => Outcome::Stale,
        },
    }
}

/// Whether what is stored is what is expected.
fn fits(expects: &Expectation, found: Option<&[u8]>) -> bool {
    match expects {
        Expectation::Anything => true,
        Expectation::Absent => found.is_none(),
        Expectation::Version(version) => found.and_then(split).is_some_and(|(stamp, _)| stamp == *version),
    }
}

fn done(result: Result<(), Error>, version: Version) -> Outcome {
    result.map_or(Outcome::Unknown, |()| Outcome::Applied(version))
}
