//! The measurement.

use std::time::{Duration, Instant};

use lovely_session_host::Version;
use tokio::task::JoinSet;

use super::figures::{Figures, Latencies};
use super::keys::{KEYS, Keys};
use crate::failure::Failure;

/// How long to measure.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Single reads, and single writes.
    alone: Duration,
    /// Many at a time.
    together: Duration,
}

impl Pace {
    /// The pace of a measurement that takes this long.
    pub fn of(whole: Duration) -> Self {
        Self { alone: whole / 4, together: whole / 2 }
    }
}

/// Measures the store with these keys.
pub async fn measure(keys: &Keys, pace: Pace) -> Result<Figures, Failure> {
    let mut versions = Vec::new();
    for number in 0..KEYS {
        versions.push(keys.put(number).await?);
    }
    let read = durations_of_reads(keys, pace.alone).await?;
    let (replaced, evicted) = durations_of_replaces(keys, versions, pace.alone).await?;
    let (done, evicted_together, took) = together(keys, pace.together).await?;
    Ok(Figures {
        size: keys.size(),
        read: Latencies::of(read),
        replace: Latencies::of(replaced),
        per_second: done as f64 / took.as_secs_f64(),
        evicted: evicted + evicted_together,
    })
}

async fn durations_of_reads(keys: &Keys, limit: Duration) -> Result<Vec<Duration>, Failure> {
    let mut durations = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < limit {
        let start = Instant::now();
        keys.read(durations.len()).await?;
        durations.push(start.elapsed());
    }
    Ok(durations)
}

/// One key after the other, so that every server has its part. Also returns how many entries were gone.
async fn durations_of_replaces(
    keys: &Keys,
    mut versions: Vec<Version>,
    limit: Duration,
) -> Result<(Vec<Duration>, u64), Failure> {
    let (mut durations, mut evicted) = (Vec::new(), 0);
    let begun = Instant::now();
    for number in (0..versions.len()).cycle() {
        let Some(version) = versions.get_mut(number).filter(|_| begun.elapsed() < limit) else { break };
        let start = Instant::now();
        let next = keys.replace(number, version.clone()).await?;
        durations.push(start.elapsed());
        evicted += u64::from(next.is_none());
        *version = match next {
            Some(next) => next,
            None => keys.put(number).await?,
        };
    }
    Ok((durations, evicted))
}

/// Reads and replaces each key over and over, all at the same time. Returns how often that was done, how many entries
/// were gone, and how long it took.
async fn together(keys: &Keys, limit: Duration) -> Result<(u64, u64, Duration), Failure> {
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for number in 0..KEYS {
        clients.spawn(client(keys.clone(), number, begun + limit));
    }
    let (mut done, mut evicted) = (0, 0);
    while let Some(client) = clients.join_next().await {
        let (own, own_evicted) = client.map_err(|error| Failure::System(error.into()))??;
        done += own;
        evicted += own_evicted;
    }
    Ok((done, evicted, begun.elapsed()))
}

async fn client(keys: Keys, number: usize, end: Instant) -> Result<(u64, u64), Failure> {
    let (mut done, mut evicted) = (0, 0);
    let mut version = keys.put(number).await?;
    while Instant::now() < end {
        keys.read(number).await?;
        let next = keys.replace(number, version).await?;
        evicted += u64::from(next.is_none());
        version = match next {
            Some(next) => next,
            None => keys.put(number).await?,
        };
        done += 1;
    }
    Ok((done, evicted))
}
