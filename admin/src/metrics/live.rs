//! What the server does at the moment of a scrape.

use std::fmt;

use lovely_session_host::Turns;
use lovely_session_host::serve::Load;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::labels::SourceLabel;
use super::write::{counter, counters, gauge};
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

    fn encode_turns(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let turns = self.turns.statistics();
        gauge(encoder, "busy_sessions", "Sessions for which requests take turns now", turns.hot_keys)?;
        counter(encoder, "turn_waits", "Reads that had to wait for a turn", turns.waits)?;
        let help =
            "Reads that continued without a turn, after the longest wait or because the queue was full";
        counter(encoder, "turn_wait_timeouts", help, turns.without_turn)?;
        let help = "Turns that ended because they lasted too long while others waited";
        counter(encoder, "turns_expired", help, turns.expired)
    }
}

impl Collector for LiveCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let load = &self.load;
        gauge(&mut encoder, "requests_running", "Requests whose instances run now", load.running())?;
        gauge(&mut encoder, "requests_waiting", "Requests that wait for a slot now", load.waiting())?;
        gauge(&mut encoder, "connections", "Connections of clients that are open now", load.connections())?;
        let help = "Connections that were refused, because too many were open";
        counter(&mut encoder, "connections_refused", help, load.refused_connections())?;
        self.encode_turns(&mut encoder)?;
        let sources = [("compiled", self.loaded.compiled()), ("cache", self.loaded.from_cache())];
        let sources = sources.map(|(source, count)| (SourceLabel { source }, count));
        let help = "Applications that were loaded, by where their code came from";
        counters(&mut encoder, "applications_loaded", help, sources)
    }
}
