//! The dependencies between transactions.

use std::collections::BTreeMap;

use super::anomaly::{Anomaly, Phenomenon};
use super::effects::Effects;
use super::graph::{Graph, Kind};
use super::sources::{Source, Sources};
use super::transaction::Transaction;

/// The dependencies between the transactions that happened. Two transactions that replaced the same version are an
/// anomaly by themselves.
pub(super) fn graph<'h>(
    history: &[Transaction],
    effects: &[Effects<'h>],
    sources: &Sources<'h>,
    anomalies: &mut Vec<Anomaly>,
) -> Graph<'h> {
    let mut graph = Graph::new(history.len());
    for (key, uses) in uses(effects, sources) {
        for (source, version) in &uses.versions {
            version.add_edges(key, *source, &mut graph);
            anomalies.extend(version.lost_update(key, history));
            for &writer in &uses.blind {
                version.add_blind_edges(key, *source, writer, history, &mut graph);
            }
        }
    }
    add_real_time(history, &sources.happened, &mut graph);
    graph
}

/// The uses of a key.
#[derive(Default)]
struct Uses {
    versions: BTreeMap<Source, Version>,
    /// The transactions that wrote it without a read.
    blind: Vec<usize>,
}

/// The uses of a version of a key.
#[derive(Default)]
struct Version {
    readers: Vec<usize>,
    /// The readers that wrote the next version.
    replacers: Vec<usize>,
}

fn uses<'h>(effects: &[Effects<'h>], sources: &Sources<'h>) -> BTreeMap<&'h str, Uses> {
    let mut keys: BTreeMap<&str, Uses> = BTreeMap::new();
    for (index, effect) in effects.iter().enumerate().filter(|(index, _)| sources.happened[*index]) {
        for (&key, &source) in &sources.of[index] {
            let version = keys.entry(key).or_default().versions.entry(source).or_default();
            version.readers.push(index);
            if effect.writes.contains_key(key) {
                version.replacers.push(index);
            }
        }
        for &key in effect.writes.keys().filter(|key| !sources.of[index].contains_key(*key)) {
            keys.entry(key).or_default().blind.push(index);
        }
    }
    keys
}

impl Version {
    fn add_edges<'h>(&self, key: &'h str, source: Source, graph: &mut Graph<'h>) {
        if let Source::Of(writer) = source {
            for &reader in &self.readers {
                graph.add(writer, reader, Kind::WriteRead, key);
            }
            for &replacer in &self.replacers {
                graph.add(writer, replacer, Kind::WriteWrite, key);
            }
        }
        for &replacer in &self.replacers {
            for &reader in &self.readers {
                graph.add(reader, replacer, Kind::ReadWrite, key);
            }
        }
    }

    /// The position of a write without a read follows from real time: a write that began after this version was written
    /// came after its reads, and a write that was over before a read came before the version. Pairs that are ordered by
    /// real time alone get no edge.
    fn add_blind_edges<'h>(
        &self,
        key: &'h str,
        source: Source,
        blind: usize,
        history: &[Transaction],
        graph: &mut Graph<'h>,
    ) {
        let write = &history[blind];
        for &reader in &self.readers {
            let read = &history[reader];
            let follows = match source {
                Source::Initial => true,
                Source::Of(writer) => history[writer].over() < write.begin,
            };
            if follows && write.begin <= read.over() {
                graph.add(reader, blind, Kind::ReadWrite, key);
            }
            if let Source::Of(writer) = source
                && write.over() < read.begin
                && write.over() >= history[writer].begin
            {
                graph.add(blind, writer, Kind::WriteWrite, key);
            }
        }
    }

    fn lost_update(&self, key: &str, history: &[Transaction]) -> Option<Anomaly> {
        if self.replacers.len() < 2 {
            return None;
        }
        let mut story = String::new();
        for &replacer in &self.replacers {
            story += &format!("  {}\n", history[replacer]);
        }
        story += &format!("  they replaced the same version of {key}");
        Some(Anomaly::new(Phenomenon::LostUpdate, story))
    }
}

/// Adds an edge from each transaction to those that began when it was over, except for edges that follow from others.
fn add_real_time(history: &[Transaction], happened: &[bool], graph: &mut Graph<'_>) {
    let mut by_end: Vec<usize> = (0..history.len()).filter(|&index| happened[index]).collect();
    by_end.sort_by_key(|&index| history[index].over());
    let mut latest = 0;
    let latest_begins: Vec<u64> = by_end
        .iter()
        .map(|&index| {
            latest = latest.max(history[index].begin);
            latest
        })
        .collect();
    for &later in &by_end {
        let begin = history[later].begin;
        let over = by_end.partition_point(|&index| history[index].over() < begin);
        let Some(latest) = over.checked_sub(1).map(|last| latest_begins[last]) else { continue };
        let direct = by_end[..over].iter().rev().take_while(|&&index| history[index].over() >= latest);
        for &earlier in direct {
            graph.add(earlier, later, Kind::RealTime, "");
        }
    }
}
