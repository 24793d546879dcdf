//! What no store may do is refused as a whole, before anything of it is done.

use std::sync::Arc;

use lovely_session_key_value::{Error, Expectation, Lifetime, Version, Write};

use super::rules;
use crate::probe::{Checked, LIFETIME, Probe, delete, ensure, ensure_eq, put, put_for, touch};

rules! {
    two_writes_of_one_key_are_refused,
    bad_keys_are_refused,
    a_lifetime_of_zero_is_refused,
    a_touch_or_delete_of_what_is_expected_absent_is_unsupported,
    a_version_of_nobody_is_refused,
}

async fn two_writes_of_one_key_are_refused(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    let batch = vec![put(&key, "1", Expectation::Anything), delete(&key, Expectation::Anything)];
    refused(&probe, batch, &key).await
}

async fn bad_keys_are_refused(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    let too_long = "k".repeat(251);
    for bad in ["", "a b", "a\r\nflush_all", "a\0", "é", &too_long] {
        let read = probe.refused_read(vec![key.clone(), bad.into()], None).await;
        ensure!(matches!(read, Some(Error::Other(_))), "a read of the key {bad:?}: {read:?}");
        let batch = vec![put(&key, "1", Expectation::Anything), put(bad, "1", Expectation::Anything)];
        refused(&probe, batch, &key).await?;
    }
    Ok(())
}

async fn a_lifetime_of_zero_is_refused(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    refused(&probe, vec![put_for(&key, Lifetime::Seconds(0))], &key).await?;
    refused(&probe, vec![touch(&key, Lifetime::Seconds(0))], &key).await?;
    let read = probe.refused_read(vec![key], Some(Lifetime::Seconds(0))).await;
    ensure!(matches!(read, Some(Error::Other(_))), "a read that slides to 0 seconds: {read:?}");
    Ok(())
}

async fn a_touch_or_delete_of_what_is_expected_absent_is_unsupported(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    let touch = Write { expects: Expectation::Absent, ..touch(&key, LIFETIME) };
    for write in [touch, delete(&key, Expectation::Absent)] {
        let asked = format!("{write:?}");
        let answer = probe.refused_write(vec![write]).await;
        ensure!(matches!(answer, Some(Error::Unsupported(_))), "{asked}: {answer:?}");
    }
    Ok(())
}

async fn a_version_of_nobody_is_refused(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    probe.apply(put(&key, "1", Expectation::Anything)).await?;
    for bytes in [vec![], vec![1; 3]] {
        let write = put(&key, "2", Expectation::Version(Version(bytes)));
        refused(&probe, vec![write], &key).await?;
    }
    ensure_eq!(probe.found(&key).await?.value, b"1", "the value after that");
    Ok(())
}

/// The call fails as a whole, and nothing of it was done to this key.
async fn refused(probe: &Probe, writes: Vec<Write>, key: &str) -> Checked {
    let before = probe.get(key).await?;
    let asked = format!("{writes:?}");
    match probe.refused_write(writes).await {
        Some(Error::Other(_)) => {}
        // It says what it cannot do, before it looks at what nobody can.
        Some(unsupported @ Error::Unsupported(_)) => return Err(unsupported.into()),
        answer => ensure!(false, "{asked}: {answer:?}"),
    }
    ensure_eq!(probe.get(key).await?, before, "a read after {asked}");
    Ok(())
}
