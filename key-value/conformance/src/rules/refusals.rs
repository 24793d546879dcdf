//! Invalid calls fail as a whole, before anything of them is done.

use std::sync::Arc;

use lovely_session_key_value::{Error, Expectation, Lifetime, Version, Write};

use crate::probe::{Probe, delete, put, put_for, touch};
use crate::rule::rules;
use crate::stop::{Checked, ensure, ensure_eq};
use crate::subject::LIFETIME;

rules! {
    two_writes_of_one_key_fail,
    invalid_keys_fail,
    a_lifetime_of_0_seconds_fails,
    a_touch_or_delete_that_expects_no_entry_is_unsupported,
    a_version_of_another_store_fails,
}

async fn two_writes_of_one_key_fail(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    let batch = vec![put(&key, "1", Expectation::Anything), delete(&key, Expectation::Anything)];
    fails(&probe, batch, &key).await
}

async fn invalid_keys_fail(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    let too_long = "k".repeat(251);
    for invalid in ["", "a b", "a\r\nflush_all", "a\0", "é", &too_long] {
        let read = probe.refused_read(vec![key.clone(), invalid.into()], None).await;
        ensure!(matches!(read, Some(Error::Other(_))), "a read of the key {invalid:?}: {read:?}");
        let batch = vec![put(&key, "1", Expectation::Anything), put(invalid, "1", Expectation::Anything)];
        fails(&probe, batch, &key).await?;
    }
    Ok(())
}

async fn a_lifetime_of_0_seconds_fails(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    fails(&probe, vec![put_for(&key, Lifetime::Seconds(0))], &key).await?;
    fails(&probe, vec![touch(&key, Lifetime::Seconds(0))], &key).await?;
    let read = probe.refused_read(vec![key], Some(Lifetime::Seconds(0))).await;
    ensure!(matches!(read, Some(Error::Other(_))), "a read that slides to 0 seconds: {read:?}");
    Ok(())
}

async fn a_touch_or_delete_that_expects_no_entry_is_unsupported(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    let touch = Write { expects: Expectation::Absent, ..touch(&key, LIFETIME) };
    for write in [touch, delete(&key, Expectation::Absent)] {
        let call = format!("{write:?}");
        let error = probe.refused_write(vec![write]).await;
        ensure!(matches!(error, Some(Error::Unsupported(_))), "{call}: {error:?}");
    }
    Ok(())
}

async fn a_version_of_another_store_fails(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    probe.apply(put(&key, "1", Expectation::Anything)).await?;
    for bytes in [vec![], vec![1; 3]] {
        let write = put(&key, "2", Expectation::Version(Version(bytes)));
        fails(&probe, vec![write], &key).await?;
    }
    ensure_eq!(probe.found(&key).await?.value, b"1", "the value after that");
    Ok(())
}

/// Checks that a call fails as a whole, and does not change this key.
async fn fails(probe: &Probe, writes: Vec<Write>, key: &str) -> Checked {
    let before = probe.get(key).await?;
    let call = format!("{writes:?}");
    match probe.refused_write(writes).await {
        Some(Error::Other(_)) => {}
        // The store may report what it does not support before it checks the call.
        Some(unsupported @ Error::Unsupported(_)) => return Err(unsupported.into()),
        error => ensure!(false, "{call}: {error:?}"),
    }
    ensure_eq!(probe.get(key).await?, before, "a read after {call}");
    Ok(())
}
