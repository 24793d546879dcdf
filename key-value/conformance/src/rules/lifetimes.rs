//! Entries expire at the end of their lifetimes, and a lifetime can slide.

use std::sync::Arc;
use std::time::Duration;

use lovely_session_key_value::{Expectation, Lifetime, Outcome};

use crate::probe::{Probe, delete, expecting, put, put_for, touch};
use crate::rule::rules;
use crate::stop::{Checked, Stop, ensure, ensure_eq};

rules! {
    a_read_returns_the_seconds_left,
    a_read_that_touches_returns_the_seconds_left_before,
    a_read_without_touch_slides_no_lifetime,
    an_entry_expires_with_its_lifetime,
    an_expired_entry_is_absent_for_writes,
    an_expired_entry_can_be_created_again,
    a_touched_entry_lives_longer,
    an_entry_can_be_touched_to_expire_sooner,
    a_lifetime_over_30_days_is_kept,
    an_entry_that_never_expires_has_no_seconds_left,
    a_put_replaces_the_lifetime,
}

/// A lifetime of a second, and more than the second by which a store may expire it late.
const A_SECOND_AND_MORE: Duration = Duration::from_millis(2100);

async fn a_read_returns_the_seconds_left(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    probe.apply(put_for(&key, Lifetime::Seconds(100))).await?;
    about(&probe, &key, 100).await
}

async fn a_read_that_touches_returns_the_seconds_left_before(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    probe.apply(put_for(&key, Lifetime::Seconds(100))).await?;
    let lifetimes = [Lifetime::Seconds(500), Lifetime::NeverExpires, Lifetime::Seconds(50)];
    for (lifetime, before) in lifetimes.into_iter().zip([Some(100), Some(500), None]) {
        let entry = probe.get_with(&key, Some(lifetime)).await?;
        let entry =
            entry.ok_or_else(|| Stop::Broken(format!("there is no entry to slide to {lifetime:?}")))?;
        ensure_eq!(entry.value, b"value", "the value");
        match before {
            Some(before) => ensure_about(entry.seconds_left, before)?,
            None => ensure_eq!(entry.seconds_left, None, "the seconds left of an entry that never expires"),
        }
    }
    about(&probe, &key, 50).await
}

async fn a_read_without_touch_slides_no_lifetime(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    probe.apply(put_for(&key, Lifetime::Seconds(4))).await?;
    probe.let_pass(Duration::from_secs(2)).await;
    probe.found(&key).await?;
    probe.let_pass(Duration::from_millis(3100)).await;
    ensure_eq!(probe.get(&key).await?, None, "a read after the lifetime");
    Ok(())
}

async fn an_entry_expires_with_its_lifetime(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    probe.apply(put_for(&key, Lifetime::Seconds(3))).await?;
    probe.found(&key).await?;
    probe.let_pass(Duration::from_millis(4100)).await;
    ensure_eq!(probe.get(&key).await?, None, "a read after the lifetime");
    Ok(())
}

async fn an_expired_entry_is_absent_for_writes(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    let version = probe.apply(put_for(&key, Lifetime::Seconds(1))).await?;
    probe.let_pass(A_SECOND_AND_MORE).await;
    for write in [
        put(&key, "2", expecting(&version)),
        delete(&key, expecting(&version)),
        delete(&key, Expectation::Anything),
        touch(&key, Lifetime::Seconds(5)),
    ] {
        let call = format!("{write:?}");
        ensure_eq!(probe.write(write).await?, Outcome::Missing, "{call}");
    }
    Ok(())
}

async fn an_expired_entry_can_be_created_again(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    let version = probe.apply(put_for(&key, Lifetime::Seconds(1))).await?;
    probe.let_pass(A_SECOND_AND_MORE).await;
    let again = probe.apply(put(&key, "2", Expectation::Absent)).await?;
    ensure!(version != again, "both have the version {version:?}");
    ensure_eq!(probe.write(put(&key, "3", expecting(&version))).await?, Outcome::Stale, "a put");
    Ok(())
}

async fn a_touched_entry_lives_longer(probe: Arc<Probe>) -> Checked {
    let [read, written, left] = ["read", "written", "left"].map(|name| probe.key(name));
    for key in [&read, &written, &left] {
        probe.apply(put_for(key, Lifetime::Seconds(3))).await?;
    }
    probe.get_with(&read, Some(Lifetime::Seconds(60))).await?;
    probe.apply(touch(&written, Lifetime::Seconds(60))).await?;
    probe.let_pass(Duration::from_millis(4100)).await;
    probe.found(&read).await?;
    probe.found(&written).await?;
    ensure_eq!(probe.get(&left).await?, None, "a read of the one that was not touched");
    Ok(())
}

async fn an_entry_can_be_touched_to_expire_sooner(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    probe.apply(put_for(&key, Lifetime::Seconds(600))).await?;
    probe.apply(touch(&key, Lifetime::Seconds(1))).await?;
    probe.let_pass(A_SECOND_AND_MORE).await;
    ensure_eq!(probe.get(&key).await?, None, "a read after that");
    Ok(())
}

async fn a_lifetime_over_30_days_is_kept(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    let years = |years: u32| years * 365 * 24 * 3600;
    for seconds in [30 * 24 * 3600, 30 * 24 * 3600 + 1, years(1), years(10)] {
        let lifetime = Lifetime::Seconds(seconds);
        probe.apply(put_for(&key, lifetime)).await?;
        about(&probe, &key, seconds).await?;
        probe.apply(put_for(&key, Lifetime::Seconds(60))).await?;
        probe.apply(touch(&key, lifetime)).await?;
        about(&probe, &key, seconds).await?;
        probe.apply(put_for(&key, Lifetime::Seconds(60))).await?;
        probe.get_with(&key, Some(lifetime)).await?;
        about(&probe, &key, seconds).await?;
    }
    Ok(())
}

async fn an_entry_that_never_expires_has_no_seconds_left(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    probe.apply(put_for(&key, Lifetime::NeverExpires)).await?;
    ensure_eq!(probe.found(&key).await?.seconds_left, None, "the seconds left after a put");
    probe.apply(put_for(&key, Lifetime::Seconds(60))).await?;
    probe.apply(touch(&key, Lifetime::NeverExpires)).await?;
    ensure_eq!(probe.found(&key).await?.seconds_left, None, "the seconds left after a touch");
    Ok(())
}

async fn a_put_replaces_the_lifetime(probe: Arc<Probe>) -> Checked {
    let key = probe.key("k");
    probe.apply(put_for(&key, Lifetime::NeverExpires)).await?;
    probe.apply(put_for(&key, Lifetime::Seconds(100))).await?;
    about(&probe, &key, 100).await?;
    probe.apply(put_for(&key, Lifetime::Seconds(500))).await?;
    about(&probe, &key, 500).await
}

/// A read of this key returns about `expected` seconds left.
async fn about(probe: &Probe, key: &str, expected: u32) -> Checked {
    ensure_about(probe.found(key).await?.seconds_left, expected)
}

/// Stores count whole seconds, by a clock that may tick once a second and be late by as much, and the network takes
/// time.
fn ensure_about(seconds_left: Option<u32>, expected: u32) -> Checked {
    const TOLERANCE: u32 = 5;
    const LATE: u32 = 1;
    let Some(left) = seconds_left else {
        return Err(Stop::NotTried(
            "the store does not return the seconds that an entry has left".to_owned(),
        ));
    };
    ensure!(
        (expected.saturating_sub(TOLERANCE)..=expected.saturating_add(LATE)).contains(&left),
        "the seconds left are {left} instead of about {expected}"
    );
    Ok(())
}
