//! The metrics for Prometheus.

mod labels;
mod live;
mod process;
mod servers;
mod write;

use std::fmt;

use lovely_session_host::serve::{
    Observer, Participation, RequestReport, TransactionOutcome, TransactionReport,
};
use lovely_session_host::{CallKind, OpenStore, StoreCall};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use self::labels::{CallLabels, CommitLabels, Containers, EventLabels, StatusLabel};
use self::live::LiveCollector;
use self::process::ProcessCollector;
use self::servers::ServersCollector;
use crate::server_statistics::ServerStatisticsCache;
use crate::sources::Sources;

/// The upper bounds of the time that requests take, in seconds.
const SECONDS: [f64; 15] =
    [0.000_25, 0.000_5, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 20.0];

const MIB: f64 = 1_048_576.0;

/// The upper bounds of the memory of an instance, in bytes.
const BYTES: [f64; 8] =
    [1.0 * MIB, 2.0 * MIB, 4.0 * MIB, 8.0 * MIB, 16.0 * MIB, 32.0 * MIB, 64.0 * MIB, 256.0 * MIB];

/// Counts what a server reports.
///
/// Labels hold no ids and no values, and their number is bounded: the first 100 containers have labels of their own, and
/// all others share `(other)`.
pub struct Metrics {
    registry: Registry,
    counts: Counts,
    store: OpenStore,
    statistics: ServerStatisticsCache,
}

struct Counts {
    requests: Family<StatusLabel, Counter>,
    duration: Histogram,
    memory: Histogram,
    instances: Counter,
    commits: Family<CommitLabels, Counter>,
    events: Family<EventLabels, Counter>,
    reruns: Counter,
    calls: Family<CallLabels, Counter>,
    containers: Containers,
}

impl Metrics {
    /// Metrics of a server. What `sources` tell is read at each [`Metrics::encode`].
    pub fn new(sources: &Sources) -> Self {
        let counts = Counts {
            requests: Family::default(),
            duration: Histogram::new(SECONDS),
            memory: Histogram::new(BYTES),
            instances: Counter::default(),
            commits: Family::default(),
            events: Family::default(),
            reruns: Counter::default(),
            calls: Family::default(),
            containers: Containers::default(),
        };
        let mut registry = Registry::default();
        // These have the names that they have in every process.
        registry.register_collector(Box::new(ProcessCollector::new(sources.started)));
        let own = registry.sub_registry_with_prefix("lovely_session");
        counts.register(own);
        own.register_collector(Box::new(LiveCollector::new(sources)));
        let statistics = ServerStatisticsCache::default();
        if let Some(store) = sources.store.memcached() {
            own.register_collector(Box::new(ServersCollector::new(store.clone(), statistics.clone())));
        }
        Self { registry, counts, store: sources.store.clone(), statistics }
    }

    /// Returns the metrics in the text format of OpenMetrics 1.0. Asks memcached servers for their statistics, for at
    /// most a second.
    ///
    /// # Errors
    ///
    /// When a metric cannot be written as text.
    pub async fn encode(&self) -> Result<String, fmt::Error> {
        if let Some(store) = self.store.memcached() {
            self.statistics.refresh(store).await;
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl Counts {
    fn register(&self, registry: &mut Registry) {
        registry.register("requests", "Requests, by the status of the response", self.requests.clone());
        registry.register_with_unit(
            "request_duration",
            "Time from the head of a request to the end of its response",
            Unit::Seconds,
            self.duration.clone(),
        );
        registry.register("instances", "Instances of the application that were made", self.instances.clone());
        registry.register_with_unit(
            "instance_memory",
            "Largest memory of an instance, with what the host held for it",
            Unit::Bytes,
            self.memory.clone(),
        );
        registry.register(
            "commits",
            "Transactions, by how they ended; one over several containers counts for each of them",
            self.commits.clone(),
        );
        registry.register("session_events", "What happened to sessions", self.events.clone());
        registry.register("reruns", "Transactions that ran again after a conflict", self.reruns.clone());
        registry.register("store_calls", "Calls of components to the store, by result", self.calls.clone());
    }

    fn count_transaction(&self, transaction: &TransactionReport) {
        for part in &transaction.containers {
            let container = self.containers.label(&part.container);
            if transaction.outcome != TransactionOutcome::Aborted {
                let outcome = transaction.outcome.name();
                let labels = CommitLabels { container: container.clone(), outcome };
                self.commits.get_or_create(&labels).inc();
            }
            self.count_events(&container, part);
        }
    }

    fn count_events(&self, container: &str, part: &Participation) {
        let events = [
            ("begun", part.begun),
            ("renewed", part.renewed),
            ("ended", part.ended),
            ("refused", part.refused),
        ];
        for (event, count) in events.into_iter().filter(|(_, count)| *count > 0) {
            let labels = EventLabels { container: container.to_owned(), event };
            self.events.get_or_create(&labels).inc_by(count.into());
        }
    }

    fn count_call(&self, call: &StoreCall) {
        let kind = match call.kind {
            CallKind::Read => "read",
            CallKind::Write => "write",
        };
        self.calls.get_or_create(&CallLabels { call: kind, result: call.result.name() }).inc();
    }
}

impl Observer for Metrics {
    fn request_ended(&self, report: RequestReport) {
        let counts = &self.counts;
        let status = report.status.map_or("disconnected".to_owned(), |status| status.as_str().to_owned());
        counts.requests.get_or_create(&StatusLabel { status }).inc();
        counts.duration.observe(report.responded_after.as_secs_f64());
        if report.started_after.is_some() {
            counts.instances.inc();
            counts.memory.observe(report.memory as f64);
        }
        counts.reruns.inc_by(u64::try_from(report.reruns()).unwrap_or(u64::MAX));
        report.transactions.iter().for_each(|transaction| counts.count_transaction(transaction));
        report.calls.iter().for_each(|call| counts.count_call(call));
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}
