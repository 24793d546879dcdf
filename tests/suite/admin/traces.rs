//! Traces over OTLP.

use std::time::{Duration, Instant};

use lovely_session_tests::client::client;
use lovely_session_tests::memcached::MemcachedServer;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::Observed;
use super::collector::Collector;

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// An attribute of a span, as text.
fn attribute(span: &Span, key: &str) -> String {
    let found = span.attributes.iter().find(|attribute| attribute.key == key);
    match found.and_then(|attribute| attribute.value.as_ref()?.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => panic!("{key} is {other:?} in {span:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_shows_a_request_its_transaction_and_each_round_trip() {
    let (collector, store) = (Collector::start().await, MemcachedServer::start());
    let observed = Observed::start_on(&[&store], &["--otlp", &collector.url()]);
    let cookie = observed.visit(None).await;
    let begun = collector.spans(3).await.len();
    let request = client().get(observed.serving.url("/?secret=query"));
    request.header("cookie", &cookie).header("traceparent", TRACEPARENT).send().await.unwrap();
    let spans = collector.spans(begun + 4).await;
    let spans: Vec<_> = spans[begun..].iter().collect();
    let named =
        |name: &str| *spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{spans:#?}"));
    let (request, transaction) = (named("GET"), named("transaction"));
    let (read, write) = (named("store read"), named("store write"));
    assert!(spans.iter().all(|span| span.trace_id == request.trace_id));
    assert_eq!(request.trace_id, 0x0af7651916cd43dd8448eb211c80319c_u128.to_be_bytes());
    assert_eq!(request.parent_span_id, 0xb7ad6b7169203331_u64.to_be_bytes());
    assert_eq!(transaction.parent_span_id, request.span_id);
    assert_eq!((&read.parent_span_id, &write.parent_span_id), (&transaction.span_id, &transaction.span_id));
    assert_eq!(attribute(request, "http.response.status_code"), "200");
    assert_eq!(attribute(transaction, "lovely_session.outcome"), "done");
    assert_eq!(attribute(transaction, "lovely_session.containers"), "counter");
    assert_eq!(attribute(write, "lovely_session.result"), "done");
    let order = [
        request.start_time_unix_nano,
        read.start_time_unix_nano,
        read.end_time_unix_nano,
        write.start_time_unix_nano,
        write.end_time_unix_nano,
        request.end_time_unix_nano,
    ];
    assert!(order.is_sorted(), "{order:?}");
    let received = collector.received();
    assert!(received.contains("lovely-session"), "the service has a name");
    for secret in [cookie.split_once('=').unwrap().1, "secret", "query"] {
        assert!(!received.contains(secret), "{secret} is in the traces");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_traces_that_the_client_or_the_ratio_chooses_are_recorded() {
    let collector = Collector::start().await;
    let observed = Observed::start(&["--otlp", &collector.url(), "--trace-ratio", "0"]);
    for _ in 0..20 {
        observed.visit(None).await;
    }
    let get = |header: String| client().get(observed.serving.url("/")).header("traceparent", header).send();
    get(TRACEPARENT.replace("-01", "-00")).await.unwrap();
    get(TRACEPARENT.to_owned()).await.unwrap();
    observed.serving.signal("TERM");
    assert!(observed.serving.wait().0.success());
    let spans = collector.spans(3).await;
    assert_eq!(spans.iter().filter(|span| span.name == "GET").count(), 1, "{spans:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_hangs_delays_neither_requests_nor_the_end() {
    // It accepts connections, by the system, and never replies.
    let hanging = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", hanging.local_addr().unwrap());
    let observed = Observed::start(&["--otlp", &url]);
    let begun = Instant::now();
    for _ in 0..200 {
        observed.visit(None).await;
    }
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    // Spans are on their way, and wait for the reply.
    let _connection = timeout(Duration::from_secs(20), hanging.accept()).await.unwrap().unwrap();
    observed.serving.signal("TERM");
    let begun = Instant::now();
    let (status, log) = observed.serving.wait();
    assert!(status.success(), "{log}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}
