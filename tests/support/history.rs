//! Checks a recorded history of transactions: could they have run one after another, in an order that agrees
//! with real time?
//!
//! The method is that of Elle (Kingsbury and Alvaro, "Elle: Inferring Isolation Anomalies from Experimental
//! Observations", 2020). Every value is written once, so a read tells which transaction it depends on, and a
//! transaction that reads a key and writes it tells which version it replaced. From that follow the
//! dependencies of Adya's theory; a cycle of them is an anomaly, and a history without one is serializable.
//!
//! The check is of one register of keys; where transactions span several sessions, a key is named by its session,
//! too, and the check requires one order over all sessions. Dependencies that hold only in some orders would give false
//! anomalies, so ambiguous cases add no dependency: an absent key with several possible reasons, and the order of
//! overlapping writes without reads.

#![allow(clippy::indexing_slicing, reason = "the indexes are those of the same history")]

mod anomaly;
mod cycles;
mod dependencies;
mod effects;
mod graph;
mod lists;
mod sources;
mod transaction;

pub use self::anomaly::{Anomaly, Phenomenon};
pub use self::lists::Lists;
pub use self::transaction::{Op, Status, Transaction, Value};

use std::fmt;
use std::ops::AddAssign;

use self::effects::Effects;
use self::graph::{Graph, Kind};
use self::sources::Sources;

/// The result of checking a history.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The anomalies; none if the history is serializable.
    pub anomalies: Vec<Anomaly>,
    /// The dependencies that were found.
    pub evidence: Evidence,
}

impl Report {
    /// Whether this phenomenon was found.
    #[must_use]
    pub fn shows(&self, phenomenon: Phenomenon) -> bool {
        self.anomalies.iter().any(|anomaly| anomaly.phenomenon == phenomenon)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.anomalies.iter().try_for_each(|anomaly| writeln!(f, "{anomaly}"))?;
        write!(f, "{} anomalies; {}", self.anomalies.len(), self.evidence)
    }
}

/// The number of dependencies in a history: a check of few dependencies proves little.
#[derive(Clone, Copy, Debug, Default)]
pub struct Evidence {
    /// Transactions that happened.
    pub transactions: usize,
    /// Dependencies of a write on the write that it replaced.
    pub write_write: usize,
    /// Dependencies of a read on the write that it saw.
    pub write_read: usize,
    /// Dependencies of a write on the reads of what it replaced.
    pub read_write: usize,
    /// Pairs of transactions that follow each other in real time.
    pub real_time: usize,
    /// Reads of an absent key that could have been absent for several reasons.
    pub ambiguous: usize,
}

impl AddAssign for Evidence {
    fn add_assign(&mut self, other: Self) {
        self.transactions += other.transactions;
        self.write_write += other.write_write;
        self.write_read += other.write_read;
        self.read_write += other.read_write;
        self.real_time += other.real_time;
        self.ambiguous += other.ambiguous;
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} transactions, edges: {} ww, {} wr, {} rw, {} real-time; {} absences unexplained",
            self.transactions,
            self.write_write,
            self.write_read,
            self.read_write,
            self.real_time,
            self.ambiguous
        )
    }
}

/// Checks a history, which must hold every transaction that wrote to these keys, from when they were absent.
#[must_use]
pub fn check(history: &[Transaction]) -> Report {
    let effects: Vec<Effects<'_>> = history.iter().map(Effects::of).collect();
    let mut anomalies: Vec<Anomaly> =
        effects.iter().flat_map(|effects| effects.anomalies.iter().cloned()).collect();
    let sources = Sources::find(history, &effects, &mut anomalies);
    let graph = dependencies::graph(history, &effects, &sources, &mut anomalies);
    anomalies.extend(cycles::find(history, &graph));
    Report { anomalies, evidence: evidence(&sources, &graph) }
}

fn evidence(sources: &Sources<'_>, graph: &Graph<'_>) -> Evidence {
    Evidence {
        transactions: sources.happened.iter().filter(|&&happened| happened).count(),
        write_write: graph.count(Kind::WriteWrite),
        write_read: graph.count(Kind::WriteRead),
        read_write: graph.count(Kind::ReadWrite),
        real_time: graph.count(Kind::RealTime),
        ambiguous: sources.ambiguous,
    }
}
