//! The sources of reads: the transactions that wrote what they read.

use std::collections::HashMap;

use super::anomaly::{Anomaly, Phenomenon};
use super::effects::Effects;
use super::transaction::{Status, Transaction, Value};

/// The source of the version of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Source {
    /// None: the key was absent from the beginning.
    Initial,
    /// The transaction with this index.
    Of(usize),
}

/// The sources of all reads.
pub(super) struct Sources<'h> {
    /// The sources of the reads of each transaction, without those that are ambiguous.
    pub(super) of: Vec<HashMap<&'h str, Source>>,
    /// Whether each transaction happened: those that committed, and those with an unknown outcome whose writes were
    /// read.
    pub(super) happened: Vec<bool>,
    /// The number of reads with an ambiguous source.
    pub(super) ambiguous: usize,
}

impl<'h> Sources<'h> {
    pub(super) fn find(
        history: &[Transaction],
        effects: &[Effects<'h>],
        anomalies: &mut Vec<Anomaly>,
    ) -> Self {
        let writers = Writers::of(history, effects);
        let happened = history.iter().map(|transaction| transaction.status == Status::Committed).collect();
        let mut sources = Self { of: Vec::new(), happened, ambiguous: 0 };
        for (reader, effect) in effects.iter().enumerate() {
            let mut of = HashMap::new();
            for (&key, &value) in &effect.reads {
                let found = match value {
                    Some(value) => writers.source_of_value(reader, key, value),
                    None => writers.source_of_absence(reader, key),
                };
                match found {
                    Ok(Some(source)) => {
                        of.insert(key, source);
                    }
                    Ok(None) => sources.ambiguous += 1,
                    Err(anomaly) => anomalies.push(anomaly),
                }
            }
            for source in of.values() {
                if let Source::Of(writer) = *source {
                    sources.happened[writer] |= history[writer].status == Status::Unknown;
                }
            }
            sources.of.push(of);
        }
        sources
    }
}

/// The writers of values and keys.
struct Writers<'a, 'h> {
    history: &'a [Transaction],
    effects: &'a [Effects<'h>],
    /// For each value the transaction that wrote it, whether or not it happened.
    values: HashMap<Value, usize>,
    keys: HashMap<&'h str, KeyWriters>,
}

/// The transactions that wrote one key and may have happened.
#[derive(Default)]
struct KeyWriters {
    removers: Vec<usize>,
    /// For each transaction that left a value: when it began, and when the first one of it and the later ones was over.
    /// In the order of the begins.
    fillings: Vec<(u64, u64)>,
}

impl KeyWriters {
    /// When the key certainly had a value of a transaction that began after this time.
    fn filled_after(&self, time: Option<u64>) -> u64 {
        let later = self.fillings.partition_point(|&(begin, _)| time.is_some_and(|time| begin <= time));
        self.fillings.get(later).map_or(u64::MAX, |&(_, over)| over)
    }
}

impl<'a, 'h> Writers<'a, 'h> {
    fn of(history: &'a [Transaction], effects: &'a [Effects<'h>]) -> Self {
        let mut values = HashMap::new();
        let mut keys: HashMap<&str, KeyWriters> = HashMap::new();
        for (index, effect) in effects.iter().enumerate() {
            let written = effect.writes.values().flatten().chain(&effect.passing);
            values.extend(written.map(|&value| (value, index)));
            if history[index].status == Status::Aborted {
                continue;
            }
            for (&key, value) in &effect.writes {
                let writers = keys.entry(key).or_default();
                match value {
                    Some(_) => writers.fillings.push((history[index].begin, history[index].over())),
                    None => writers.removers.push(index),
                }
            }
        }
        for writers in keys.values_mut() {
            writers.fillings.sort_unstable();
            let mut earliest = u64::MAX;
            for (_, over) in writers.fillings.iter_mut().rev() {
                earliest = earliest.min(*over);
                *over = earliest;
            }
        }
        Self { history, effects, values, keys }
    }

    fn source_of_value(&self, reader: usize, key: &str, value: Value) -> Result<Option<Source>, Anomaly> {
        let read = &self.history[reader];
        let Some(&writer) = self.values.get(&value) else {
            return Err(Anomaly::new(
                Phenomenon::Unwritten,
                format!("  {read}\n  {value} was never written"),
            ));
        };
        let wrote = &self.history[writer];
        let seen = |phenomenon| {
            Err(Anomaly::new(phenomenon, format!("  {wrote}\n  {read}\n  {key} = {value} must not be seen")))
        };
        if wrote.status == Status::Aborted && writer != reader {
            return seen(Phenomenon::G1a);
        }
        match self.effects[writer].writes.get(key) {
            Some(&left) if left == Some(value) && writer != reader => Ok(Some(Source::Of(writer))),
            _ => seen(Phenomenon::G1b),
        }
    }

    /// A key is absent because it was absent from the beginning, or because a transaction removed it. Of several
    /// possible sources, real time can leave one: a removal that began later was not read, and neither was an absence
    /// that was certainly replaced before.
    fn source_of_absence(&self, reader: usize, key: &str) -> Result<Option<Source>, Anomaly> {
        let read = &self.history[reader];
        let Some(writers) = self.keys.get(key) else { return Ok(Some(Source::Initial)) };
        let mut possible: Vec<Source> = vec![Source::Initial];
        possible
            .extend(writers.removers.iter().filter(|&&remover| remover != reader).copied().map(Source::Of));
        if possible.len() > 1 {
            possible.retain(|source| match *source {
                Source::Initial => writers.filled_after(None) >= read.begin,
                Source::Of(remover) => {
                    let remover = &self.history[remover];
                    remover.begin <= read.over() && writers.filled_after(Some(remover.over())) >= read.begin
                }
            });
        }
        match *possible.as_slice() {
            [] => {
                let story = format!("  {read}\n  {key} had been written and cannot have been removed");
                Err(Anomaly::new(Phenomenon::Vanished, story))
            }
            [source] => Ok(Some(source)),
            _ => Ok(None),
        }
    }
}
