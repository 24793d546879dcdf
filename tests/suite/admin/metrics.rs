//! The metrics.

use super::Observed;
use lovely_session_tests::client::client;
use lovely_session_tests::memcached::MemcachedServer;

#[tokio::test]
async fn requests_and_transactions_are_counted() {
    let observed = Observed::start(&[]);
    let cookie = observed.visit(None).await;
    for _ in 0..2 {
        observed.visit(Some(&cookie)).await;
    }
    for (name, value) in [
        ("lovely_session_requests_total{status=\"200\"}", 3.0),
        ("lovely_session_request_duration_seconds_count", 3.0),
        ("lovely_session_instances_total", 3.0),
        ("lovely_session_instance_memory_bytes_count", 3.0),
        ("lovely_session_commits_total{container=\"counter\",outcome=\"done\"}", 3.0),
        ("lovely_session_session_events_total{container=\"counter\",event=\"begun\"}", 1.0),
        ("lovely_session_applications_loaded_total{source=\"compiled\"}", 1.0),
        ("lovely_session_requests_running", 0.0),
        ("lovely_session_requests_waiting", 0.0),
    ] {
        assert_eq!(observed.metric(name).await, value, "{name}");
    }
    assert!(observed.metric("lovely_session_instance_memory_bytes_sum").await > 3.0 * 65536.0);
    assert!(observed.metric("process_resident_memory_bytes").await > 1e6);
}

#[tokio::test]
async fn each_memcached_server_has_its_round_trips_and_its_own_figures() {
    let (one, other) = (MemcachedServer::start(), MemcachedServer::start());
    let observed = Observed::start_on(&[&one, &other], &[]);
    for _ in 0..20 {
        let cookie = observed.visit(None).await;
        observed.visit(Some(&cookie)).await;
    }
    let metrics = observed.metrics().await;
    let of = |name: &str, server: &MemcachedServer| {
        let wanted = format!("lovely_session_{name}{{server=\"{}\"}}", server.address());
        let found = metrics.iter().find(|(name, _)| *name == wanted);
        found.unwrap_or_else(|| panic!("{wanted} is not in {metrics:#?}")).1
    };
    let trips = of("store_round_trips_total", &one) + of("store_round_trips_total", &other);
    // One write for a session that begins, and a read and a write for one that goes on. The first write on each server
    // also gives the container a generation there.
    assert_eq!(trips, 62.0);
    let timed = |server| of("store_round_trip_duration_seconds_count", server);
    assert_eq!(timed(&one) + timed(&other), trips);
    let items = of("memcached_items", &one) + of("memcached_items", &other);
    assert!(items >= 20.0, "{items}");
    for server in [&one, &other] {
        assert_eq!(of("store_server_up", server), 1.0);
        assert!(of("memcached_limit_bytes", server) > 0.0);
        assert!(of("memcached_max_connections", server) > 0.0);
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_down_and_its_errors_have_a_reason() {
    let (stays, mut goes) = (MemcachedServer::start(), MemcachedServer::start());
    let observed = Observed::start_on(&[&stays, &goes], &[]);
    let address = goes.address();
    goes.stop();
    // Each of these visitors has the other server with a probability of one half.
    let client = client();
    for _ in 0..40 {
        client.get(observed.serving.url("/")).send().await.unwrap();
    }
    assert_eq!(
        observed.metric(&format!("lovely_session_store_server_up{{server=\"{address}\"}}")).await,
        0.0
    );
    let metrics = observed.metrics().await;
    let errors = format!("lovely_session_store_errors_total{{server=\"{address}\",reason=");
    let errors: f64 =
        metrics.iter().filter(|(name, _)| name.starts_with(&errors)).map(|(_, value)| value).sum();
    assert!(errors >= 1.0, "{metrics:#?}");
    assert!(observed.metric("lovely_session_requests_total{status=\"503\"}").await >= 1.0);
    let status = observed.get("/status").await.text().await.unwrap();
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    let latest = &status["errors"][0];
    assert!(latest["what"].as_str().unwrap().contains(&address), "{status}");
    assert!(latest["advice"].as_str().unwrap().contains("lovely-session stats"), "{status}");
    assert_eq!(status["ready"], false);
}
