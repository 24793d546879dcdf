//! The two calls: divided among the servers, sent to all of them at the same time, and put together again.

use std::time::Duration;

use lovely_session_key_value::{Entry, Error, Lifetime, Outcome, Write, check};
use lovely_session_memcached::{
    Batch, BatchResult, Failure, InvalidCommand, Share, Writing, divide, in_order, item_overhead,
};

use crate::bindings::clocks::{monotonic_clock, wall_clock};
use crate::bindings::io::poll::poll;
use crate::bindings::random::random::get_random_u64;
use crate::server::{Job, Server, run};
use crate::state::State;

/// The part of a read that concerns one server.
struct Part {
    server: usize,
    /// The positions of the commands in the call.
    positions: Vec<usize>,
    batch: Batch,
}

/// The part of a call of writes that concerns one server.
struct WritingPart {
    server: usize,
    positions: Vec<usize>,
    writing: Writing,
    /// What is sent next.
    batch: Option<Batch>,
}

/// Reads entries, and slides their lifetimes with `touch`. A key that has lost several races in a row is read after a
/// pause.
///
/// # Errors
///
/// When a server does not reply for its part of the keys.
pub fn get_many(
    State { servers, timeout, lost_races }: &mut State,
    keys: Vec<String>,
    touch: Option<Lifetime>,
) -> Result<Vec<Option<Entry>>, Error> {
    let deadline = after(*timeout);
    pause(lost_races.pause_before_reading(&keys, moment(), *timeout, get_random_u64));
    let shares = divide(keys, String::as_str, &names(servers));
    let parts = parts(servers, shares, touch)?;
    let mut jobs = read(servers, &parts, deadline)?;
    // A broken connection is replaced once.
    if jobs.iter().any(|job| matches!(job.failure(), Some(Failure::Broken(_)))) {
        jobs = read(servers, &parts, deadline)?;
    }
    let mut entries = Vec::new();
    for (part, job) in parts.into_iter().zip(jobs) {
        let Some(server) = servers.get_mut(part.server) else { continue };
        let result = job.into_result(server);
        let found = server.found(part.batch, result)?;
        entries.extend(part.positions.into_iter().zip(found));
    }
    Ok(in_order(entries))
}

/// Does writes, and returns the outcome of each.
///
/// The handshake with servers that are not known yet has half of the timeout, so that a server that hangs leaves the
/// others enough.
///
/// # Errors
///
/// When nothing of the call was done.
pub fn write_many(state: &mut State, writes: Vec<Write>) -> Result<Vec<Outcome>, Error> {
    let keys: Vec<String> = writes.iter().map(|write| write.key.clone()).collect();
    let outcomes = write_to(&mut state.servers, state.timeout, writes)?;
    state.lost_races.note(keys.into_iter().zip(&outcomes), moment());
    Ok(outcomes)
}

fn write_to(servers: &mut [Server], timeout: Duration, writes: Vec<Write>) -> Result<Vec<Outcome>, Error> {
    let deadline = after(timeout);
    handshakes(servers, &writes, after(timeout / 2))?;
    let largest = |key: &str| item_size_max(servers).saturating_sub(item_overhead(key));
    if let Some(refusal) = check::oversize(&writes, largest) {
        return Ok(refusal);
    }
    // Everything is ready to be sent before anything is.
    let shares = divide(writes, |write| &write.key, &names(servers));
    let mut parts = writing_parts(servers, shares)?;
    while parts.iter().any(|part| part.batch.is_some()) {
        exchange(servers, &mut parts, deadline)?;
    }
    let written = parts.into_iter().flat_map(|part| {
        let outcomes = part.writing.into_outcomes();
        part.positions.into_iter().zip(outcomes)
    });
    Ok(in_order(written))
}

/// Sends the next batch of each part, and takes the results.
fn exchange(servers: &mut [Server], parts: &mut [WritingPart], deadline: u64) -> Result<(), InvalidCommand> {
    let mut jobs = Vec::with_capacity(parts.len());
    for part in parts.iter() {
        if let (Some(server), Some(batch)) = (servers.get(part.server), &part.batch) {
            jobs.extend(Job::write(part.server, server, batch)?);
        }
    }
    run(servers, &mut jobs, deadline);
    let item_size_max = item_size_max(servers);
    let mut jobs = jobs.into_iter().peekable();
    for part in parts {
        let job = jobs.next_if(|job| job.server == part.server);
        let (Some(server), Some(batch)) = (servers.get_mut(part.server), part.batch.take()) else { continue };
        // Nothing is sent to a server before its handshake.
        let result = job.map(|job| job.into_result(server));
        let result = result.unwrap_or_else(|| BatchResult::unsent(Failure::TimedOut));
        part.writing.receive(batch, &result, &mut server.generations, item_size_max)?;
        part.batch = next_batch(&mut part.writing, server)?;
    }
    Ok(())
}

fn next_batch(writing: &mut Writing, server: &mut Server) -> Result<Option<Batch>, InvalidCommand> {
    writing.next_batch(get_random_u64, |commands| server.reserve_opaques(commands))
}

fn parts(
    servers: &mut [Server],
    shares: Vec<Share<String>>,
    touch: Option<Lifetime>,
) -> Result<Vec<Part>, Error> {
    let mut parts = Vec::with_capacity(shares.len());
    for Share { server, positions, items } in shares {
        if let Some(state) = servers.get_mut(server) {
            let batch = Batch::of_reads(items, touch, now(), |commands| state.reserve_opaques(commands))?;
            parts.push(Part { server, positions, batch });
        }
    }
    Ok(parts)
}

fn writing_parts(servers: &mut [Server], shares: Vec<Share<Write>>) -> Result<Vec<WritingPart>, Error> {
    let mut parts = Vec::with_capacity(shares.len());
    for Share { server, positions, items } in shares {
        if let Some(state) = servers.get_mut(server) {
            let mut writing = Writing::new(items, now(), &state.generations)?;
            let batch = next_batch(&mut writing, state)?;
            parts.push(WritingPart { server, positions, writing, batch });
        }
    }
    Ok(parts)
}

fn read(servers: &mut [Server], parts: &[Part], deadline: u64) -> Result<Vec<Job>, InvalidCommand> {
    let mut jobs = Vec::with_capacity(parts.len());
    for part in parts {
        if let Some(server) = servers.get_mut(part.server) {
            jobs.push(Job::read(part.server, server, &part.batch)?);
        }
    }
    run(servers, &mut jobs, deadline);
    Ok(jobs)
}

/// Does the handshake with the servers of these writes that are not known yet, and asks along with it for the
/// generations of their families.
///
/// # Errors
///
/// When one of them cannot keep sessions.
fn handshakes(servers: &mut [Server], writes: &[Write], deadline: u64) -> Result<(), Error> {
    let keys: Vec<&str> = writes.iter().map(|write| write.key.as_str()).collect();
    let shares = divide(keys, |key| key, &names(servers));
    let (mut jobs, mut batches) = (Vec::new(), Vec::new());
    for share in shares {
        let Some(server) = servers.get_mut(share.server) else { continue };
        let batch = Batch::of_generations(share.items, |commands| server.reserve_opaques(commands))?;
        if let Some(job) = Job::handshake(share.server, server, &batch)? {
            jobs.push(job);
            batches.push(batch);
        }
    }
    run(servers, &mut jobs, deadline);
    for (job, batch) in jobs.into_iter().zip(batches) {
        let Some(server) = servers.get_mut(job.server) else { continue };
        if let Some(failure @ Failure::Unsuitable(_)) = job.failure() {
            return Err(failure.error(server.name()));
        }
        let result = job.into_result(server);
        batch.learn(&result, &mut server.generations);
    }
    Ok(())
}

/// The most bytes that an item may have on each of the servers that are known.
fn item_size_max(servers: &[Server]) -> u64 {
    servers.iter().filter_map(Server::item_size_max).min().unwrap_or(u64::MAX)
}

fn names(servers: &[Server]) -> Vec<&str> {
    servers.iter().map(Server::name).collect()
}

/// The time since 1970.
fn now() -> Duration {
    let now = wall_clock::now();
    Duration::new(now.seconds, now.nanoseconds)
}

/// The moment of the monotonic clock that is this much later than now.
fn after(time: Duration) -> u64 {
    let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    monotonic_clock::now().saturating_add(nanoseconds)
}

/// The time since a fixed moment.
fn moment() -> Duration {
    Duration::from_nanos(monotonic_clock::now())
}

fn pause(time: Duration) {
    if !time.is_zero() {
        poll(&[&monotonic_clock::subscribe_instant(after(time))]);
    }
}
