//! Servers that are away when the store is opened.

use std::io::Write as _;

use lovely_session_host::{
    ConnectError, Error, Expectation, HandshakeError, KeyValue, Memcached, MemcachedOptions, Outcome,
    ServerState,
};
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::world::long_timeouts;

use super::{get, keys_of_both, put, short_deadlines, write};

fn patient() -> MemcachedOptions {
    MemcachedOptions { may_be_away: true, ..long_timeouts() }
}

async fn open(servers: &[&MemcachedServer], options: &MemcachedOptions) -> Result<Memcached, ConnectError> {
    let addresses: Vec<_> = servers.iter().map(|server| server.address().parse().unwrap()).collect();
    Memcached::connect(&addresses, options).await
}

/// Keys on each of two servers. Their value is 1.
async fn keys_on(servers: [&MemcachedServer; 2]) -> (Vec<String>, Vec<String>) {
    let store = open(&servers, &long_timeouts()).await.unwrap();
    keys_of_both(&store, servers).await
}

fn states(store: &Memcached) -> Vec<ServerState> {
    store.servers().into_iter().map(|server| server.state).collect()
}

#[tokio::test]
async fn a_server_that_is_away_at_the_start_is_used_when_it_comes() {
    let (here, mut away) = (MemcachedServer::start(), MemcachedServer::start());
    let (on_here, on_away) = keys_on([&here, &away]).await;
    away.stop();
    let store = open(&[&here, &away], &patient()).await.unwrap();
    assert_eq!(states(&store), [ServerState::Connected, ServerState::Away]);
    assert_eq!(get(&store, &on_here[0]).await.unwrap().value, b"1");
    let read = store.get_many(vec![on_away[0].clone()], None).await;
    assert!(matches!(&read, Err(Error::Unavailable(text)) if text.contains(&away.address())), "{read:?}");
    let batch = [&on_away[0], &on_here[0]].map(|key| put(key, "2", Expectation::Anything)).to_vec();
    let outcomes = store.write_many(batch).await.unwrap();
    assert!(matches!(outcomes[..], [Outcome::Unavailable, Outcome::Applied(_)]), "{outcomes:?}");

    away.restart();
    let written = write(&store, put(&on_away[0], "3", Expectation::Absent)).await;
    assert!(matches!(written, Outcome::Applied(_)), "{written:?}");
    assert_eq!(states(&store), [ServerState::Connected, ServerState::Connected]);
}

#[tokio::test]
async fn all_servers_that_are_away_are_named_and_the_store_does_not_open() {
    let here = MemcachedServer::start();
    let (mut one, mut other) = (MemcachedServer::start(), MemcachedServer::start());
    one.stop();
    other.stop();
    let error = open(&[&one, &here, &other], &long_timeouts()).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(&error, ConnectError::Several(errors) if errors.len() == 2), "{error:?}");
    assert!(text.contains(&one.address()) && text.contains(&other.address()), "{text}");
    assert!(!text.contains(&here.address()), "{text}");
}

#[tokio::test]
async fn a_value_that_is_too_large_for_a_server_that_was_never_reached_stops_the_whole_call() {
    let (here, mut away) = (MemcachedServer::start(), MemcachedServer::start());
    let (on_here, on_away) = keys_on([&here, &away]).await;
    away.stop();
    let store = open(&[&here, &away], &patient()).await.unwrap();
    away.restart_with(&["-I", "16384", "-o", "slab_chunk_max=16384"]);
    let batch = vec![
        put(&on_here[0], "2", Expectation::Anything),
        put(&on_away[0], vec![0; 20_000], Expectation::Anything),
    ];
    let outcomes = store.write_many(batch).await.unwrap();
    let limit = store.max_value_bytes(&on_away[0]);
    assert!((16_000..16_384).contains(&limit), "{limit}");
    assert!(outcomes.contains(&Outcome::TooLarge(limit)), "{outcomes:?}");
    assert!(!outcomes.iter().any(|outcome| matches!(outcome, Outcome::Applied(_))), "{outcomes:?}");
    assert_eq!(get(&store, &on_here[0]).await.unwrap().value, b"1");
}

#[tokio::test]
async fn a_large_value_is_stored_while_a_server_that_was_never_reached_is_away() {
    let arguments = ["-I", "4m"];
    let (here, mut away) = (MemcachedServer::start_with(&arguments), MemcachedServer::start());
    let (on_here, on_away) = keys_on([&here, &away]).await;
    away.stop();
    let store = open(&[&here, &away], &patient()).await.unwrap();
    let large = |key: &str| put(key, vec![0; 3 << 20], Expectation::Anything);
    assert!(matches!(write(&store, large(&on_here[0])).await, Outcome::Applied(_)));
    assert_eq!(write(&store, large(&on_away[0])).await, Outcome::Unavailable);
}

#[tokio::test]
async fn a_server_that_hangs_at_the_start_delays_it_by_its_timeouts_only() {
    let (here, hangs) = (MemcachedServer::start(), MemcachedServer::start());
    hangs.pause();
    let options = MemcachedOptions { may_be_away: true, ..short_deadlines() };
    let begun = std::time::Instant::now();
    let store = open(&[&here, &hangs], &options).await.unwrap();
    assert!(begun.elapsed() < 4 * (options.connect_timeout + options.io_timeout), "{:?}", begun.elapsed());
    assert_eq!(states(&store), [ServerState::Connected, ServerState::Away]);
    hangs.resume();
}

#[tokio::test]
async fn a_mistake_that_no_waiting_repairs_keeps_the_store_from_opening() {
    let mut passwords = tempfile::NamedTempFile::new().unwrap();
    passwords.write_all(b"user:password\n").unwrap();
    let here = MemcachedServer::start();
    let denying = MemcachedServer::start_with(&["-Y", passwords.path().to_str().unwrap()]);
    let error = open(&[&here, &denying], &patient()).await.unwrap_err();
    assert!(matches!(error, ConnectError::Unsuitable { cause: HandshakeError::Denied, .. }), "{error:?}");
}
