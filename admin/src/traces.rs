//! Traces for OpenTelemetry: a span for each request, its transactions, and its calls to the store.

mod client;
mod spans;

use std::fmt;
use std::time::Duration;

use lovely_session_host::serve::{Observer, RequestReport};
use opentelemetry::KeyValue;
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SpanProcessor};

use self::client::Client;
use self::spans::Spans;

/// How long a collector has for a batch of spans.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many spans wait for the collector. More are dropped, and the log says how many.
const MAX_WAITING: usize = 8192;

/// How traces are exported.
#[derive(Debug, Clone)]
pub struct TracesOptions {
    /// The address of a collector that speaks OTLP over HTTP with protobuf, such as `http://127.0.0.1:4318`. Spans go to
    /// the path `/v1/traces` under it.
    pub endpoint: String,
    /// The part of the traces that begin here and are recorded, from 0 to 1. A request that continues a trace of its
    /// client is recorded if its client records it.
    pub ratio: f64,
    /// The name of the service in the traces.
    pub service: String,
}

/// Why traces cannot be exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// The address of the collector is not a URL of HTTP.
    #[error("{0:?} is not the URL of a collector; give one such as `http://127.0.0.1:4318`")]
    InvalidEndpoint(String),
    /// The system has no certificates by which a collector could be verified.
    #[error(
        "the system has no certificates by which the collector could be verified; install them (the package \
         `ca-certificates`), or name a file of them in the environment variable `SSL_CERT_FILE`"
    )]
    NoCertificates,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
    /// The exporter cannot be made.
    #[error("the traces cannot be exported")]
    Exporter(#[from] ExporterBuildError),
}

/// Exports a trace of each request that is recorded.
///
/// Spans wait for the collector in a bounded queue, and a thread sends them in batches. A collector that is slow or away
/// delays no request: spans are dropped then. Spans hold no ids, values or targets of requests.
pub struct Traces {
    processor: BatchSpanProcessor,
    ratio: f64,
    spans: Spans,
}

impl Traces {
    /// Begins to export. Requests to the collector are made on the current Tokio runtime.
    ///
    /// # Errors
    ///
    /// When the endpoint is not a URL, or the system has no certificates for one of HTTPS.
    pub fn start(options: &TracesOptions) -> Result<Self, TraceError> {
        let endpoint = options.endpoint.trim_end_matches('/');
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_http_client(Client::for_endpoint(endpoint, PATIENCE)?)
            .with_endpoint(format!("{endpoint}/v1/traces"))
            .with_timeout(PATIENCE)
            .build()?;
        let waiting = BatchConfigBuilder::default()
            .with_max_queue_size(MAX_WAITING)
            .with_scheduled_delay(Duration::from_secs(1))
            .build();
        let mut processor = BatchSpanProcessor::builder(exporter).with_batch_config(waiting).build();
        let service = KeyValue::new("service.name", options.service.clone());
        processor.set_resource(&Resource::builder().with_attribute(service).build());
        Ok(Self { processor, ratio: options.ratio.clamp(0.0, 1.0), spans: Spans::default() })
    }

    /// Exports what waits, for at most this long. Call it at the end of the process, on a thread that may block.
    pub fn finish(&self, limit: Duration) {
        if let Err(error) = self.processor.shutdown_with_timeout(limit) {
            tracing::warn!("the last traces were not exported: {error}");
        }
    }

    fn is_recorded(&self, report: &RequestReport) -> bool {
        // The ids are random, so each part of their range is as likely.
        let part = (report.trace.trace as u64) as f64 / u64::MAX as f64;
        report.trace.parent_sampled.unwrap_or(part < self.ratio)
    }
}

impl Observer for Traces {
    fn request_ended(&self, report: RequestReport) {
        if self.is_recorded(&report) {
            self.spans.of(&report).into_iter().for_each(|span| self.processor.on_end(span));
        }
    }
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traces").field("ratio", &self.ratio).finish_non_exhaustive()
    }
}
