//! A store reports how large a value may be, and a value that is too large stops the whole call.

use std::sync::Arc;

use lovely_session_key_value::{Expectation, Outcome};

use crate::probe::{Probe, delete, put};
use crate::rule::rules;
use crate::stop::{Checked, Stop, ensure, ensure_eq};

rules! {
    a_value_of_the_largest_size_is_stored,
    a_value_over_the_largest_size_stops_the_whole_call,
}

/// A store that accepts a value of this size, in bytes, counts as a store without a limit.
const LARGE: usize = 16 << 20;

async fn a_value_of_the_largest_size_is_stored(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    let limit = limit(&probe, &key).await?;
    ensure_eq!(probe.get(&key).await?, None, "a read after a put that was too large");
    probe.apply(put(&key, vec![7; limit], Expectation::Absent)).await?;
    ensure_eq!(probe.found(&key).await?.value.len(), limit, "the size of the largest value");
    Ok(())
}

async fn a_value_over_the_largest_size_stops_the_whole_call(probe: Arc<Probe>) -> Checked {
    let [before, key, after] = ["before", "k", "after"].map(|name| probe.key(name));
    let limit = limit(&probe, &key).await?;
    let version = probe.apply(put(&key, "small", Expectation::Anything)).await?;
    let batch = vec![
        put(&before, "1", Expectation::Anything),
        put(&key, vec![7; limit + 1], Expectation::Anything),
        delete(&after, Expectation::Anything),
    ];
    let outcomes = probe.write_many(batch).await?;
    let expected = [Outcome::Skipped, Outcome::TooLarge(limit as u64), Outcome::Skipped];
    ensure_eq!(outcomes[..], expected[..], "a call with a value that is one byte too large");
    ensure_eq!(probe.get(&before).await?, None, "a read of the key before it");
    let kept = probe.found(&key).await?;
    ensure!(kept.value == b"small" && kept.version == version, "the entry was changed: {kept:?}");
    Ok(())
}

/// The limit that the store reports for values under this key.
async fn limit(probe: &Probe, key: &str) -> Result<usize, Stop> {
    match probe.write(put(key, vec![7; LARGE], Expectation::Anything)).await? {
        Outcome::TooLarge(limit) => {
            usize::try_from(limit).ok().filter(|limit| *limit < LARGE).ok_or_else(|| {
                Stop::Broken(format!("a put of {LARGE} bytes is too large for a limit of {limit}"))
            })
        }
        Outcome::Applied(_) => Err(Stop::NotTried(format!("the store accepts a value of {LARGE} bytes"))),
        outcome => Err(Stop::Broken(format!("the outcome of a put of {LARGE} bytes is {outcome:?}"))),
    }
}
