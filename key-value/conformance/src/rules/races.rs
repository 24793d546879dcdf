//! Of many that want the same at the same time, exactly one gets it.

use std::sync::Arc;

use lovely_session_key_value::{Expectation, Outcome, Version, Write};

use tokio::task::JoinHandle;

use super::rules;
use crate::probe::{Checked, Probe, Stop, delete, ensure_eq, expecting, put};

rules! {
    of_many_that_race_to_create_a_key_one_wins,
    of_many_that_race_to_replace_a_version_one_wins,
    of_a_put_and_deletes_that_race_for_a_version_one_wins,
    no_update_is_lost_when_two_count_up,
}

/// How many race.
const RACERS: usize = 16;

/// How often a race is run: a store that is only lucky loses one of them.
const ROUNDS: usize = 5;

async fn of_many_that_race_to_create_a_key_one_wins(probe: Arc<Probe>) -> Checked {
    for round in 0..ROUNDS {
        let key = probe.key(&format!("{round}"));
        let write = |racer| put(&key, format!("{racer}"), Expectation::Absent);
        let (winner, version) = winner(&probe, write).await?;
        let entry = probe.found(&key).await?;
        ensure_eq!((entry.value, entry.version), (winner.to_string().into_bytes(), version), "the entry");
    }
    Ok(())
}

async fn of_many_that_race_to_replace_a_version_one_wins(probe: Arc<Probe>) -> Checked {
    for round in 0..ROUNDS {
        let key = probe.key(&format!("{round}"));
        let loaded = probe.apply(put(&key, "loaded", Expectation::Absent)).await?;
        let write = |racer| put(&key, format!("{racer}"), expecting(&loaded));
        let (winner, version) = winner(&probe, write).await?;
        let entry = probe.found(&key).await?;
        ensure_eq!((entry.value, entry.version), (winner.to_string().into_bytes(), version), "the entry");
    }
    Ok(())
}

async fn of_a_put_and_deletes_that_race_for_a_version_one_wins(probe: Arc<Probe>) -> Checked {
    for round in 0..ROUNDS {
        let key = probe.key(&format!("{round}"));
        let loaded = probe.apply(put(&key, "loaded", Expectation::Absent)).await?;
        let write = |racer| match racer {
            0 => put(&key, "0", expecting(&loaded)),
            _ => delete(&key, expecting(&loaded)),
        };
        let (winner, _) = winner(&probe, write).await?;
        let left = probe.get(&key).await?.map(|entry| entry.value);
        ensure_eq!(left, (winner == 0).then(|| b"0".to_vec()), "what is left when racer {winner} has won");
    }
    Ok(())
}

async fn no_update_is_lost_when_two_count_up(probe: Arc<Probe>) -> Checked {
    let key = probe.key("count");
    probe.apply(put(&key, "0", Expectation::Absent)).await?;
    let mut counted = 0;
    for _ in 0..25 {
        let (one, other) = (counting(&probe, &key).await?, counting(&probe, &key).await?);
        let writes = [one, other].map(|write| {
            let probe = Arc::clone(&probe);
            tokio::spawn(async move { probe.write(write).await })
        });
        for written in writes {
            match ended(written).await? {
                Outcome::Applied(_) => counted += 1,
                outcome => ensure_eq!(outcome, Outcome::Stale, "the outcome of a lost race"),
            }
        }
    }
    let count = probe.found(&key).await?.value;
    ensure_eq!(String::from_utf8_lossy(&count), counted.to_string(), "the count");
    Ok(())
}

/// Reads a count, and gives the write that counts up.
async fn counting(probe: &Probe, key: &str) -> Result<Write, Stop> {
    let entry = probe.found(key).await?;
    let count: usize = String::from_utf8_lossy(&entry.value).parse().unwrap_or_default();
    Ok(put(key, (count + 1).to_string(), expecting(&entry.version)))
}

/// Runs a race, and gives the one racer whose write was applied, with the version.
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
            // Nothing is there any more once a delete has won.
            Outcome::Stale | Outcome::Missing => {}
            outcome => return Err(Stop::Broken(format!("a racer's write ends as {outcome:?}"))),
        }
    }
    ensure_eq!(winners.len(), 1, "the number of {RACERS} racers that have won");
    winners.pop().ok_or_else(|| Stop::Broken("nobody has won".to_owned()))
}

async fn ended(racer: JoinHandle<Result<Outcome, Stop>>) -> Result<Outcome, Stop> {
    racer.await.map_err(|panic| Stop::Broken(format!("the store panicked: {panic}")))?
}
