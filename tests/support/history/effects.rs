//! The reads and writes of a transaction, as others see them.

use std::collections::{BTreeMap, BTreeSet};

use super::anomaly::{Anomaly, Phenomenon};
use super::transaction::{Op, Transaction, Value};

/// The effects of one transaction.
#[derive(Default)]
pub(super) struct Effects<'h> {
    /// What it read in keys that it had not written. If it read different values, that is an anomaly.
    pub(super) reads: BTreeMap<&'h str, Option<Value>>,
    /// The last values that it wrote. A removal of a key that it has read as absent is not a write.
    pub(super) writes: BTreeMap<&'h str, Option<Value>>,
    /// The values that it wrote and replaced or rolled back.
    pub(super) passing: BTreeSet<Value>,
    /// Anomalies within the transaction.
    pub(super) anomalies: Vec<Anomaly>,
}

impl<'h> Effects<'h> {
    pub(super) fn of(transaction: &'h Transaction) -> Self {
        let mut effects = Self::default();
        let mut savepoints = Vec::new();
        for op in &transaction.ops {
            match op {
                Op::Read(key, value) => effects.read(key, *value, transaction),
                Op::Write(key, value) => {
                    effects.writes.insert(key, *value);
                    effects.passing.extend(*value);
                }
                Op::Savepoint => savepoints.push(effects.writes.clone()),
                Op::Rollback(number) => {
                    savepoints.truncate(number + 1);
                    effects.writes = savepoints[*number].clone();
                }
            }
        }
        let Self { reads, writes, passing, .. } = &mut effects;
        writes.retain(|key, value| value.is_some() || reads.get(key) != Some(&None));
        writes.values().flatten().for_each(|value| {
            passing.remove(value);
        });
        effects
    }

    fn read(&mut self, key: &'h str, value: Option<Value>, transaction: &Transaction) {
        let expected = self.writes.get(key).or_else(|| self.reads.get(key));
        match expected {
            Some(expected) if *expected != value => {
                let story = format!("  {transaction}\n  {key} should have held {expected:?}, not {value:?}");
                self.anomalies.push(Anomaly::new(Phenomenon::Internal, story));
            }
            Some(_) => {}
            None => {
                self.reads.insert(key, value);
            }
        }
    }
}
