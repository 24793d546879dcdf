//! The spans of a request.

use std::borrow::Cow;
use std::time::{Duration, Instant, SystemTime};

use lovely_session_host::serve::{RequestReport, TransactionOutcome, TransactionReport};
use lovely_session_host::{CallKind, CallResult, StoreCall};
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, SpanData, SpanEvents, SpanLinks};

/// How many containers of a transaction its span names.
const MAX_CONTAINERS: usize = 10;

/// Makes spans.
#[derive(Debug)]
pub(super) struct Spans {
    scope: InstrumentationScope,
    ids: RandomIdGenerator,
}

impl Default for Spans {
    fn default() -> Self {
        let scope = InstrumentationScope::builder("lovely-session").with_version(env!("CARGO_PKG_VERSION"));
        Self { scope: scope.build(), ids: RandomIdGenerator::default() }
    }
}

/// A span before it has an id.
struct Draft {
    parent: SpanId,
    kind: SpanKind,
    name: &'static str,
    start: SystemTime,
    end: SystemTime,
    attributes: Vec<KeyValue>,
    status: Status,
}

impl Spans {
    /// The spans of a request: its own, those of its transactions within it, and those of its calls to the store within
    /// the transaction that made them.
    pub(super) fn of(&self, report: &RequestReport) -> Vec<SpanData> {
        let own = self.request(report);
        let id = own.span_context.span_id();
        let mut spans = vec![own];
        let mut parents = vec![id; report.calls.len()];
        for transaction in &report.transactions {
            let Some(draft) = transaction_draft(report, transaction, id) else { continue };
            let span = self.span(report, self.ids.new_span_id(), draft);
            for call in &transaction.calls {
                parents.get_mut(*call).into_iter().for_each(|parent| *parent = span.span_context.span_id());
            }
            spans.push(span);
        }
        let calls = report.calls.iter().zip(parents).map(|(call, parent)| call_draft(report, call, parent));
        spans.extend(calls.map(|draft| self.span(report, self.ids.new_span_id(), draft)));
        spans
    }

    fn request(&self, report: &RequestReport) -> SpanData {
        let parent = report.trace.parent.map_or(SpanId::INVALID, |id| SpanId::from_bytes(id.to_be_bytes()));
        let status = report.status.map(|status| status.as_u16());
        let mut attributes = vec![
            KeyValue::new("http.request.method", method(report)),
            KeyValue::new("http.response.body.size", i64::try_from(report.bytes).unwrap_or(i64::MAX)),
        ];
        attributes.extend(status.map(|status| KeyValue::new("http.response.status_code", i64::from(status))));
        let draft = Draft {
            parent,
            kind: SpanKind::Server,
            name: method(report),
            start: report.began.system,
            end: report.began.system + report.ended_after,
            attributes,
            status: if status.is_some_and(|status| status >= 500) {
                Status::error("")
            } else {
                Status::Unset
            },
        };
        let mut span = self.span(report, SpanId::from_bytes(report.trace.span.to_be_bytes()), draft);
        span.parent_span_is_remote = true;
        span
    }

    fn span(&self, report: &RequestReport, id: SpanId, draft: Draft) -> SpanData {
        let trace = TraceId::from_bytes(report.trace.trace.to_be_bytes());
        let Draft { parent, kind, name, start, end, attributes, status } = draft;
        SpanData {
            span_context: SpanContext::new(trace, id, TraceFlags::SAMPLED, false, TraceState::NONE),
            parent_span_id: parent,
            parent_span_is_remote: false,
            span_kind: kind,
            name: Cow::Borrowed(name),
            start_time: start,
            end_time: end,
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status,
            instrumentation_scope: self.scope.clone(),
        }
    }
}

/// The method, which a client could choose at will, as one of a few names.
fn method(report: &RequestReport) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"];
    known.into_iter().find(|name| report.method == *name).unwrap_or("_OTHER")
}

/// The span of a transaction lasts from its first call to the store until the end of its last one. One that made no call
/// has none.
fn transaction_draft(
    report: &RequestReport,
    transaction: &TransactionReport,
    parent: SpanId,
) -> Option<Draft> {
    let calls = || transaction.calls.iter().filter_map(|position| report.calls.get(*position));
    let start = calls().map(|call| call.began).min()?;
    let end = calls().map(ended).max()?;
    let names = transaction.containers.iter().take(MAX_CONTAINERS).map(|part| part.container.as_str());
    let sessions: i64 = transaction.containers.iter().map(|part| i64::from(part.sessions)).sum();
    let failed = matches!(transaction.outcome, TransactionOutcome::Failed | TransactionOutcome::Unknown);
    Some(Draft {
        parent,
        kind: SpanKind::Internal,
        name: "transaction",
        start: on_the_clock(report, start),
        end: on_the_clock(report, end),
        attributes: vec![
            KeyValue::new("lovely_session.outcome", transaction.outcome.name()),
            KeyValue::new("lovely_session.containers", names.collect::<Vec<_>>().join(" ")),
            KeyValue::new("lovely_session.sessions", sessions),
        ],
        status: if failed { Status::error(transaction.outcome.name()) } else { Status::Unset },
    })
}

fn call_draft(report: &RequestReport, call: &StoreCall, parent: SpanId) -> Draft {
    let (name, operation) = match call.kind {
        CallKind::Read => ("store read", "get-many"),
        CallKind::Write => ("store write", "write-many"),
    };
    let failed = matches!(call.result, CallResult::Failed | CallResult::Unavailable | CallResult::Unknown);
    let waited = i64::try_from(call.waited.as_micros()).unwrap_or(i64::MAX);
    Draft {
        parent,
        kind: SpanKind::Client,
        name,
        start: on_the_clock(report, call.began),
        end: on_the_clock(report, ended(call)),
        attributes: vec![
            KeyValue::new("db.operation.name", operation),
            KeyValue::new("db.operation.batch.size", i64::try_from(call.keys).unwrap_or(i64::MAX)),
            KeyValue::new("lovely_session.result", call.result.name()),
            KeyValue::new("lovely_session.turn_wait_us", waited),
        ],
        status: if failed { Status::error(call.result.name()) } else { Status::Unset },
    }
}

fn ended(call: &StoreCall) -> Instant {
    call.began + call.waited + call.took
}

/// The time of a moment of the request on the clock of the system.
fn on_the_clock(report: &RequestReport, moment: Instant) -> SystemTime {
    let after: Duration = moment.saturating_duration_since(report.began.steady);
    report.began.system + after
}
