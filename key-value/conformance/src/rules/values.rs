//! Values come back as they were put, under the same keys.

use std::sync::Arc;

use lovely_session_key_value::{Expectation, Outcome};

use crate::probe::{Probe, delete, put, touch};
use crate::rule::rules;
use crate::stop::{Checked, ensure, ensure_eq};
use crate::subject::LIFETIME;

rules! {
    an_absent_key_is_none,
    a_value_comes_back_as_it_was_put,
    a_key_may_have_250_characters,
    keys_that_look_alike_are_different_keys,
    a_deleted_key_is_none,
    a_touch_or_delete_without_an_entry_is_missing,
}

async fn an_absent_key_is_none(probe: Arc<Probe>) -> Checked {
    ensure_eq!(probe.get(&probe.key("k")).await?, None, "a read of a key that was never put");
    Ok(())
}

async fn a_value_comes_back_as_it_was_put(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    let every_byte: Vec<u8> = (0..=255).collect();
    let values = [vec![], b"END\r\nVA 3\r\n".to_vec(), every_byte, vec![0; 600_000]];
    for value in values {
        let version = probe.apply(put(&key, value.clone(), Expectation::Anything)).await?;
        let entry = probe.found(&key).await?;
        ensure!(entry.value == value, "a value of {} bytes was changed", value.len());
        ensure_eq!(entry.version, version, "the version of a value of {} bytes", value.len());
    }
    Ok(())
}

async fn a_key_may_have_250_characters(probe: Arc<Probe>) -> Checked {
    let (key, other) = (probe.longest_key("a"), probe.longest_key("b"));
    probe.apply(put(&key, "a", Expectation::Absent)).await?;
    probe.apply(put(&other, "b", Expectation::Absent)).await?;
    ensure_eq!(probe.found(&key).await?.value, b"a", "the value of a key that differs in its last character");
    Ok(())
}

async fn keys_that_look_alike_are_different_keys(probe: Arc<Probe>) -> Checked {
    let names = ["k", "K", "k/", "k%2F", "k..", "k*", "k?", "k\"'`$\\", "k,;=&|<>", "k~!@#^(){}[]", ":k"];
    let keys = names.map(|name| probe.key(name));
    for key in &keys {
        probe.apply(put(key, key.as_bytes(), Expectation::Absent)).await?;
    }
    for key in &keys {
        ensure!(probe.found(key).await?.value == key.as_bytes(), "`{key}` has the value of another key");
    }
    Ok(())
}

async fn a_deleted_key_is_none(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    probe.apply(put(&key, "1", Expectation::Absent)).await?;
    let version = probe.apply(delete(&key, Expectation::Anything)).await?;
    ensure!(version.0.is_empty(), "a delete returns the version {version:?} instead of an empty one");
    ensure_eq!(probe.get(&key).await?, None, "a read of a deleted key");
    Ok(())
}

async fn a_touch_or_delete_without_an_entry_is_missing(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    for write in [delete(&key, Expectation::Anything), touch(&key, LIFETIME)] {
        let call = format!("{write:?}");
        ensure_eq!(probe.write(write).await?, Outcome::Missing, "{call}");
    }
    ensure_eq!(probe.get(&key).await?, None, "a read of a key that was never put");
    Ok(())
}
