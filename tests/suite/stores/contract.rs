//! The contract of `lovely:session/key-value`, run against each store.

use std::time::Duration;

use lovely_session_host::{Error, Expectation, Lifetime, Outcome, Version, Write};

use super::{TestStore, delete, expecting, put, put_for, touch};

/// Makes a test of each of these functions, for each store.
macro_rules! both_stores {
    ($($behaviour:ident,)*) => {
        mod memory {
            $(#[tokio::test]
            async fn $behaviour() {
                super::$behaviour(super::TestStore::memory()).await;
            })*
        }
        mod memcached {
            $(#[tokio::test]
            async fn $behaviour() {
                super::$behaviour(super::TestStore::memcached().await).await;
            })*
        }
    };
}

both_stores! {
    an_absent_key_is_none,
    a_value_comes_back_as_it_was_put,
    of_two_that_create_a_key_one_is_stale,
    of_many_that_race_to_create_a_key_one_wins,
    of_many_that_race_to_replace_a_version_one_wins,
    a_write_with_the_current_version_is_applied,
    a_write_with_an_old_version_is_stale,
    going_back_to_the_same_value_is_a_new_version,
    a_key_that_is_created_again_has_a_new_version,
    a_write_with_a_version_of_a_missing_key_is_missing,
    a_delete_with_an_old_version_is_stale,
    a_delete_answers_an_empty_version,
    a_touch_or_delete_of_nothing_is_missing,
    a_touch_does_not_change_the_version,
    a_read_that_touches_tells_the_time_left_before,
    a_read_without_touch_slides_nothing,
    an_entry_ends_with_its_lifetime,
    an_expired_entry_is_absent_for_writes,
    a_touched_entry_lives_on,
    an_entry_can_be_touched_to_end_sooner,
    a_lifetime_over_30_days_is_kept,
    an_entry_that_never_expires_has_no_time_left_to_tell,
    a_put_sets_the_lifetime_anew,
    a_value_of_the_largest_size_is_stored,
    a_value_over_the_largest_size_stops_the_whole_batch,
    outcomes_and_entries_come_in_the_order_asked,
    many_keys_with_large_values_fit_one_read,
    an_empty_call_answers_nothing,
    two_writes_of_one_key_are_refused,
    bad_keys_are_refused,
    a_lifetime_of_zero_is_refused,
    a_touch_or_delete_of_what_is_expected_absent_is_refused,
    a_version_of_nobody_is_refused,
}

async fn an_absent_key_is_none(test: TestStore) {
    assert_eq!(test.get("k").await, None);
}

async fn a_value_comes_back_as_it_was_put(test: TestStore) {
    let every_byte: Vec<u8> = (0..=255).collect();
    let values = [vec![], b"END\r\nVA 3\r\n".to_vec(), every_byte, vec![0; 600_000]];
    for value in values {
        let version = test.apply(put("k", value.clone(), Expectation::Anything)).await;
        let entry = test.get("k").await.unwrap();
        assert!(entry.value == value, "a value of {} bytes has changed", value.len());
        assert_eq!(entry.version, version);
    }
}

async fn of_two_that_create_a_key_one_is_stale(test: TestStore) {
    test.apply(put("k", "first", Expectation::Absent)).await;
    assert_eq!(test.write(put("k", "second", Expectation::Absent)).await, Outcome::Stale);
    assert_eq!(test.value("k").await.unwrap(), b"first");
}

async fn of_many_that_race_to_create_a_key_one_wins(test: TestStore) {
    only_one_wins(test, Expectation::Absent).await;
}

async fn of_many_that_race_to_replace_a_version_one_wins(test: TestStore) {
    let version = test.apply(put("k", "loaded", Expectation::Absent)).await;
    only_one_wins(test, Expectation::Version(version)).await;
}

async fn only_one_wins(test: TestStore, expects: Expectation) {
    let test = std::sync::Arc::new(test);
    let racers: Vec<_> = (0..16)
        .map(|racer| {
            let (test, expects) = (test.clone(), expects.clone());
            tokio::spawn(async move { test.write(put("k", format!("{racer}"), expects)).await })
        })
        .collect();
    let mut winners = Vec::new();
    for (racer, ended) in racers.into_iter().enumerate() {
        match ended.await.unwrap() {
            Outcome::Applied(version) => winners.push((racer, version)),
            outcome => assert_eq!(outcome, Outcome::Stale),
        }
    }
    let [(winner, version)] = &winners[..] else { panic!("{winners:?} won") };
    let entry = test.get("k").await.unwrap();
    assert_eq!((entry.value, &entry.version), (format!("{winner}").into_bytes(), version));
}

async fn a_write_with_the_current_version_is_applied(test: TestStore) {
    let first = test.apply(put("k", "1", Expectation::Absent)).await;
    let second = test.apply(put("k", "2", expecting(&first))).await;
    assert_ne!(first, second);
    assert_eq!(test.value("k").await.unwrap(), b"2");
    test.apply(delete("k", expecting(&second))).await;
    assert_eq!(test.get("k").await, None);
}

async fn a_write_with_an_old_version_is_stale(test: TestStore) {
    let old = test.apply(put("k", "1", Expectation::Absent)).await;
    test.apply(put("k", "2", Expectation::Anything)).await;
    assert_eq!(test.write(put("k", "3", expecting(&old))).await, Outcome::Stale);
    assert_eq!(test.value("k").await.unwrap(), b"2");
}

async fn going_back_to_the_same_value_is_a_new_version(test: TestStore) {
    let first = test.apply(put("k", "A", Expectation::Absent)).await;
    let between = test.apply(put("k", "B", expecting(&first))).await;
    let again = test.apply(put("k", "A", expecting(&between))).await;
    assert_ne!(first, again);
    assert_eq!(test.write(put("k", "C", expecting(&first))).await, Outcome::Stale);
}

async fn a_key_that_is_created_again_has_a_new_version(test: TestStore) {
    let first = test.apply(put("k", "A", Expectation::Absent)).await;
    test.apply(delete("k", Expectation::Anything)).await;
    let again = test.apply(put("k", "A", Expectation::Absent)).await;
    assert_ne!(first, again);
    assert_eq!(test.write(delete("k", expecting(&first))).await, Outcome::Stale);
}

async fn a_write_with_a_version_of_a_missing_key_is_missing(test: TestStore) {
    let version = test.apply(put("k", "1", Expectation::Absent)).await;
    test.apply(delete("k", Expectation::Anything)).await;
    assert_eq!(test.write(put("k", "2", expecting(&version))).await, Outcome::Missing);
    assert_eq!(test.write(delete("k", expecting(&version))).await, Outcome::Missing);
    assert_eq!(test.get("k").await, None);
}

async fn a_delete_with_an_old_version_is_stale(test: TestStore) {
    let old = test.apply(put("k", "1", Expectation::Absent)).await;
    test.apply(put("k", "2", expecting(&old))).await;
    assert_eq!(test.write(delete("k", expecting(&old))).await, Outcome::Stale);
    assert_eq!(test.value("k").await.unwrap(), b"2");
}

async fn a_delete_answers_an_empty_version(test: TestStore) {
    test.apply(put("k", "1", Expectation::Absent)).await;
    assert_eq!(test.apply(delete("k", Expectation::Anything)).await, Version(Vec::new()));
}

async fn a_touch_or_delete_of_nothing_is_missing(test: TestStore) {
    assert_eq!(test.write(touch("k", Lifetime::Seconds(5))).await, Outcome::Missing);
    assert_eq!(test.write(delete("k", Expectation::Anything)).await, Outcome::Missing);
    assert_eq!(test.get("k").await, None);
}

async fn a_touch_does_not_change_the_version(test: TestStore) {
    let version = test.apply(put("k", "1", Expectation::Absent)).await;
    assert_eq!(test.apply(touch("k", Lifetime::Seconds(900))).await, version);
    let touched = test.store.get_many(vec!["k".into()], Some(Lifetime::Seconds(1000))).await.unwrap();
    assert_eq!(touched[0].as_ref().unwrap().version, version);
    assert_eq!(test.get("k").await.unwrap().version, version);
    test.apply(put("k", "2", expecting(&version))).await;
}

async fn a_read_that_touches_tells_the_time_left_before(test: TestStore) {
    test.apply(put_for("k", Lifetime::Seconds(100))).await;
    let touched = async |lifetime| {
        let entries = test.store.get_many(vec!["k".into()], Some(lifetime)).await.unwrap();
        entries[0].clone().unwrap()
    };
    let entry = touched(Lifetime::Seconds(500)).await;
    assert_eq!(entry.value, b"value");
    assert_about(entry.seconds_left, 100);
    assert_about(touched(Lifetime::NeverExpires).await.seconds_left, 500);
    assert_eq!(touched(Lifetime::Seconds(50)).await.seconds_left, None);
    assert_about(test.get("k").await.unwrap().seconds_left, 50);
}

async fn a_read_without_touch_slides_nothing(test: TestStore) {
    test.apply(put_for("k", Lifetime::Seconds(3))).await;
    test.let_pass(Duration::from_millis(2000)).await;
    assert!(test.get("k").await.unwrap().seconds_left.unwrap() <= 2);
    test.let_pass(Duration::from_millis(2100)).await;
    assert_eq!(test.get("k").await, None);
}

async fn an_entry_ends_with_its_lifetime(test: TestStore) {
    test.apply(put_for("k", Lifetime::Seconds(2))).await;
    assert!(test.get("k").await.is_some());
    test.let_pass(Duration::from_millis(3100)).await;
    assert_eq!(test.get("k").await, None);
}

async fn an_expired_entry_is_absent_for_writes(test: TestStore) {
    let version = test.apply(put_for("k", Lifetime::Seconds(1))).await;
    test.let_pass(Duration::from_millis(2100)).await;
    assert_eq!(test.write(put("k", "2", expecting(&version))).await, Outcome::Missing);
    assert_eq!(test.write(delete("k", expecting(&version))).await, Outcome::Missing);
    assert_eq!(test.write(touch("k", Lifetime::Seconds(5))).await, Outcome::Missing);
    assert_ne!(test.apply(put("k", "2", Expectation::Absent)).await, version);
}

async fn a_touched_entry_lives_on(test: TestStore) {
    for key in ["read", "written", "left"] {
        test.apply(put_for(key, Lifetime::Seconds(2))).await;
    }
    test.store.get_many(vec!["read".into()], Some(Lifetime::Seconds(60))).await.unwrap();
    test.apply(touch("written", Lifetime::Seconds(60))).await;
    test.let_pass(Duration::from_millis(3100)).await;
    assert!(test.get("read").await.is_some());
    assert!(test.get("written").await.is_some());
    assert_eq!(test.get("left").await, None);
}

async fn an_entry_can_be_touched_to_end_sooner(test: TestStore) {
    test.apply(put_for("k", Lifetime::Seconds(600))).await;
    test.apply(touch("k", Lifetime::Seconds(1))).await;
    test.let_pass(Duration::from_millis(2100)).await;
    assert_eq!(test.get("k").await, None);
}

async fn a_lifetime_over_30_days_is_kept(test: TestStore) {
    let years = |years: u32| years * 365 * 24 * 3600;
    for seconds in [30 * 24 * 3600, 30 * 24 * 3600 + 1, years(1), years(10)] {
        test.apply(put_for("k", Lifetime::Seconds(seconds))).await;
        assert_about(test.get("k").await.unwrap().seconds_left, seconds);
        test.apply(put_for("k", Lifetime::Seconds(5))).await;
        test.apply(touch("k", Lifetime::Seconds(seconds))).await;
        assert_about(test.get("k").await.unwrap().seconds_left, seconds);
        test.apply(put_for("k", Lifetime::Seconds(5))).await;
        test.store.get_many(vec!["k".into()], Some(Lifetime::Seconds(seconds))).await.unwrap();
        assert_about(test.get("k").await.unwrap().seconds_left, seconds);
    }
}

async fn an_entry_that_never_expires_has_no_time_left_to_tell(test: TestStore) {
    test.apply(put_for("k", Lifetime::NeverExpires)).await;
    assert_eq!(test.get("k").await.unwrap().seconds_left, None);
    test.apply(put_for("k", Lifetime::Seconds(5))).await;
    test.apply(touch("k", Lifetime::NeverExpires)).await;
    assert_eq!(test.get("k").await.unwrap().seconds_left, None);
}

async fn a_put_sets_the_lifetime_anew(test: TestStore) {
    test.apply(put_for("k", Lifetime::NeverExpires)).await;
    test.apply(put_for("k", Lifetime::Seconds(100))).await;
    assert_about(test.get("k").await.unwrap().seconds_left, 100);
}

async fn a_value_of_the_largest_size_is_stored(test: TestStore) {
    test.apply(put("k", vec![7; test.limit], Expectation::Absent)).await;
    assert_eq!(test.value("k").await.unwrap().len(), test.limit);
}

async fn a_value_over_the_largest_size_stops_the_whole_batch(test: TestStore) {
    let version = test.apply(put("k", "small", Expectation::Absent)).await;
    let batch = vec![
        put("before", "1", Expectation::Absent),
        put("k", vec![7; test.limit + 1], expecting(&version)),
        delete("after", Expectation::Anything),
    ];
    let outcomes = test.store.write_many(batch).await.unwrap();
    assert_eq!(outcomes, [Outcome::Skipped, Outcome::TooLarge(test.limit as u64), Outcome::Skipped]);
    assert_eq!(test.get("before").await, None);
    let kept = test.get("k").await.unwrap();
    assert_eq!((kept.value, kept.version), (b"small".to_vec(), version));
}

async fn outcomes_and_entries_come_in_the_order_asked(test: TestStore) {
    let old = test.apply(put("stale", "1", Expectation::Absent)).await;
    test.apply(put("stale", "2", Expectation::Anything)).await;
    test.apply(put("there", "1", Expectation::Absent)).await;
    let outcomes = test
        .store
        .write_many(vec![
            delete("missing", Expectation::Anything),
            put("new", "1", Expectation::Absent),
            put("stale", "3", expecting(&old)),
            delete("there", Expectation::Anything),
        ])
        .await
        .unwrap();
    let [Outcome::Missing, Outcome::Applied(version), Outcome::Stale, Outcome::Applied(none)] = &outcomes[..]
    else {
        panic!("{outcomes:?}")
    };
    assert!(!version.0.is_empty() && none.0.is_empty());

    let keys = ["stale", "there", "new", "stale"].map(String::from).to_vec();
    let entries = test.store.get_many(keys, None).await.unwrap();
    let values: Vec<_> = entries.into_iter().map(|entry| entry.map(|entry| entry.value)).collect();
    let value = |text: &str| Some(text.as_bytes().to_vec());
    assert_eq!(values, [value("2"), None, value("1"), value("2")]);
}

/// More than the buffers of a connection hold, in both directions: neither side may wait for the other.
async fn many_keys_with_large_values_fit_one_read(test: TestStore) {
    let key = |number: usize| format!("{number:0>250}");
    for number in 0..40 {
        test.apply(put(&key(number), vec![number as u8; 500_000], Expectation::Absent)).await;
    }
    let keys = (0..4000).map(key).collect();
    let entries = test.store.get_many(keys, Some(Lifetime::Seconds(600))).await.unwrap();
    assert_eq!(entries.len(), 4000);
    for (number, entry) in entries.into_iter().enumerate() {
        let expected = (number < 40).then(|| vec![number as u8; 500_000]);
        assert!(entry.map(|entry| entry.value) == expected, "the value of key {number} is wrong");
    }
}

async fn an_empty_call_answers_nothing(test: TestStore) {
    assert_eq!(test.store.get_many(vec![], None).await, Ok(vec![]));
    assert_eq!(test.store.write_many(vec![]).await, Ok(vec![]));
}

async fn two_writes_of_one_key_are_refused(test: TestStore) {
    let batch = vec![put("k", "1", Expectation::Absent), delete("k", Expectation::Anything)];
    refused_as_other(&test, batch).await;
}

async fn bad_keys_are_refused(test: TestStore) {
    let too_long = "k".repeat(251);
    for key in ["", "a b", "a\r\nflush_all", "a\0", "é", &too_long] {
        let read = test.store.get_many(vec!["k".into(), key.into()], None).await;
        assert!(matches!(read, Err(Error::Other(_))), "{key:?}: {read:?}");
        let batch = vec![put("k", "1", Expectation::Absent), put(key, "1", Expectation::Absent)];
        refused_as_other(&test, batch).await;
    }
    test.apply(put(&"k".repeat(250), "1", Expectation::Absent)).await;
}

async fn a_lifetime_of_zero_is_refused(test: TestStore) {
    refused_as_other(&test, vec![put_for("k", Lifetime::Seconds(0))]).await;
    refused_as_other(&test, vec![touch("k", Lifetime::Seconds(0))]).await;
    let read = test.store.get_many(vec!["k".into()], Some(Lifetime::Seconds(0))).await;
    assert!(matches!(read, Err(Error::Other(_))), "{read:?}");
}

async fn a_touch_or_delete_of_what_is_expected_absent_is_refused(test: TestStore) {
    let touch = Write { expects: Expectation::Absent, ..touch("k", Lifetime::Seconds(5)) };
    for write in [touch, delete("k", Expectation::Absent)] {
        let answer = test.store.write_many(vec![write]).await;
        assert!(matches!(answer, Err(Error::Unsupported(_))), "{answer:?}");
    }
}

async fn a_version_of_nobody_is_refused(test: TestStore) {
    test.apply(put("k", "1", Expectation::Absent)).await;
    for bytes in [vec![], vec![0; 8], vec![1; 3]] {
        refused_as_other(&test, vec![put("k", "2", Expectation::Version(Version(bytes)))]).await;
    }
    assert_eq!(test.value("k").await.unwrap(), b"1");
}

/// The call fails as a whole, and nothing of it was done.
async fn refused_as_other(test: &TestStore, writes: Vec<Write>) {
    let before = test.get("k").await;
    let answer = test.store.write_many(writes).await;
    assert!(matches!(answer, Err(Error::Other(_))), "{answer:?}");
    assert_eq!(test.get("k").await, before);
}

/// memcached counts whole seconds of a clock that ticks once a second.
#[track_caller]
fn assert_about(seconds_left: Option<u32>, expected: u32) {
    let left = seconds_left.expect("the entry expires");
    assert!((expected.saturating_sub(2)..=expected).contains(&left), "{left} s left instead of {expected}");
}
