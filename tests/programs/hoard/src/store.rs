//! Calls to the store.

use crate::bindings::lovely::session::key_value::{
    Change, Expectation, Lifetime, Outcome, Put, Write, get_many, write_many,
};

const KEY: &str = "large";

/// Writes an entry with a value of this size.
pub fn write_one(bytes: usize) -> usize {
    let value = vec![b'x'; bytes];
    let outcomes = write_many(&[write(KEY.to_owned(), value)]).expect("the store is there");
    outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Applied(_))).count()
}

/// Reads that entry `times` times in one call. Returns the number of entries.
pub fn read_repeatedly(times: usize) -> usize {
    get_many(&vec![KEY.to_owned(); times], None).map_or(0, |entries| entries.iter().flatten().count())
}

fn write(key: String, value: Vec<u8>) -> Write {
    let change = Change::Put(Put { value, lifetime: Lifetime::NeverExpires });
    Write { key, expects: Expectation::Anything, change }
}
