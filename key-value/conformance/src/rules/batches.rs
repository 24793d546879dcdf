//! Calls with many keys: the results are in the order of the keys or writes.

use std::sync::Arc;

use lovely_session_key_value::{Expectation, Outcome};

use crate::probe::{Probe, delete, expecting, put};
use crate::rule::rules;
use crate::stop::{Checked, ensure, ensure_eq};
use crate::subject::LIFETIME;

rules! {
    outcomes_and_entries_are_in_the_order_of_the_call,
    a_key_may_be_read_twice_in_a_call,
    many_keys_with_large_values_fit_one_read,
    many_writes_fit_one_call,
    an_empty_call_has_an_empty_result,
}

async fn outcomes_and_entries_are_in_the_order_of_the_call(probe: Arc<Probe>) -> Checked {
    let [stale, there, missing, new] = ["stale", "there", "missing", "new"].map(|name| probe.key(name));
    let old = probe.apply(put(&stale, "1", Expectation::Absent)).await?;
    probe.apply(put(&stale, "2", expecting(&old))).await?;
    probe.apply(put(&there, "1", Expectation::Absent)).await?;
    let batch = vec![
        delete(&missing, Expectation::Anything),
        put(&new, "1", Expectation::Absent),
        put(&stale, "3", expecting(&old)),
        delete(&there, Expectation::Anything),
    ];
    let outcomes = probe.write_many(batch).await?;
    let is_expected = matches!(
        &outcomes[..],
        [Outcome::Missing, Outcome::Applied(version), Outcome::Stale, Outcome::Applied(none)]
            if !version.0.is_empty() && none.0.is_empty()
    );
    ensure!(
        is_expected,
        "the outcomes of a delete of nothing, a put, a stale put and a delete are {outcomes:?}"
    );
    let entries = probe.get_many(vec![stale, there, new], None).await?;
    let values: Vec<_> = entries.into_iter().map(|entry| entry.map(|entry| entry.value)).collect();
    ensure_eq!(values, [Some(b"2".to_vec()), None, Some(b"1".to_vec())], "the values after that");
    Ok(())
}

async fn a_key_may_be_read_twice_in_a_call(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    probe.apply(put(&key, "1", Expectation::Anything)).await?;
    let entries = probe.get_many(vec![key.clone(), probe.key("absent"), key], None).await?;
    let values: Vec<_> = entries.into_iter().map(|entry| entry.map(|entry| entry.value)).collect();
    ensure_eq!(values, [Some(b"1".to_vec()), None, Some(b"1".to_vec())], "the values");
    Ok(())
}

/// More bytes than the buffers of a connection hold, in both directions, so that a store that sends everything before
/// it reads anything hangs.
async fn many_keys_with_large_values_fit_one_read(probe: Arc<Probe>) -> Checked {
    const LARGE: usize = 40;
    let value = |number: usize| vec![number as u8; 500_000];
    let keys: Vec<_> = (0..4000).map(|number| longest(&probe, number, LARGE)).collect();
    for (number, key) in keys.iter().take(LARGE).enumerate() {
        probe.apply(put(key, value(number), Expectation::Anything)).await?;
    }
    for touch in [None, Some(LIFETIME)] {
        let entries = probe.get_many(keys.clone(), touch).await?;
        for (number, entry) in entries.into_iter().enumerate() {
            let expected = (number < LARGE).then(|| value(number));
            ensure!(entry.map(|entry| entry.value) == expected, "the value of key {number} is wrong");
        }
    }
    Ok(())
}

/// A long key for this number. Only the first `put` keys are put, and have to be deleted in the end.
fn longest(probe: &Probe, number: usize, put: usize) -> String {
    if number < put { probe.longest_key(&number.to_string()) } else { format!("{number:0>250}") }
}

async fn many_writes_fit_one_call(probe: Arc<Probe>) -> Checked {
    let keys: Vec<_> = (0..100).map(|number| probe.longest_key(&number.to_string())).collect();
    let batch = keys.iter().map(|key| put(key, vec![1; 50_000], Expectation::Anything)).collect();
    for (number, outcome) in probe.write_many(batch).await?.into_iter().enumerate() {
        ensure!(matches!(outcome, Outcome::Applied(_)), "the outcome of write {number} is {outcome:?}");
    }
    let entries = probe.get_many(keys, None).await?;
    let found = entries.iter().flatten().filter(|entry| entry.value == vec![1; 50_000]).count();
    ensure_eq!(found, 100, "the number of entries found");
    Ok(())
}

async fn an_empty_call_has_an_empty_result(probe: Arc<Probe>) -> Checked {
    probe.get_many(vec![], None).await?;
    probe.write_many(vec![]).await?;
    Ok(())
}
