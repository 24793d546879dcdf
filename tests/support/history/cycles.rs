//! Finds cycles, and classifies them as anomalies.

use std::collections::BTreeMap;

use super::anomaly::{Anomaly, Phenomenon};
use super::graph::{Edge, Graph, Kind, Kinds};
use super::transaction::Transaction;

/// The number of edges of a component that are tried as the beginning of its shortest cycle. All of them would take too
/// long where nearly all transactions are in one cycle.
const TRIES: usize = 500;

/// The kinds of edges in a cycle: the first edge, and the path back.
struct Search {
    phenomenon: Phenomenon,
    first: Kind,
    back: &'static [Kind],
}

/// From the worst kind to the least bad. Each search also finds the cycles of the ones before it.
const SEARCHES: [Search; 4] = [
    Search { phenomenon: Phenomenon::G0, first: Kind::WriteWrite, back: &[Kind::WriteWrite] },
    Search {
        phenomenon: Phenomenon::G1c,
        first: Kind::WriteRead,
        back: &[Kind::WriteWrite, Kind::WriteRead],
    },
    Search {
        phenomenon: Phenomenon::GSingle,
        first: Kind::ReadWrite,
        back: &[Kind::WriteWrite, Kind::WriteRead],
    },
    Search {
        phenomenon: Phenomenon::G2,
        first: Kind::ReadWrite,
        back: &[Kind::WriteWrite, Kind::WriteRead, Kind::ReadWrite],
    },
];

/// The anomalies that are cycles: of each group of transactions that are in a cycle with each other, a
/// shortest one of each kind.
pub(super) fn find(history: &[Transaction], graph: &Graph<'_>) -> Vec<Anomaly> {
    let mut anomalies = Vec::new();
    for real_time in [false, true] {
        for search in &SEARCHES {
            for cycle in search.cycles(graph, real_time) {
                let story = story(history, &cycle);
                anomalies.push(Anomaly { phenomenon: search.phenomenon, real_time, story });
            }
        }
    }
    anomalies
}

impl Search {
    fn cycles<'h>(&self, graph: &Graph<'h>, real_time: bool) -> Vec<Vec<Edge<'h>>> {
        let data = Kinds::of(self.back);
        let back = if real_time { data.and(Kind::RealTime) } else { data };
        let components = graph.components(back.and(self.first));
        let mut tries: BTreeMap<usize, usize> = BTreeMap::new();
        let mut shortest: BTreeMap<usize, Vec<Edge<'h>>> = BTreeMap::new();
        for edge in graph.edges(Kinds::of(&[self.first])) {
            let component = components[edge.from];
            let tries = tries.entry(component).or_default();
            if component != components[edge.to] || *tries == TRIES {
                continue;
            }
            *tries += 1;
            let Some(mut cycle) = graph.path(edge.to, edge.from, back) else { continue };
            cycle.insert(0, edge);
            let best = shortest.get(&component).map_or(usize::MAX, Vec::len);
            if self.is_new(&cycle, real_time) && cycle.len() < best {
                shortest.insert(component, cycle);
            }
        }
        shortest.into_values().collect()
    }

    /// Whether a cycle is not found by the search for a worse phenomenon, or by the one without real time.
    fn is_new(&self, cycle: &[Edge<'_>], real_time: bool) -> bool {
        let count = |kind| cycle.iter().filter(|edge| edge.kind == kind).count();
        let in_time = (count(Kind::RealTime) > 0) == real_time;
        in_time && (self.phenomenon != Phenomenon::G2 || count(Kind::ReadWrite) > 1)
    }
}

fn story(history: &[Transaction], cycle: &[Edge<'_>]) -> String {
    let transactions = cycle.iter().map(|edge| format!("  {}", history[edge.from]));
    let reasons = cycle.iter().map(|edge| format!("  {}", reason(history, edge)));
    transactions.chain(reasons).collect::<Vec<_>>().join("\n")
}

fn reason(history: &[Transaction], edge: &Edge<'_>) -> String {
    let (from, to, key) = (&history[edge.from].name, &history[edge.to].name, edge.key);
    match edge.kind {
        Kind::WriteWrite => format!("{from} wrote {key} before {to} did (ww)"),
        Kind::WriteRead => format!("{from} wrote {key} as {to} read it (wr)"),
        Kind::ReadWrite => format!("{from} read {key} as it was before {to} wrote it (rw)"),
        Kind::RealTime => format!("{from} was over before {to} began (real time)"),
    }
}
