//! The two calls: divided among the servers, asked of all at the same time, and put together again.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use lovely_session_key_value::{Entry, Error, Lifetime, Outcome, Write, check};
use lovely_session_memcached::{
    Answered, Batch, Epoch, Share, divide, entry, entry_complaint, in_order, incomprehensible, item_overhead,
    outcome, route,
};

use crate::bindings::clocks::{monotonic_clock, wall_clock};
use crate::bindings::io::poll::poll;
use crate::bindings::random::random::get_random_u64;
use crate::failure::{Failure, of_lost_write};
use crate::link::{Job, Link, run};
use crate::state::State;

/// The part of a call that concerns one server.
struct Part {
    server: usize,
    /// The places of the commands in the call.
    places: Vec<usize>,
    batch: Batch,
}

/// Reads entries, and slides their lifetimes with `touch`. A key that has lost several races in a row is read after a
/// pause.
///
/// # Errors
///
/// When a server does not answer for its part of the keys.
pub fn get_many(
    State { links, timeout, lost_races }: &mut State,
    keys: Vec<String>,
    touch: Option<Lifetime>,
) -> Result<Vec<Option<Entry>>, Error> {
    let deadline = after(*timeout);
    pause(lost_races.pause_before_reading(&keys, moment(), *timeout, get_random_u64));
    let shares = divide(keys, String::as_str, &names(links));
    let parts = parts(links, shares, |items, token| Batch::of_reads(items, touch, now(), token))?;
    let mut jobs = read(links, &parts, deadline);
    // A connection that turned out to be broken is replaced once.
    let is_broken = |job: &Job| job.exchange.failure() == Some(&Failure::Broken);
    if jobs.iter().any(is_broken) {
        jobs = read(links, &parts, deadline);
    }
    let mut entries = Vec::new();
    for (part, job) in parts.iter().zip(jobs) {
        let Some(link) = links.get(part.server) else { continue };
        entries.extend(part.places.iter().copied().zip(self::entries(link, job)?));
    }
    Ok(in_order(entries))
}

/// Does writes, and answers what became of each.
///
/// A server that is not yet known has half of the time to say what it is, so that one that hangs leaves the others
/// enough.
///
/// # Errors
///
/// When nothing of the call was done.
pub fn write_many(state: &mut State, writes: Vec<Write>) -> Result<Vec<Outcome>, Error> {
    let keys: Vec<String> = writes.iter().map(|write| write.key.clone()).collect();
    let outcomes = write_to(&mut state.links, state.timeout, writes)?;
    state.lost_races.note(keys.into_iter().zip(&outcomes), moment());
    Ok(outcomes)
}

fn write_to(links: &mut [Link], timeout: Duration, writes: Vec<Write>) -> Result<Vec<Outcome>, Error> {
    let deadline = after(timeout);
    greet(links, &writes, after(timeout / 2))?;
    let largest = |key: &str| item_size_max(links).saturating_sub(item_overhead(key));
    if let Some(refusal) = check::oversize(&writes, largest) {
        return Ok(refusal);
    }
    // Everything is ready to be sent before anything is.
    let shares = divide(writes, |write| &write.key, &names(links));
    let parts = parts(links, shares, |items, token| Batch::of_writes(items, now(), token))?;
    let job = |part: &Part| Job::writing(part.server, links.get(part.server)?, &part.batch);
    let mut jobs: Vec<Job> = parts.iter().filter_map(job).collect();
    run(links, &mut jobs, deadline);
    let item_size_max = item_size_max(links);
    let mut jobs = jobs.into_iter().peekable();
    let mut outcomes = Vec::new();
    for part in parts {
        let job = jobs.next_if(|job| job.server == part.server);
        outcomes.extend(self::outcomes(part, job, item_size_max));
    }
    Ok(in_order(outcomes))
}

fn parts<T>(
    links: &mut [Link],
    shares: Vec<Share<T>>,
    batch: impl Fn(Vec<T>, u32) -> Result<Batch, Error>,
) -> Result<Vec<Part>, Error> {
    let mut parts = Vec::with_capacity(shares.len());
    for Share { server, places, items } in shares {
        if let Some(link) = links.get_mut(server) {
            let first_token = link.tokens(items.len());
            parts.push(Part { server, places, batch: batch(items, first_token)? });
        }
    }
    Ok(parts)
}

fn read(links: &mut [Link], parts: &[Part], deadline: u64) -> Vec<Job> {
    let job = |part: &Part| Some(Job::reading(part.server, links.get_mut(part.server)?, &part.batch));
    let mut jobs: Vec<Job> = parts.iter().filter_map(job).collect();
    run(links, &mut jobs, deadline);
    jobs
}

/// Finds out about the servers of these writes that are not yet known.
///
/// # Errors
///
/// When one of them is not fit for keeping sessions.
fn greet(links: &mut [Link], writes: &[Write], deadline: u64) -> Result<(), Error> {
    let names = names(links);
    let involved: BTreeSet<usize> =
        writes.iter().map(|write| route(&write.key, names.iter().copied())).collect();
    let job = |server: usize| Job::greeting(server, links.get_mut(server)?);
    let mut jobs: Vec<Job> = involved.into_iter().filter_map(job).collect();
    run(links, &mut jobs, deadline);
    for job in &jobs {
        if let (Some(failure @ Failure::Unfit(_)), Some(link)) =
            (job.exchange.failure(), links.get(job.server))
        {
            return Err(failure.error(link.name()));
        }
    }
    Ok(())
}

/// What a server has answered to a read.
fn entries(link: &Link, job: Job) -> Result<Vec<Option<Entry>>, Error> {
    let Job { epoch, exchange, .. } = job;
    let failure = exchange.failure().cloned();
    let answers = exchange.into_answers();
    if let (Some(failure), true) = (failure, answers.iter().all(Result::is_ok)) {
        return Err(failure.error(link.name()));
    }
    let epoch = epoch.or_else(|| link.known().map(|(_, epoch)| epoch));
    let entry = |answered: Answered| {
        // A complaint says more about what is wrong than what came of it.
        let answer = answered.map_err(|complaint| entry_complaint(link.name(), &complaint))?;
        epoch.and_then(|epoch| entry(answer, epoch).ok()).ok_or_else(|| incomprehensible(link.name()))
    };
    answers.into_iter().map(entry).collect()
}

/// What became of writes on a server; nothing was sent to one without a job.
fn outcomes(part: Part, job: Option<Job>, item_size_max: u64) -> impl Iterator<Item = (usize, Outcome)> {
    let lost = of_lost_write(job.as_ref().is_some_and(|job| job.exchange.is_begun()));
    let answered = job.and_then(|job| Some((job.epoch?, job.exchange.into_answers())));
    let (epoch, answers) = answered.unwrap_or((Epoch::made_up(0), Vec::new()));
    let asked = part.batch.asked(epoch).into_iter().zip(answers);
    let mut outcomes: Vec<Outcome> =
        asked.map(|(asked, answered)| outcome(asked, &answered, epoch, item_size_max)).collect();
    outcomes.resize(part.places.len(), lost);
    part.places.into_iter().zip(outcomes)
}

/// The most bytes that an item may have, by all servers that are known.
fn item_size_max(links: &[Link]) -> u64 {
    let limits = links.iter().filter_map(|link| link.known().map(|(facts, _)| facts.item_size_max));
    limits.min().unwrap_or(u64::MAX)
}

fn names(links: &[Link]) -> Vec<&str> {
    links.iter().map(Link::name).collect()
}

/// The time since 1970.
fn now() -> Duration {
    let now = wall_clock::now();
    Duration::new(now.seconds, now.nanoseconds)
}

/// The moment of the monotonic clock after a time from now.
fn after(time: Duration) -> u64 {
    let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    monotonic_clock::now().saturating_add(nanoseconds)
}

/// The time since some moment, always the same one.
fn moment() -> Duration {
    Duration::from_nanos(monotonic_clock::now())
}

fn pause(time: Duration) {
    if !time.is_zero() {
        poll(&[&monotonic_clock::subscribe_instant(after(time))]);
    }
}
