//! Finding out what became of pending changes, and making undecided ones impossible that are in the way.

use alloc::string::String;
use alloc::vec::Vec;

use super::entry::{Stored, read_as_stored};
use super::status::{Outcome, status};
use crate::environment::{Change, Environment, Expectation, Lifetime, StoreError, Write};
use crate::ordered::Ordered;
use crate::record::{Mark, Pending, RecordError};

/// How often an undecided change is looked at again before its decision is made impossible. A commit that is
/// alive decides within two round trips of its own.
const PATIENCE: usize = 2;

/// How often an undecided change is looked at in all, before the read gives up. A commit over several records gives
/// up earlier, so that one of the two gets on.
const MAX_LOOKS: usize = 16;

type Decoded = Result<Stored, RecordError>;

/// How pending changes are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading<'m> {
    /// Whether the records are to be written, so that nothing undecided may be there.
    pub is_for_writing: bool,
    /// The marks of the own commit. What they prepared is known not to count.
    pub own: &'m [Mark],
    /// The mark under which the own commit has prepared other records, so that others may be waiting for it.
    pub holds: Option<&'m Mark>,
}

/// What one look says of a pending change.
enum Verdict {
    /// It is settled one way or the other, or may be read as it is.
    Final,
    /// It is undecided, and nobody may pass.
    InTheWay,
    /// It does not count, if it is still there: one that counted is forgotten once it is settled.
    Void,
}

/// Finds out what became of the changes that are pending in what was read.
pub fn resolve<E: Environment>(
    environment: &E,
    keys: &[String],
    found: &mut [Decoded],
    reading: Reading<'_>,
) -> Result<(), StoreError> {
    for look in 0..MAX_LOOKS {
        let waiting = waiting(found, reading.own);
        let primaries = Primaries::read(environment, keys, found, &waiting)?;
        let (mut in_the_way, mut void) = (Vec::new(), Vec::new());
        for number in waiting {
            let (Some(key), Some(stored)) = (keys.get(number), found.get_mut(number)) else { continue };
            match primaries.settle(key, stored, reading) {
                Verdict::Final => {}
                Verdict::InTheWay => in_the_way.push(number),
                Verdict::Void => void.push(number),
            }
        }
        confirm_void(environment, keys, found, &void)?;
        if !in_the_way.is_empty() {
            primaries.make_impossible(environment, keys, found, look, &in_the_way, reading.holds)?;
            look_again(environment, keys, found, &in_the_way)?;
        } else if void.is_empty() {
            return Ok(());
        }
    }
    Err(StoreError::Unavailable("a commit over several sessions is in the way and does not end".into()))
}

/// What has a pending change of another commit. Those of the own commit are taken away: they do not count.
fn waiting(found: &mut [Decoded], own: &[Mark]) -> Vec<usize> {
    let mut waiting = Vec::new();
    for (number, stored) in found.iter_mut().enumerate() {
        let Ok(stored) = stored else { continue };
        match pending_of(stored) {
            Some(pending) if own.contains(&pending.mark) => finish(stored, Outcome::Void),
            Some(_) => waiting.push(number),
            None => {}
        }
    }
    waiting
}

fn pending_of(stored: &Stored) -> Option<&Pending> {
    stored.record.as_ref().and_then(|record| record.pending())
}

/// Takes the pending change away that does not count.
fn finish(stored: &mut Stored, outcome: Outcome) {
    stored.record = stored.record.take().map(|record| record.unsettled());
    stored.pending = Some(outcome);
}

/// The records that decide, by their keys.
struct Primaries(Ordered<Decoded>);

impl Primaries {
    /// Reads the primaries of these records. One that is its own primary is undecided as long as it waits.
    fn read<E: Environment>(
        environment: &E,
        keys: &[String],
        found: &[Decoded],
        waiting: &[usize],
    ) -> Result<Self, StoreError> {
        let (mut wanted, mut seen) = (Vec::new(), Ordered::default());
        for number in waiting {
            let Some((Ok(stored), key)) = found.get(*number).zip(keys.get(*number)) else { continue };
            let Some(pending) = pending_of(stored) else { continue };
            if pending.primary != *key && seen.place(&pending.primary).is_none() {
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

    /// Takes in what became of a pending change.
    fn settle(&self, key: &str, found: &mut Decoded, reading: Reading<'_>) -> Verdict {
        let Ok(stored) = found else { return Verdict::Final };
        let Some(pending) = pending_of(stored) else { return Verdict::Final };
        let outcome = if pending.primary == key {
            Outcome::Undecided
        } else {
            match self.0.get(&pending.primary) {
                Some(Err(error)) => {
                    *found = Err(RecordError::of_primary(error));
                    return Verdict::Final;
                }
                Some(Ok(Stored { record: Some(record), .. })) => status(pending, Some(record.header())),
                _ => status(pending, None),
            }
        };
        match outcome {
            Outcome::Decided => apply(found),
            Outcome::Undecided if reading.is_for_writing || pending.is_validated => return Verdict::InTheWay,
            Outcome::Undecided => finish(stored, outcome),
            Outcome::Void => return Verdict::Void,
        }
        Verdict::Final
    }

    /// Gives primaries another mark, so that what waits for them never counts. A commit that is alive gets
    /// some time before that; but where two commits wait for each other, the one with the smaller mark goes on.
    fn make_impossible<E: Environment>(
        &self,
        environment: &E,
        keys: &[String],
        found: &[Decoded],
        look: usize,
        in_the_way: &[usize],
        holds: Option<&Mark>,
    ) -> Result<(), StoreError> {
        let mut writes: Vec<Write> = Vec::new();
        for number in in_the_way {
            let Some((Ok(stored), key)) = found.get(*number).zip(keys.get(*number)) else { continue };
            let Some(pending) = pending_of(stored) else { continue };
            let has_right_of_way = holds.is_some_and(|own| *own < pending.mark);
            if look < PATIENCE && !has_right_of_way {
                continue;
            }
            let primary = if pending.primary == *key { Some(stored) } else { self.primary(pending) };
            if writes.iter().all(|write| write.key != pending.primary) {
                writes.extend(primary.and_then(|primary| pass_over(environment, primary, pending)));
            }
        }
        if !writes.is_empty() {
            // Whatever comes of it, the next look tells.
            environment.write_many(writes)?;
        }
        Ok(())
    }

    fn primary(&self, pending: &Pending) -> Option<&Stored> {
        self.0.get(&pending.primary).and_then(|primary| primary.as_ref().ok())
    }
}

/// Applies the pending change that counts.
fn apply(found: &mut Decoded) {
    let taken = core::mem::replace(found, Ok(Stored::default()));
    *found = taken.and_then(|mut stored| {
        stored.record = stored.record.map(|record| record.settled()).transpose()?;
        stored.pending = Some(Outcome::Decided);
        Ok(stored)
    });
}

/// The write that leaves a primary as it is, but for a new mark; if it waits itself, it does no more.
fn pass_over<E: Environment>(environment: &E, primary: &Stored, pending: &Pending) -> Option<Write> {
    let (record, version) = (primary.record.as_ref()?, primary.version.clone()?);
    let value = record.passed_over(&Mark::fresh(environment), &pending.mark);
    let lifetime = primary.seconds_left.map_or(Lifetime::NeverExpires, |left| Lifetime::Seconds(left.max(1)));
    let change = Change::Put { value, lifetime };
    Some(Write { key: pending.primary.clone(), expects: Expectation::Version(version), change })
}

/// Reads again what does not count: what is still the same was not settled meanwhile, so nothing was decided
/// and forgotten before the primary was read.
fn confirm_void<E: Environment>(
    environment: &E,
    keys: &[String],
    found: &mut [Decoded],
    void: &[usize],
) -> Result<(), StoreError> {
    if void.is_empty() {
        return Ok(());
    }
    let waits = |found: &[Decoded], number: &usize| {
        found.get(*number).and_then(|stored| Some(pending_of(stored.as_ref().ok()?)?.mark))
    };
    let before: Vec<_> = void.iter().map(|number| waits(found, number)).collect();
    look_again(environment, keys, found, void)?;
    for (number, before) in void.iter().zip(before) {
        if waits(found, number) == before
            && let Some(Ok(stored)) = found.get_mut(*number)
        {
            finish(stored, Outcome::Void);
        }
    }
    Ok(())
}

/// Reads again what is undecided.
fn look_again<E: Environment>(
    environment: &E,
    keys: &[String],
    found: &mut [Decoded],
    in_the_way: &[usize],
) -> Result<(), StoreError> {
    let wanted: Vec<String> = in_the_way.iter().filter_map(|number| keys.get(*number).cloned()).collect();
    let again = read_as_stored(environment, &wanted, None)?;
    for (number, again) in in_the_way.iter().zip(again) {
        let Some(place) = found.get_mut(*number) else { continue };
        // The first read slid the expiry, and only it can tell how long the session was idle.
        let seconds_left = place.as_ref().ok().and_then(|stored| stored.seconds_left);
        *place = again.map(|stored| Stored { seconds_left: seconds_left.or(stored.seconds_left), ..stored });
    }
    Ok(())
}
