//! What the server does at the moment of a scrape.

use std::fmt;

use lovely_session_host::Turns;
use lovely_session_host::serve::Load;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;

use super::labels::SourceLabel;
use crate::sources::{CodeSource, Sources};

#[derive(Debug)]
pub(super) struct LiveCollector {
    load: Load,
    turns: Turns,
    loaded: CodeSource,
}

impl LiveCollector {
    pub(super) fn new(sources: &Sources) -> Self {
        Self { load: sources.load.clone(), turns: sources.turns.clone(), loaded: sources.loaded.clone() }
    }
}

impl Collector for LiveCollector {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let turns = self.turns.statistics();
        gauge(&mut encoder, "requests_running", "Requests whose instances run now", self.load.running())?;
        gauge(&mut encoder, "requests_waiting", "Requests that wait for a slot now", self.load.waiting())?;
        gauge(&mut encoder, "connections", "Connections of clients that are open now", self.load.connections())?;
        gauge(&mut encoder, "busy_sessions", "Sessions for which requests take turns now", turns.hot_keys)?;
        counter(&mut encoder, "turn_waits", "Reads that had to wait for a turn", turns.waits)?;
        counter(
            &mut encoder,
            "turn_wait_timeouts",
            "Reads that continued without a turn, after the longest wait or because the queue was full",
            turns.without_turn,
        )?;
        counter(
            &mut encoder,
            "turns_expired",
            "Turns that ended because they lasted too long while others waited",
            turns.expired,
        )?;
        self.encode_loaded(&mut encoder)
    }
}

impl LiveCollector {
    fn encode_loaded(&self, encoder: &mut DescriptorEncoder) -> Result<(), fmt::Error> {
        let family = Family::<SourceLabel, prometheus_client::metrics::counter::Counter>::default();
        for (source, count) in [("compiled", self.loaded.compiled()), ("cache", self.loaded.from_cache())] {
            family.get_or_create(&SourceLabel { source }).inc_by(count);
        }
        let help = "Applications that were loaded, by where their code came from";
        family.encode(encoder.encode_descriptor("applications_loaded", help, None, family.metric_type())?)
    }
}

/// Writes a gauge.
pub(super) fn gauge(
    encoder: &mut DescriptorEncoder,
    name: &str,
    help: &str,
    value: usize,
) -> Result<(), fmt::Error> {
    let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
    gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
}

/// Writes a counter.
pub(super) fn counter(
    encoder: &mut DescriptorEncoder,
    name: &str,
    help: &str,
    value: u64,
) -> Result<(), fmt::Error> {
    let counter = ConstCounter::new(value);
    counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)
}
