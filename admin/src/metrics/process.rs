//! The process: its memory and its age. The names are those of Prometheus' own client libraries.

use std::fmt;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::gauge::ConstGauge;

#[derive(Debug)]
pub(super) struct ProcessCollector {
    started: SystemTime,
}

impl ProcessCollector {
    pub(super) fn new(started: SystemTime) -> Self {
        Self { started }
    }
}

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let started = self.started.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let gauge = ConstGauge::new(started);
        let name = "process_start_time_seconds";
        let help = "When the process started, in seconds since the Unix epoch";
        gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        let Some(memory) = resident_memory() else { return Ok(()) };
        let gauge = ConstGauge::new(memory);
        let help = "Memory of the process that is in physical memory, in bytes";
        gauge.encode(encoder.encode_descriptor(
            "process_resident_memory_bytes",
            help,
            None,
            gauge.metric_type(),
        )?)
    }
}

/// The bytes of this process that are in physical memory; `None` if the system does not tell.
fn resident_memory() -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: i64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_this_process_is_known() {
        assert!(resident_memory().is_some_and(|bytes| bytes > 100_000));
    }
}
