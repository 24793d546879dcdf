//! Of several concurrent writes with the same expectation, exactly one is applied.

use std::sync::Arc;

use lovely_session_key_value::{Expectation, Outcome, Version, Write};

use tokio::task::JoinHandle;

use crate::probe::{Probe, delete, expecting, put};
use crate::rule::rules;
use crate::stop::{Checked, Stop, ensure_eq};

rules! {
    of_many_writes_that_race_to_create_a_key_one_is_applied,
    of_many_writes_that_race_to_replace_a_version_one_is_applied,
    of_a_put_and_deletes_that_race_for_a_version_one_is_applied,
    no_update_is_lost_when_two_clients_increment,
}

/// The number of writes in a race.
const RACERS: usize = 16;

/// The number of races: a wrong store can get one right by chance.
const RACES: usize = 5;

async fn of_many_writes_that_race_to_create_a_key_one_is_applied(probe: Arc<Probe>) -> Checked {
    for race in 0..RACES {
        let key = probe.key(&format!("{race}"));
        let write = |racer| put(&key, format!("{racer}"), Expectation::Absent);
        let (winner, version) = winner(&probe, write).await?;
        let entry = probe.found(&key).await?;
        ensure_eq!((entry.value, entry.version), (winner.to_string().into_bytes(), version), "the entry");
    }
    Ok(())
}

async fn of_many_writes_that_race_to_replace_a_version_one_is_applied(probe: Arc<Probe>) -> Checked {
    for race in 0..RACES {
        let key = probe.key(&format!("{race}"));
        let loaded = probe.apply(put(&key, "loaded", Expectation::Absent)).await?;
        let write = |racer| put(&key, format!("{racer}"), expecting(&loaded));
        let (winner, version) = winner(&probe, write).await?;
        let entry = probe.found(&key).await?;
        ensure_eq!((entry.value, entry.version), (winner.to_string().into_bytes(), version), "the entry");
    }
    Ok(())
}

async fn of_a_put_and_deletes_that_race_for_a_version_one_is_applied(probe: Arc<Probe>) -> Checked {
    for race in 0..RACES {
        let key = probe.key(&format!("{race}"));
        let loaded = probe.apply(put(&key, "loaded", Expectation::Absent)).await?;
        let write = |racer| match racer {
            0 => put(&key, "0", expecting(&loaded)),
            _ => delete(&key, expecting(&loaded)),
        };
        let (winner, _) = winner(&probe, write).await?;
        let left = probe.get(&key).await?.map(|entry| entry.value);
        ensure_eq!(left, (winner == 0).then(|| b"0".to_vec()), "the value when racer {winner} has won");
    }
    Ok(())
}

async fn no_update_is_lost_when_two_clients_increment(probe: Arc<Probe>) -> Checked {
    let key = probe.key("count");
    probe.apply(put(&key, "0", Expectation::Absent)).await?;
    let mut applied = 0;
    for _ in 0..25 {
        let (one, other) = (increment(&probe, &key).await?, increment(&probe, &key).await?);
        let writes = [one, other].map(|write| {
            let probe = Arc::clone(&probe);
            tokio::spawn(async move { probe.write(write).await })
        });
        for written in writes {
            match ended(written).await? {
                Outcome::Applied(_) => applied += 1,
                outcome => ensure_eq!(outcome, Outcome::Stale, "the outcome of a lost race"),
            }
        }
    }
    let count = probe.found(&key).await?.value;
    ensure_eq!(String::from_utf8_lossy(&count), applied.to_string(), "the count");
    Ok(())
}

/// Reads a count, and returns the write that increments it.
async fn increment(probe: &Probe, key: &str) -> Result<Write, Stop> {
    let entry = probe.found(key).await?;
    let count: usize = String::from_utf8_lossy(&entry.value).parse().unwrap_or_default();
    Ok(put(key, (count + 1).to_string(), expecting(&entry.version)))
}

/// Runs a race, and returns the racer whose write was applied, and the version.
async fn winner(probe: &Arc<Probe>, write: impl Fn(usize) -> Write) -> Result<(usize, Version), Stop> {
    let racers: Vec<_> = (0..RACERS)
        .map(|racer| {
            let (probe, write) = (Arc::clone(probe), write(racer));
            tokio::spawn(async move { probe.write(write).await })
        })
        .collect();
    let mut winners = Vec::new();
    for (racer, ended) in racers.into_iter().enumerate() {
        match self::ended(ended).await? {
            Outcome::Applied(version) => winners.push((racer, version)),
            // After a delete has won, the others find no entry.
            Outcome::Stale | Outcome::Missing => {}
            outcome => return Err(Stop::Broken(format!("the outcome of a racer's write is {outcome:?}"))),
        }
    }
    ensure_eq!(winners.len(), 1, "the number of applied writes of {RACERS}");
    winners.pop().ok_or_else(|| Stop::Broken("no write was applied".to_owned()))
}

async fn ended(racer: JoinHandle<Result<Outcome, Stop>>) -> Result<Outcome, Stop> {
    racer.await.map_err(|panic| Stop::Broken(format!("the store panicked: {panic}")))?
}
