//! What a store tells about its servers, and what they tell themselves.

use std::time::{Duration, Instant, SystemTime};

use lovely_session_host::{
    ConnectError, Expectation, FailureReason, KeyValue, Limitation, Memcached, MemcachedOptions, Outcome,
    ServerState, ServerStatus,
};
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::world::long_timeouts;

use super::{connect, connect_with, get, put, short_deadlines, write};

/// How long a condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(10);

/// Long enough for a server that replies.
const LONG: Duration = Duration::from_secs(10);

fn only(store: &Memcached) -> ServerStatus {
    let mut servers = store.servers();
    assert_eq!(servers.len(), 1);
    servers.remove(0)
}

fn failures(status: &ServerStatus, reason: FailureReason) -> u64 {
    status.failures.iter().find(|(it, _)| *it == reason).unwrap().1
}

#[tokio::test]
async fn round_trips_and_their_bytes_are_counted() {
    let server = MemcachedServer::start();
    let opened = SystemTime::now();
    let store = connect(&[&server]).await;
    for _ in 0..5 {
        write(&store, put("k", vec![0; 1000], Expectation::Anything)).await;
        get(&store, "k").await;
    }
    let status = only(&store);
    assert_eq!((status.name.as_str(), status.state), (server.address().as_str(), ServerState::Connected));
    assert_eq!((status.round_trips.count(), status.connections), (10, 1));
    assert!(status.round_trips.sum > Duration::ZERO && status.round_trips.sum < PATIENCE);
    assert!((5000..10_000).contains(&status.bytes_sent), "{status:?}");
    assert!((5000..10_000).contains(&status.bytes_received), "{status:?}");
    assert!(status.since >= opened - Duration::from_secs(1) && status.since <= SystemTime::now());
    assert!(status.failures.iter().all(|(_, count)| *count == 0) && status.latest_failure.is_none());
}

#[tokio::test]
async fn a_server_that_stops_is_away_with_the_reason_until_it_comes_back() {
    let mut server = MemcachedServer::start();
    let store = connect(&[&server]).await;
    server.stop();
    let stopped = SystemTime::now();
    assert!(store.get_many(vec!["k".into()], None).await.is_err());
    assert_eq!(write(&store, put("k", "1", Expectation::Anything)).await, Outcome::Unavailable);
    let status = only(&store);
    assert_eq!((status.state, status.connections), (ServerState::Away, 0));
    assert!(status.since >= stopped - Duration::from_millis(100), "{status:?}");
    assert_eq!(failures(&status, FailureReason::Unreachable), 2);
    let latest = status.latest_failure.unwrap();
    assert_eq!(latest.reason, FailureReason::Unreachable);
    assert!(latest.text.contains("refused") && latest.at >= stopped, "{latest:?}");

    server.restart();
    get(&store, "k").await;
    assert_eq!(only(&store).state, ServerState::Connected);
}

#[tokio::test]
async fn a_frozen_server_is_silent_and_then_away() {
    let server = MemcachedServer::start();
    let options = MemcachedOptions { io_timeout: Duration::from_secs(2), ..long_timeouts() };
    let store = connect_with(&[&server], &options).await;
    server.pause();
    let reads = unanswered_reads(&store);
    let silent = async {
        let begun = Instant::now();
        while only(&store).state != ServerState::Silent {
            assert!(begun.elapsed() < PATIENCE, "{:?}", only(&store));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::join!(silent, reads);
    let status = only(&store);
    assert_eq!(status.state, ServerState::Away);
    assert_eq!(failures(&status, FailureReason::TimedOut), 4);
}

/// Several reads at the same time, none of which is replied to.
async fn unanswered_reads(store: &Memcached) {
    let read = async || assert!(store.get_many(vec!["k".into()], None).await.is_err());
    tokio::join!(read(), read(), read(), read());
}

#[tokio::test]
async fn a_server_tells_its_statistics_and_what_limits_sessions_there() {
    let server = MemcachedServer::start_with(&["-M", "-I", "512k"]);
    let store = connect(&[&server]).await;
    write(&store, put("k", "1", Expectation::Anything)).await;
    get(&store, "k").await;
    let told = store.stats(LONG).await.remove(0);
    assert_eq!(told.name, server.address());
    let told = told.statistics.unwrap();
    assert_eq!((told.items, told.evictions, told.evicts), (Some(1), Some(0), Some(false)));
    assert_eq!((told.item_size_max, told.limit_maxbytes), (Some(512 * 1024), Some(64 << 20)));
    // The handshake of the store read a key that does not exist.
    assert_eq!((told.get_hits, told.get_misses, told.hit_rate()), (Some(1), Some(1), Some(0.5)));
    assert_eq!(told.max_connections, Some(1024));
    assert!(told.version.as_deref().is_some_and(|version| version.starts_with("1.")), "{told:?}");
    assert!(told.uptime.is_some() && told.bytes.is_some() && told.curr_connections.is_some(), "{told:?}");
    assert_eq!(told.listen_disabled_num, Some(0));
    assert_eq!(told.limitations(), [Limitation::MayNotEvict, Limitation::SmallItems(512 * 1024)]);
}

#[tokio::test]
async fn evictions_are_told() {
    let server = MemcachedServer::start_with(&["-m", "8"]);
    let store = connect(&[&server]).await;
    for number in 0..100 {
        write(&store, put(&format!("{number}"), vec![0; 200_000], Expectation::Absent)).await;
    }
    let told = store.stats(LONG).await.remove(0).statistics.unwrap();
    assert!(
        matches!(told.limitations()[..], [Limitation::Evicting(evicted), ..] if evicted > 10),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_frozen_server_does_not_delay_the_statistics_beyond_their_timeout() {
    let (healthy, frozen) = (MemcachedServer::start(), MemcachedServer::start());
    let options = MemcachedOptions { io_timeout: 10 * LONG, connect_timeout: 10 * LONG, ..short_deadlines() };
    let store = connect_with(&[&frozen, &healthy], &options).await;
    frozen.pause();
    let limit = Duration::from_millis(500);
    let begun = Instant::now();
    let mut told = store.stats(limit).await;
    assert!(begun.elapsed() < limit + Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(told.remove(1).statistics.is_ok());
    let error = told.remove(0).statistics.unwrap_err();
    assert!(matches!(error, ConnectError::TimedOut { after, .. } if after == limit), "{error:?}");
    assert!(error.to_string().contains(&frozen.address()), "{error}");
}
