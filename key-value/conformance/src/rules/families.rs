//! A family is dropped at once, and nothing of it comes back.

use std::sync::Arc;

use futures_util::future::join_all;
use lovely_session_key_value::{Error, Expectation, Lifetime, Outcome};

use crate::probe::{Probe, delete, expecting, put, touch};
use crate::rule::rules;
use crate::stop::{Checked, ensure, ensure_eq};
use crate::subject::LIFETIME;

rules! {
    optional:
    a_dropped_family_has_no_entries,
    a_drop_reaches_no_other_family,
    a_write_with_the_version_of_a_dropped_entry_is_missing,
    a_touch_or_delete_of_a_dropped_entry_is_missing,
    a_key_of_a_dropped_family_is_created_again_under_a_new_version,
    a_dropped_entry_does_not_come_back_by_a_second_drop,
    of_writes_that_race_with_a_drop_none_with_an_older_version_is_seen_after_it,
    an_invalid_family_fails,
}

/// The number of entries in a family: a store on several servers has some on each.
const ENTRIES: usize = 20;

/// The number of races: a wrong store can get one right by chance.
const RACES: usize = 10;

/// Keys of a family, each with an entry.
async fn filled(probe: &Probe, family: &str) -> Result<Vec<String>, crate::stop::Stop> {
    let keys: Vec<_> = (0..ENTRIES).map(|number| probe.key_in(family, &number.to_string())).collect();
    for key in &keys {
        probe.apply(put(key, "before", Expectation::Absent)).await?;
    }
    Ok(keys)
}

async fn a_dropped_family_has_no_entries(probe: Arc<Probe>) -> Checked {
    let family = probe.family("f");
    probe.drop_family(&family).await?;
    let keys = filled(&probe, &family).await?;
    probe.drop_family(&family).await?;
    for touch in [None, Some(Lifetime::Seconds(60)), None] {
        let entries = probe.get_many(keys.clone(), touch).await?;
        ensure!(entries.iter().all(Option::is_none), "reads after a drop find {entries:?}");
    }
    Ok(())
}

async fn a_drop_reaches_no_other_family(probe: Arc<Probe>) -> Checked {
    let family = probe.family("f");
    probe.drop_family(&family).await?;
    // Names that begin with it, or that it begins with.
    let others = [format!("{family}f"), format!("{family}:f"), format!("{family}:"), probe.family("")];
    let mut keys = Vec::new();
    for other in &others {
        keys.push(probe.key_in(other, "k"));
    }
    let versions = join_all(keys.iter().map(|key| probe.apply(put(key, "1", Expectation::Absent)))).await;
    probe.apply(put(&probe.key_in(&family, "k"), "1", Expectation::Absent)).await?;
    probe.drop_family(&family).await?;
    for (key, version) in keys.iter().zip(versions) {
        ensure_eq!(probe.found(key).await?.version, version?, "the version of `{key}` in another family");
    }
    Ok(())
}

async fn a_write_with_the_version_of_a_dropped_entry_is_missing(probe: Arc<Probe>) -> Checked {
    let family = probe.family("f");
    let (key, other) = (probe.key_in(&family, "k"), probe.key_in(&family, "l"));
    let version = probe.apply(put(&key, "1", Expectation::Absent)).await?;
    let deleted = probe.apply(put(&other, "1", Expectation::Absent)).await?;
    probe.drop_family(&family).await?;
    for attempt in ["the first", "the second"] {
        let written = probe.write(put(&key, "2", expecting(&version))).await?;
        ensure_eq!(written, Outcome::Missing, "{attempt} put");
        ensure_eq!(
            probe.write(delete(&other, expecting(&deleted))).await?,
            Outcome::Missing,
            "{attempt} delete"
        );
        ensure_eq!(probe.get(&key).await?, None, "a read after {attempt} put");
    }
    Ok(())
}

async fn a_touch_or_delete_of_a_dropped_entry_is_missing(probe: Arc<Probe>) -> Checked {
    let family = probe.family("f");
    let key = probe.key_in(&family, "k");
    probe.apply(put(&key, "1", Expectation::Absent)).await?;
    probe.drop_family(&family).await?;
    for write in [touch(&key, LIFETIME), delete(&key, Expectation::Anything)] {
        let call = format!("{write:?}");
        ensure_eq!(probe.write(write).await?, Outcome::Missing, "{call}");
    }
    Ok(())
}

async fn a_key_of_a_dropped_family_is_created_again_under_a_new_version(probe: Arc<Probe>) -> Checked {
    let family = probe.family("f");
    for (key, expects) in [("k", Expectation::Absent), ("l", Expectation::Anything)] {
        let key = probe.key_in(&family, key);
        let old = probe.apply(put(&key, "same", Expectation::Absent)).await?;
        probe.drop_family(&family).await?;
        let new = probe.apply(put(&key, "same", expects)).await?;
        ensure!(old != new, "both have the version {old:?}");
        ensure_eq!(probe.found(&key).await?.version, new, "the version that a read returns");
        ensure_eq!(
            probe.write(put(&key, "2", expecting(&old))).await?,
            Outcome::Stale,
            "a put with the old one"
        );
        ensure_eq!(
            probe.write(delete(&key, expecting(&old))).await?,
            Outcome::Stale,
            "a delete with the old one"
        );
        let second = probe.write(put(&key, "2", Expectation::Absent)).await?;
        ensure_eq!(second, Outcome::Stale, "a put that expects no entry, of a key that has a new one");
        ensure_eq!(probe.found(&key).await?.version, new, "the version after that");
    }
    Ok(())
}

async fn a_dropped_entry_does_not_come_back_by_a_second_drop(probe: Arc<Probe>) -> Checked {
    let family = probe.family("f");
    let mut keys = Vec::new();
    for number in 0..ENTRIES {
        let key = probe.key_in(&family, &number.to_string());
        probe.apply(put(&key, "1", Expectation::Absent)).await?;
        keys.push(key);
        probe.drop_family(&family).await?;
        let found = probe.get_many(keys.clone(), None).await?;
        ensure!(found.iter().all(Option::is_none), "reads after {} drops find {found:?}", number + 1);
    }
    Ok(())
}

async fn of_writes_that_race_with_a_drop_none_with_an_older_version_is_seen_after_it(
    probe: Arc<Probe>,
) -> Checked {
    for race in 0..RACES {
        let family = probe.family(&format!("f{race}"));
        let keys = filled(&probe, &family).await?;
        let entries = probe.get_many(keys.clone(), None).await?;
        let writes = keys.iter().zip(entries).filter_map(|(key, entry)| {
            let write = put(key, "late", expecting(&entry?.version));
            let probe = Arc::clone(&probe);
            Some(tokio::spawn(async move { probe.write(write).await }))
        });
        let writes: Vec<_> = writes.collect();
        probe.drop_family(&family).await?;
        let during = probe.get_many(keys.clone(), None).await?;
        ensure!(during.iter().all(Option::is_none), "reads after the drop find {during:?}");
        for written in join_all(writes).await {
            let outcome = written.map_err(|panic| crate::stop::Stop::Broken(panic.to_string()))??;
            let is_before_or_after = matches!(outcome, Outcome::Applied(_) | Outcome::Missing);
            ensure!(is_before_or_after, "the outcome of a write in a race with a drop is {outcome:?}");
        }
        let after = probe.get_many(keys, None).await?;
        ensure!(after.iter().all(Option::is_none), "reads after the late writes find {after:?}");
    }
    Ok(())
}

async fn an_invalid_family_fails(probe: Arc<Probe>) -> Checked {
    let too_long = "f".repeat(249);
    for invalid in ["", "a b", "a\r\nflush_all", "é", &too_long] {
        match probe.refused_drop(invalid).await {
            Some(Error::Other(_)) => {}
            Some(unsupported @ Error::Unsupported(_)) => return Err(unsupported.into()),
            error => ensure!(false, "a drop of {invalid:?}: {error:?}"),
        }
    }
    Ok(())
}
