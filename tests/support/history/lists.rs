//! Lists to which transactions append. A read of a list shows the order of all appends to it.

use std::collections::{BTreeMap, BTreeSet};

use super::anomaly::{Anomaly, Phenomenon};
use super::transaction::Value;

/// The lists that transactions read, before they appended to them themselves.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    seen: BTreeMap<String, BTreeMap<Vec<Value>, String>>,
}

impl Lists {
    /// Adds a read of a list, and the name of its transaction.
    pub fn note(&mut self, key: &str, list: Vec<Value>, reader: &str) {
        self.seen.entry(key.to_owned()).or_default().entry(list).or_insert_with(|| reader.to_owned());
    }

    /// Adds the reads of `other`.
    pub fn append(&mut self, other: Self) {
        for (key, lists) in other.seen {
            self.seen.entry(key).or_default().extend(lists);
        }
    }

    /// Finds reads that no order of appends explains: of two states of one list, one must be a prefix of the other, and
    /// no value may be in a list twice.
    #[must_use]
    pub fn check(&self) -> Vec<Anomaly> {
        let mut anomalies = Vec::new();
        for (key, lists) in &self.seen {
            // In lexical order, a list is followed by one that begins with it, if there is one.
            let next = lists.iter().skip(1);
            for ((list, reader), (longer, other)) in lists.iter().zip(next) {
                if !longer.starts_with(list) {
                    let story =
                        format!("  {reader} read {key} = {list:?}\n  {other} read {key} = {longer:?}");
                    anomalies.push(Anomaly::new(Phenomenon::Fork, story));
                }
            }
            for (list, reader) in lists {
                if list.iter().collect::<BTreeSet<_>>().len() < list.len() {
                    let story = format!("  {reader} read {key} = {list:?}");
                    anomalies.push(Anomaly::new(Phenomenon::Twice, story));
                }
            }
        }
        anomalies
    }
}
