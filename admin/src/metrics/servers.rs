//! The memcached servers: how the store sees them, and what they tell about themselves.

use std::fmt;
use std::sync::Arc;

use lovely_session_host::{LATENCY_BOUNDS, Memcached, ServerState, ServerStatus, Statistics};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

use super::labels::{FailureLabels, ServerLabel};
use super::write::{counters, gauges};
use crate::server_statistics::ServerStatisticsCache;

#[derive(Debug)]
pub(super) struct ServersCollector {
    store: Arc<Memcached>,
    statistics: ServerStatisticsCache,
}

impl ServersCollector {
    pub(super) fn new(store: Arc<Memcached>, statistics: ServerStatisticsCache) -> Self {
        Self { store, statistics }
    }
}

impl Collector for ServersCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let servers = self.store.servers();
        encode_state(&mut encoder, &servers)?;
        encode_failures(&mut encoder, &servers)?;
        encode_latencies(&mut encoder, &servers)?;
        self.encode_statistics(encoder)
    }
}

/// A number of a server.
type ServerNumber = fn(&ServerStatus) -> u64;

/// What the store knows of its servers.
fn encode_state(encoder: &mut DescriptorEncoder<'_>, servers: &[ServerStatus]) -> Result<(), fmt::Error> {
    let all = |number: ServerNumber| servers.iter().map(move |server| (label(&server.name), number(server)));
    let is_up = |server: &ServerStatus| u64::from(server.state == ServerState::Connected);
    gauges(encoder, "store_server_up", "Whether the server replies", all(is_up))?;
    let connections = |server: &ServerStatus| u64::try_from(server.connections).unwrap_or(u64::MAX);
    gauges(encoder, "store_connections", "Connections to the server that are open now", all(connections))?;
    let round_trips = |server: &ServerStatus| server.round_trips.count();
    counters(encoder, "store_round_trips", "Round trips that were completed", all(round_trips))?;
    counters(encoder, "store_sent_bytes", "Bytes of calls that were sent", all(|server| server.bytes_sent))?;
    let received: ServerNumber = |server| server.bytes_received;
    counters(encoder, "store_received_bytes", "Bytes of replies that came", all(received))
}

fn encode_failures(encoder: &mut DescriptorEncoder<'_>, servers: &[ServerStatus]) -> Result<(), fmt::Error> {
    let failures = servers.iter().flat_map(|server| {
        let labels = |reason| FailureLabels { server: server.name.clone(), reason };
        server.failures.iter().map(move |(reason, count)| (labels(reason.name()), *count))
    });
    counters(encoder, "store_errors", "Calls that failed because of the server, by reason", failures)
}

fn encode_latencies(encoder: &mut DescriptorEncoder<'_>, servers: &[ServerStatus]) -> Result<(), fmt::Error> {
    let help = "Time of round trips to the server";
    let name = "store_round_trip_duration";
    let mut family = encoder.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Histogram)?;
    let bounds = LATENCY_BOUNDS.iter().map(|bound| bound.as_secs_f64()).chain([f64::INFINITY]);
    for server in servers {
        let trips = &server.round_trips;
        let buckets: Vec<_> = bounds.clone().zip(trips.counts).collect();
        family.encode_family(&label(&server.name))?.encode_histogram::<NoLabelSet>(
            trips.sum.as_secs_f64(),
            trips.count(),
            &buckets,
            None,
        )?;
    }
    Ok(())
}

impl ServersCollector {
    /// What servers told about themselves lately.
    fn encode_statistics(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let told = self.statistics.latest();
        let mut encode =
            |is_counter: bool, name: &str, help: &str, number: fn(&Statistics) -> Option<u64>| {
                let name = format!("memcached_{name}");
                let values = told.iter().filter_map(|(server, told)| Some((label(server), number(told)?)));
                if is_counter {
                    counters(&mut encoder, &name, help, values)
                } else {
                    gauges(&mut encoder, &name, help, values)
                }
            };
        encode(false, "items", "Items in the server", |told| told.items)?;
        encode(false, "bytes", "Bytes that items take", |told| told.bytes)?;
        encode(false, "limit_bytes", "Bytes that items may take", |told| told.limit_maxbytes)?;
        encode(true, "hits", "Reads that found an item", |told| told.get_hits)?;
        encode(true, "misses", "Reads that found none", |told| told.get_misses)?;
        encode(true, "evictions", "Items that were removed to make room", |told| told.evictions)?;
        encode(false, "connections", "Connections that are open now", |told| told.curr_connections)?;
        encode(false, "max_connections", "The most open connections", |told| told.max_connections)
    }
}

fn label(server: &str) -> ServerLabel {
    ServerLabel { server: server.to_owned() }
}
