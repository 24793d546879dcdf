//! The labels of metrics. Their numbers are bounded, whatever applications and clients do.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use prometheus_client::encoding::EncodeLabelSet;

/// How many containers have labels of their own.
const MAX_CONTAINERS: usize = 100;

/// The label of all other containers. No container has this name by chance, because it is no name in a store.
pub(super) const OTHER_CONTAINERS: &str = "(other)";

/// The status of a response.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct StatusLabel {
    /// Three digits, or `disconnected` if the client disconnected before the response.
    pub(super) status: String,
}

/// How the transactions of a container ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct CommitLabels {
    pub(super) container: String,
    pub(super) outcome: &'static str,
}

/// What happened to sessions of a container.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct EventLabels {
    pub(super) container: String,
    pub(super) event: &'static str,
}

/// How the calls of components to the store ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct CallLabels {
    pub(super) call: &'static str,
    pub(super) result: &'static str,
}

/// Where the code of an application came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct SourceLabel {
    pub(super) source: &'static str,
}

/// A memcached server.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ServerLabel {
    pub(super) server: String,
}

/// Why calls failed because of a memcached server.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct FailureLabels {
    pub(super) server: String,
    pub(super) reason: &'static str,
}

/// Gives the first containers labels of their own, and all others one together.
#[derive(Debug, Default)]
pub(super) struct Containers(Mutex<HashSet<String>>);

impl Containers {
    pub(super) fn label(&self, container: &str) -> String {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(container) {
            return container.to_owned();
        }
        if known.len() >= MAX_CONTAINERS {
            return OTHER_CONTAINERS.to_owned();
        }
        known.insert(container.to_owned());
        container.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_containers_share_a_bounded_number_of_labels() {
        let containers = Containers::default();
        let labels = |containers: &Containers| -> HashSet<String> {
            (0..10_000).map(|n| containers.label(&format!("c{n}"))).collect()
        };
        let first = labels(&containers);
        assert_eq!(first.len(), MAX_CONTAINERS + 1);
        assert!(first.contains("c0") && first.contains(OTHER_CONTAINERS));
        assert_eq!(labels(&containers), first, "a container keeps its label");
    }
}
