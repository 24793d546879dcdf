//! Resolves pending changes: finds out their status, and prevents the decision of undecided ones that block.

use alloc::string::String;
use alloc::vec::Vec;

use super::entry::{Stored, read_as_stored};
use super::pending::{PendingStatus, status};
use crate::environment::{Change, Environment, Expectation, Lifetime, StoreError, Write};
use crate::ordered::Ordered;
use crate::record::{Mark, Pending, RecordError};

/// How many times an undecided change is read before its decision is prevented. A running commit decides
/// within two round trips of its own.
const READS_BEFORE_PREVENTING: usize = 2;

/// How many times an undecided change is read before the call fails. A commit over several records fails
/// earlier, so that one of two commits that block each other can continue.
const MAX_READS: usize = 16;

type Decoded = Result<Stored, RecordError>;

/// How pending changes are treated.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOptions<'m> {
    /// Whether the records will be written. Then no undecided change may remain.
    pub is_for_writing: bool,
    /// The marks of the calling commit. What it prepared itself has no effect.
    pub own: &'m [Mark],
    /// The mark under which the calling commit has prepared other records, so that other commits may wait for
    /// it.
    pub holding: Option<&'m Mark>,
}

/// The result of one read for a pending change.
enum Resolution {
    /// It is resolved, or may be ignored.
    Final,
    /// It is undecided, and the caller must not continue before it is decided.
    Blocking,
    /// It is void if it is still there after the primary was read; otherwise it took effect and was settled.
    Void,
}

/// Resolves the pending changes in what was read.
pub fn resolve<E: Environment>(
    environment: &E,
    keys: &[String],
    found: &mut [Decoded],
    options: ReadOptions<'_>,
) -> Result<(), StoreError> {
    for reads in 0..MAX_READS {
        let waiting = waiting(found, options.own);
        let primaries = Primaries::read(environment, keys, found, &waiting)?;
        let (mut blocking, mut void) = (Vec::new(), Vec::new());
        for position in waiting {
            let (Some(key), Some(stored)) = (keys.get(position), found.get_mut(position)) else { continue };
            match primaries.resolve(key, stored, options) {
                Resolution::Final => {}
                Resolution::Blocking => blocking.push(position),
                Resolution::Void => void.push(position),
            }
        }
        confirm_void(environment, keys, found, &void)?;
        if !blocking.is_empty() {
            primaries.prevent_decisions(environment, keys, found, reads, &blocking, options.holding)?;
            read_again(environment, keys, found, &blocking)?;
        } else if void.is_empty() {
            return Ok(());
        }
    }
    Err(StoreError::Unavailable("a commit over several sessions blocks this call".into()))
}

/// Returns the positions of pending changes of other commits. Removes those of the calling commit, which have
/// no effect.
fn waiting(found: &mut [Decoded], own: &[Mark]) -> Vec<usize> {
    let mut waiting = Vec::new();
    for (position, stored) in found.iter_mut().enumerate() {
        let Ok(stored) = stored else { continue };
        match pending_of(stored) {
            Some(pending) if own.contains(&pending.mark) => drop_pending(stored, PendingStatus::Void),
            Some(_) => waiting.push(position),
            None => {}
        }
    }
    waiting
}

fn pending_of(stored: &Stored) -> Option<&Pending> {
    stored.record.as_ref().and_then(|record| record.pending())
}

/// Removes a pending change that does not take effect.
fn drop_pending(stored: &mut Stored, outcome: PendingStatus) {
    stored.record = stored.record.take().map(|record| record.unsettled());
    stored.pending = Some(outcome);
}

/// The primary records, by their keys.
struct Primaries(Ordered<Decoded>);

impl Primaries {
    /// Reads the primaries of these records. A record that is its own primary is undecided as long as its
    /// change is pending.
    fn read<E: Environment>(
        environment: &E,
        keys: &[String],
        found: &[Decoded],
        waiting: &[usize],
    ) -> Result<Self, StoreError> {
        let (mut wanted, mut seen) = (Vec::new(), Ordered::default());
        for position in waiting {
            let Some((Ok(stored), key)) = found.get(*position).zip(keys.get(*position)) else { continue };
            let Some(pending) = pending_of(stored) else { continue };
            if pending.primary != *key && seen.position(&pending.primary).is_none() {
                seen.add(pending.primary.as_str().into(), ());
                wanted.push(pending.primary.clone());
            }
        }
        let mut primaries = Ordered::default();
        if !wanted.is_empty() {
            let records = read_as_stored(environment, &wanted, None)?;
            for (key, record) in wanted.into_iter().zip(records) {
                primaries.add(key.into(), record);
            }
        }
        Ok(Self(primaries))
    }

    /// Resolves one pending change as far as it is decided.
    fn resolve(&self, key: &str, found: &mut Decoded, options: ReadOptions<'_>) -> Resolution {
        let Ok(stored) = found else { return Resolution::Final };
        let Some(pending) = pending_of(stored) else { return Resolution::Final };
        let outcome = if pending.primary == key {
            PendingStatus::Undecided
        } else {
            match self.0.get(&pending.primary) {
                Some(Err(error)) => {
                    *found = Err(RecordError::of_primary(error));
                    return Resolution::Final;
                }
                Some(Ok(Stored { record: Some(record), .. })) => status(pending, Some(record.header())),
                _ => status(pending, None),
            }
        };
        match outcome {
            PendingStatus::Decided => apply_pending(found),
            PendingStatus::Undecided if options.is_for_writing || pending.is_validated => {
                return Resolution::Blocking;
            }
            PendingStatus::Undecided => drop_pending(stored, outcome),
            PendingStatus::Void => return Resolution::Void,
        }
        Resolution::Final
    }

    /// Gives primaries a new mark, so that the blocking changes never take effect. A running commit gets some
    /// time before that, except when two commits wait for each other: then the one with the smaller mark
    /// continues at once.
    fn prevent_decisions<E: Environment>(
        &self,
        environment: &E,
        keys: &[String],
        found: &[Decoded],
        reads: usize,
        blocking: &[usize],
        holding: Option<&Mark>,
    ) -> Result<(), StoreError> {
        let mut writes: Vec<Write> = Vec::new();
        for position in blocking {
            let Some((Ok(stored), key)) = found.get(*position).zip(keys.get(*position)) else { continue };
            let Some(pending) = pending_of(stored) else { continue };
            let goes_first = holding.is_some_and(|own| *own < pending.mark);
            if reads < READS_BEFORE_PREVENTING && !goes_first {
                continue;
            }
            let primary = if pending.primary == *key { Some(stored) } else { self.primary(pending) };
            if writes.iter().all(|write| write.key != pending.primary) {
                writes.extend(primary.and_then(|primary| write_new_mark(environment, primary, pending)));
            }
        }
        if !writes.is_empty() {
            // The next read shows whether these writes were applied.
            environment.write_many(writes)?;
        }
        Ok(())
    }

    fn primary(&self, pending: &Pending) -> Option<&Stored> {
        self.0.get(&pending.primary).and_then(|primary| primary.as_ref().ok())
    }
}

/// Applies a pending change that takes effect.
fn apply_pending(found: &mut Decoded) {
    let taken = core::mem::replace(found, Ok(Stored::default()));
    *found = taken.and_then(|mut stored| {
        stored.record = stored.record.map(|record| record.settled()).transpose()?;
        stored.pending = Some(PendingStatus::Decided);
        Ok(stored)
    });
}

/// The write that gives a primary a new mark, and removes the pending change from it if it is its own
/// primary.
fn write_new_mark<E: Environment>(environment: &E, primary: &Stored, pending: &Pending) -> Option<Write> {
    let (record, version) = (primary.record.as_ref()?, primary.version.clone()?);
    let value = record.with_new_mark(&Mark::fresh(environment), &pending.mark);
    let lifetime = primary.seconds_left.map_or(Lifetime::NeverExpires, |left| Lifetime::Seconds(left.max(1)));
    let change = Change::Put { value, lifetime };
    Some(Write { key: pending.primary.clone(), expects: Expectation::Version(version), change })
}

/// Reads void changes again. One that is still there was not settled before the primary was read, so it was
/// never decided.
fn confirm_void<E: Environment>(
    environment: &E,
    keys: &[String],
    found: &mut [Decoded],
    void: &[usize],
) -> Result<(), StoreError> {
    if void.is_empty() {
        return Ok(());
    }
    let waits = |found: &[Decoded], position: &usize| {
        found.get(*position).and_then(|stored| Some(pending_of(stored.as_ref().ok()?)?.mark))
    };
    let before: Vec<_> = void.iter().map(|position| waits(found, position)).collect();
    read_again(environment, keys, found, void)?;
    for (position, before) in void.iter().zip(before) {
        if waits(found, position) == before
            && let Some(Ok(stored)) = found.get_mut(*position)
        {
            drop_pending(stored, PendingStatus::Void);
        }
    }
    Ok(())
}

/// Reads records again.
fn read_again<E: Environment>(
    environment: &E,
    keys: &[String],
    found: &mut [Decoded],
    blocking: &[usize],
) -> Result<(), StoreError> {
    let wanted: Vec<String> = blocking.iter().filter_map(|position| keys.get(*position).cloned()).collect();
    let again = read_as_stored(environment, &wanted, None)?;
    for (position, again) in blocking.iter().zip(again) {
        let Some(stored) = found.get_mut(*position) else { continue };
        // The first read slid the expiry, so only that read tells how long the session was idle.
        let seconds_left = stored.as_ref().ok().and_then(|stored| stored.seconds_left);
        *stored = again.map(|stored| Stored { seconds_left: seconds_left.or(stored.seconds_left), ..stored });
    }
    Ok(())
}
