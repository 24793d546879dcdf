//! A version identifies one state of a key, and a write that expects another version is not done.

use std::sync::Arc;

use lovely_session_key_value::{Error, Expectation, Outcome, Write};

use crate::probe::{Probe, delete, expecting, put, touch};
use crate::rule::rules;
use crate::stop::{Checked, ensure, ensure_eq};
use crate::subject::LIFETIME;

rules! {
    of_two_writes_that_create_a_key_the_second_is_stale,
    a_write_with_the_current_version_is_applied,
    a_write_with_an_old_version_is_stale,
    a_delete_with_an_old_version_is_stale,
    a_write_with_a_version_of_a_missing_key_is_missing,
    going_back_to_the_same_value_is_a_new_version,
    a_key_that_is_created_again_has_a_new_version,
    a_put_of_anything_gives_a_new_version,
    sliding_does_not_change_the_version,
    a_touch_that_expects_a_version_is_correct_or_unsupported,
}

async fn of_two_writes_that_create_a_key_the_second_is_stale(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    probe.apply(put(&key, "first", Expectation::Absent)).await?;
    let second = probe.write(put(&key, "second", Expectation::Absent)).await?;
    ensure_eq!(second, Outcome::Stale, "a put that expects no entry, of a key that has one");
    ensure_eq!(probe.found(&key).await?.value, b"first", "the value after that");
    Ok(())
}

async fn a_write_with_the_current_version_is_applied(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    let first = probe.apply(put(&key, "1", Expectation::Absent)).await?;
    let second = probe.apply(put(&key, "2", expecting(&first))).await?;
    ensure!(first != second, "two states have the version {first:?}");
    ensure_eq!(probe.found(&key).await?.value, b"2", "the value after a put");
    let read = probe.found(&key).await?.version;
    ensure_eq!(read, second, "the version that a read returns");
    probe.apply(delete(&key, expecting(&read))).await?;
    ensure_eq!(probe.get(&key).await?, None, "a read after a delete");
    Ok(())
}

async fn a_write_with_an_old_version_is_stale(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    let old = probe.apply(put(&key, "1", Expectation::Absent)).await?;
    probe.apply(put(&key, "2", expecting(&old))).await?;
    ensure_eq!(probe.write(put(&key, "3", expecting(&old))).await?, Outcome::Stale, "a put");
    ensure_eq!(probe.found(&key).await?.value, b"2", "the value after that");
    Ok(())
}

async fn a_delete_with_an_old_version_is_stale(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    let old = probe.apply(put(&key, "1", Expectation::Absent)).await?;
    probe.apply(put(&key, "2", expecting(&old))).await?;
    ensure_eq!(probe.write(delete(&key, expecting(&old))).await?, Outcome::Stale, "a delete");
    ensure_eq!(probe.found(&key).await?.value, b"2", "the value after that");
    Ok(())
}

async fn a_write_with_a_version_of_a_missing_key_is_missing(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    let version = probe.apply(put(&key, "1", Expectation::Absent)).await?;
    probe.apply(delete(&key, Expectation::Anything)).await?;
    ensure_eq!(probe.write(put(&key, "2", expecting(&version))).await?, Outcome::Missing, "a put");
    ensure_eq!(probe.write(delete(&key, expecting(&version))).await?, Outcome::Missing, "a delete");
    ensure_eq!(probe.get(&key).await?, None, "a read after that");
    Ok(())
}

async fn going_back_to_the_same_value_is_a_new_version(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    let first = probe.apply(put(&key, "A", Expectation::Absent)).await?;
    let between = probe.apply(put(&key, "B", expecting(&first))).await?;
    let again = probe.apply(put(&key, "A", expecting(&between))).await?;
    ensure!(first != again, "the first and the third state have the version {first:?}");
    ensure_eq!(probe.write(put(&key, "C", expecting(&first))).await?, Outcome::Stale, "a put");
    ensure_eq!(probe.found(&key).await?.version, again, "the version after that");
    Ok(())
}

async fn a_key_that_is_created_again_has_a_new_version(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    let first = probe.apply(put(&key, "A", Expectation::Absent)).await?;
    probe.apply(delete(&key, Expectation::Anything)).await?;
    let again = probe.apply(put(&key, "A", Expectation::Absent)).await?;
    ensure!(first != again, "both have the version {first:?}");
    ensure_eq!(probe.write(delete(&key, expecting(&first))).await?, Outcome::Stale, "a delete");
    ensure_eq!(probe.found(&key).await?.version, again, "the version after that");
    Ok(())
}

async fn a_put_of_anything_gives_a_new_version(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    let loaded = probe.apply(put(&key, "same", Expectation::Anything)).await?;
    let blind = probe.apply(put(&key, "same", Expectation::Anything)).await?;
    ensure!(loaded != blind, "both have the version {loaded:?}");
    ensure_eq!(probe.write(put(&key, "mine", expecting(&loaded))).await?, Outcome::Stale, "a put");
    Ok(())
}

async fn sliding_does_not_change_the_version(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    let version = probe.apply(put(&key, "1", Expectation::Absent)).await?;
    ensure_eq!(probe.apply(touch(&key, LIFETIME)).await?, version, "the version after a touch");
    let touched = probe.get_with(&key, Some(LIFETIME)).await?.map(|entry| entry.version);
    ensure_eq!(touched.as_ref(), Some(&version), "the version that a read with a touch returns");
    ensure_eq!(probe.found(&key).await?.version, version, "the version after a read with a touch");
    probe.apply(put(&key, "2", expecting(&version))).await?;
    Ok(())
}

async fn a_touch_that_expects_a_version_is_correct_or_unsupported(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    let old = probe.apply(put(&key, "1", Expectation::Absent)).await?;
    let current = probe.apply(put(&key, "2", expecting(&old))).await?;
    let expecting_version = |expects| Write { expects, ..touch(&key, LIFETIME) };
    if let Some(error) = probe.refused_write(vec![expecting_version(expecting(&old))]).await {
        ensure!(matches!(error, Error::Unsupported(_)), "a touch that expects a version: {error}");
        return Ok(());
    }
    ensure_eq!(
        probe.write(expecting_version(expecting(&old))).await?,
        Outcome::Stale,
        "a touch that expects an old version"
    );
    ensure_eq!(probe.apply(expecting_version(expecting(&current))).await?, current, "the version after that");
    Ok(())
}
