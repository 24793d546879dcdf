//! Lists to which transactions append: whoever reads a list sees who appended to it, and in which order.

use std::collections::{BTreeMap, BTreeSet};

use super::anomaly::{Anomaly, Phenomenon};
use super::transaction::Value;

/// The lists that transactions read, before they appended to them themselves.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    seen: BTreeMap<String, BTreeMap<Vec<Value>, String>>,
}

impl Lists {
    /// Notes what was read under a key, and by whom.
    pub fn note(&mut self, key: &str, list: Vec<Value>, reader: &str) {
        self.seen.entry(key.to_owned()).or_default().entry(list).or_insert_with(|| reader.to_owned());
    }

    /// Notes what somebody else has noted.
    pub fn append(&mut self, other: Self) {
        for (key, lists) in other.seen {
            self.seen.entry(key).or_default().extend(lists);
        }
    }

    /// Looks for reads that no order of appending explains: of two states of one list, one must begin with the
    /// other, and no value may be in it twice.
    #[must_use]
    pub fn check(&self) -> Vec<Anomaly> {
        let mut anomalies = Vec::new();
        for (key, lists) in &self.seen {
            // In lexical order, a list is followed by one that begins with it, if there is such a one.
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
