//! The steps after the decision, and the removal of what was prepared when there is none.

use alloc::string::String;
use alloc::vec::Vec;

use super::context::Commit;
use super::new_record::NewRecord;
use crate::environment::{self, Environment, Expectation, Lifetime, Outcome, Write};
use crate::ordered::Ordered;
use crate::record::{Decision, Mark};
use crate::stored;

/// How many decisions a record remembers before they are settled and removed.
const MAX_DECISIONS: usize = 8;

/// How many other records the decisions of a record may name before they are settled and removed.
const MAX_DECIDED_KEYS: usize = 64;

impl<E: Environment> Commit<'_, E> {
    /// Writes the new content of the other records. The commit does not depend on it: a reader of an
    /// unsettled record finds the decision in the primary.
    pub fn settle(&self, new_records: Vec<NewRecord>) {
        if new_records.is_empty() {
            return;
        }
        let others = self.participants.iter().skip(1);
        let writes = others
            .zip(new_records)
            .map(|(participant, new_record)| self.write(participant, new_record))
            .collect();
        let _ = self.environment.write_many(writes);
    }

    /// Removes what was prepared, so that no other commit has to wait for it. If that fails, the pending
    /// change has no effect, and the next writer removes it.
    pub fn release(&mut self) {
        let prepared = self.participants.iter().filter(|participant| participant.is_prepared);
        let writes: Vec<Write> = prepared.map(|participant| self.released_write(participant)).collect();
        if !writes.is_empty() {
            let _ = self.environment.write_many(writes);
        }
    }

    /// Makes room in the primary for one more decision: settles the decisions in it, and notes that they can
    /// be removed. One that cannot be settled now is kept.
    pub fn make_room(&mut self) {
        let takes_a_decision = self.participants.len() > 1;
        let Some(primary) = self.participants.first_mut() else { return };
        let Some(record) = &primary.base().record else { return };
        let decisions = &record.header().decisions;
        let keys: usize = decisions.iter().map(|decision| decision.keys.len()).sum();
        let is_full = takes_a_decision && decisions.len() >= MAX_DECISIONS || keys > MAX_DECIDED_KEYS;
        if is_full && primary.settled_decisions.is_empty() {
            primary.settled_decisions = settle_all(self.environment, decisions);
        }
    }
}

/// Settles decisions. Returns the marks of those that no record waits for any more.
fn settle_all<E: Environment>(environment: &E, decisions: &[Decision]) -> Vec<Mark> {
    let waiting: Vec<(&Mark, String)> = decisions
        .iter()
        .flat_map(|decision| decision.keys.iter().map(move |key| (&decision.mark, key.clone())))
        .collect();
    let (mut keys, mut seen) = (Vec::new(), Ordered::default());
    for (_, key) in &waiting {
        if seen.position(key).is_none() {
            seen.add(key.as_str().into(), ());
            keys.push(key.clone());
        }
    }
    let Ok(found) = stored::read_as_stored(environment, &keys, None) else { return Vec::new() };
    let (mut writes, mut marks, mut unsettled) = (Vec::new(), Vec::new(), Vec::new());
    for (key, found) in keys.into_iter().zip(found) {
        let Ok(stored) = found else {
            unsettled.extend(waiting.iter().filter(|(_, waits)| *waits == key).map(|(mark, _)| *mark));
            continue;
        };
        let (Some(record), Some(version)) = (stored.record, stored.version) else { continue };
        let Some(pending) = record.pending() else { continue };
        let Some(mark) = decisions.iter().map(|decision| &decision.mark).find(|mark| **mark == pending.mark)
        else {
            continue;
        };
        let Ok(settled) = record.settled() else {
            unsettled.push(mark);
            continue;
        };
        let lifetime =
            stored.seconds_left.map_or(Lifetime::NeverExpires, |left| Lifetime::Seconds(left.max(1)));
        let change = environment::Change::Put { value: settled.bytes().to_vec(), lifetime };
        writes.push(Write { key, expects: Expectation::Version(version), change });
        marks.push(mark);
    }
    if !writes.is_empty() {
        let outcomes = environment.write_many(writes).unwrap_or_default();
        let mut outcomes = outcomes.into_iter().chain(core::iter::repeat(Outcome::Unknown));
        for mark in marks {
            if !matches!(outcomes.next(), Some(Outcome::Applied(_) | Outcome::Stale | Outcome::Missing)) {
                unsettled.push(mark);
            }
        }
    }
    let marks = decisions.iter().map(|decision| &decision.mark);
    marks.filter(|mark| !unsettled.contains(mark)).cloned().collect()
}
