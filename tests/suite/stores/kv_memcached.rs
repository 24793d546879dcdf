//! The store component for memcached, on real servers: what it shares with the host's store, and calls while a server
//! is unreachable, hangs, restarts or does not meet the requirements.

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lovely_session_conformance::{Subject, check};
use lovely_session_host::{ComponentStore, Error, Expectation, KV_MEMCACHED, KeyValue, Outcome, WasiState};
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::proxy::{Fault, Proxy};

use super::{connect, delete, expecting, get, put, write};

mod lost_races;

type Store = ComponentStore<WasiState>;

/// A store on the servers at these addresses.
pub fn store_at(addresses: &[String], timeout: Duration) -> Store {
    let servers = ("LOVELY_SESSION_MEMCACHED".to_owned(), addresses.join(","));
    let timeout = ("LOVELY_SESSION_MEMCACHED_TIMEOUT_MS".to_owned(), timeout.as_millis().to_string());
    Store::with_wasi(KV_MEMCACHED, vec![servers, timeout]).unwrap()
}

fn store(servers: &[&MemcachedServer]) -> Store {
    let addresses: Vec<_> = servers.iter().map(|server| server.address()).collect();
    store_at(&addresses, Duration::from_secs(20))
}

/// A store with a timeout of half a second.
fn impatient(addresses: &[String]) -> Store {
    store_at(addresses, Duration::from_millis(500))
}

/// Waits until instances agree on the versions of a process, because it cannot be confused with another one any more.
async fn until_versions_are_shared() {
    tokio::time::sleep(Duration::from_secs(4)).await;
}

fn keys(prefix: &str) -> Vec<String> {
    (0..50).map(|number| format!("{prefix}-{number}")).collect()
}

async fn put_all(store: &dyn KeyValue, keys: &[String]) {
    let batch = keys.iter().map(|key| put(key, key.as_bytes(), Expectation::Absent)).collect();
    let outcomes = store.write_many(batch).await.unwrap();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Applied(_))), "{outcomes:?}");
}

async fn assert_all_there(store: &dyn KeyValue, keys: &[String]) {
    let entries = store.get_many(keys.to_vec(), None).await.unwrap();
    for (key, entry) in keys.iter().zip(entries) {
        assert_eq!(entry.unwrap_or_else(|| panic!("{key} is absent")).value, key.as_bytes());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_keeps_the_contract_on_one_server() {
    let server = MemcachedServer::start();
    until_versions_are_shared().await;
    let report = check(&Subject::new(Arc::new(store(&[&server])))).await;
    assert!(report.is_kept(), "{report}");
    assert_eq!(server.keys(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_keeps_the_contract_on_several_servers() {
    let (one, another) = (MemcachedServer::start(), MemcachedServer::start());
    until_versions_are_shared().await;
    let report = check(&Subject::new(Arc::new(store(&[&one, &another])))).await;
    assert!(report.is_kept(), "{report}");
}

#[tokio::test]
async fn it_shares_servers_with_the_hosts_store() {
    let (one, another) = (MemcachedServer::start(), MemcachedServer::start());
    let host = connect(&[&one, &another]).await;
    // The order of the servers does not matter.
    let component = store(&[&another, &one]);
    put_all(&host, &keys("by-the-host")).await;
    put_all(&component, &keys("by-the-component")).await;
    assert_all_there(&component, &keys("by-the-host")).await;
    assert_all_there(&host, &keys("by-the-component")).await;
    assert!(one.keys().len() > 20 && another.keys().len() > 20);
}

#[tokio::test]
async fn of_two_writes_by_it_and_the_hosts_store_the_second_is_stale() {
    let server = MemcachedServer::start();
    let (host, component) = (connect(&[&server]).await, store(&[&server]));
    write(&host, put("k", "1", Expectation::Absent)).await;
    let by_host = get(&host, "k").await.unwrap().version;
    let by_component = get(&component, "k").await.unwrap().version;
    assert!(matches!(write(&component, put("k", "2", expecting(&by_component))).await, Outcome::Applied(_)));
    assert_eq!(write(&host, put("k", "3", expecting(&by_host))).await, Outcome::Stale);
    let by_host = get(&host, "k").await.unwrap().version;
    assert!(matches!(write(&host, put("k", "4", expecting(&by_host))).await, Outcome::Applied(_)));
    assert_eq!(write(&component, put("k", "5", expecting(&by_component))).await, Outcome::Stale);
}

#[tokio::test]
async fn a_fresh_instance_reads_in_one_round_trip_and_writes_in_one_more() {
    let server = MemcachedServer::start();
    let proxy = Proxy::in_front_of(&server.address()).await;
    let store = store_at(&[proxy.address()], Duration::from_secs(20));
    let batch = |value: &str| keys("k").iter().map(|key| put(key, value, Expectation::Anything)).collect();
    store.get_many(keys("k"), None).await.unwrap();
    assert_eq!(proxy.round_trips(), 1, "what the server is, and the entries, are asked together");
    store.write_many(batch("1")).await.unwrap();
    assert_eq!(proxy.round_trips(), 2);
    store.get_many(keys("k"), None).await.unwrap();
    assert_eq!(proxy.round_trips(), 3, "the connection is kept");
    store.forget_instances();
    store.write_many(batch("2")).await.unwrap();
    assert_eq!(proxy.round_trips(), 5, "nothing is written before it is known where");
}

/// memcached counts its versions from 1 in each process, so earlier versions are used again.
#[tokio::test]
async fn a_version_from_before_a_restart_matches_nothing_after_it() {
    let mut server = MemcachedServer::start();
    until_versions_are_shared().await;
    let store = store(&[&server]);
    let Outcome::Applied(before) = write(&store, put("k", "1", Expectation::Absent)).await else { panic!() };
    let counted = server.command("mg k c");
    server.restart();
    assert_eq!(server.command("ms k 1\r\n2"), "HD\r\n");
    assert_eq!(server.command("mg k c"), counted, "the trap is set");
    for _ in 0..2 {
        for write in [put("k", "3", expecting(&before)), delete("k", expecting(&before))] {
            assert_eq!(super::write(&store, write).await, Outcome::Stale);
        }
        assert_eq!(write(&store, put("nothing", "3", expecting(&before))).await, Outcome::Missing);
        // The same in an instance that has not seen the process from before.
        store.forget_instances();
    }
    assert_eq!(get(&store, "k").await.unwrap().value, b"2");
}

#[tokio::test]
async fn a_server_that_comes_back_is_used_again_with_the_next_call() {
    let mut server = MemcachedServer::start();
    let store = store(&[&server]);
    write(&store, put("k", "1", Expectation::Absent)).await;
    server.stop();
    let read = store.get_many(vec!["k".into()], None).await;
    assert!(matches!(&read, Err(Error::Unavailable(text)) if text.contains(&server.address())), "{read:?}");
    assert_eq!(write(&store, put("k", "2", Expectation::Anything)).await, Outcome::Unavailable);
    server.restart();
    assert!(matches!(write(&store, put("k", "3", Expectation::Absent)).await, Outcome::Applied(_)));
    server.restart();
    assert_eq!(get(&store, "k").await, None);
}

#[tokio::test]
async fn a_write_to_a_frozen_server_is_unknown_if_it_was_sent_and_unavailable_if_not() {
    let server = MemcachedServer::start();
    let store = impatient(&[server.address()]);
    let Outcome::Applied(version) = write(&store, put("k", "1", Expectation::Absent)).await else { panic!() };
    server.pause();
    let begin = Instant::now();
    assert_eq!(write(&store, put("k", "2", expecting(&version))).await, Outcome::Unknown);
    let next = write(&store, put("l", "1", Expectation::Anything)).await;
    assert_eq!(next, Outcome::Unavailable, "nothing is written before the server has spoken");
    let read = store.get_many(vec!["k".into()], None).await;
    assert!(matches!(read, Err(Error::Unavailable(_))), "{read:?}");
    assert!(begin.elapsed() < Duration::from_secs(3), "three calls took {:?}", begin.elapsed());
    server.resume();
    let deadline = Instant::now() + Duration::from_secs(10);
    while server.command("mg k v") != "VA 1\r\n2\r\n" {
        assert!(Instant::now() < deadline, "the write was never done");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(server.command("mg l v"), "EN\r\n");
}

#[tokio::test]
async fn a_frozen_server_affects_only_its_own_keys() {
    let (running, frozen) = (MemcachedServer::start(), MemcachedServer::start());
    let store = impatient(&[running.address(), frozen.address()]);
    put_all(&store, &keys("k")).await;
    let here = running.keys();
    let batch = || keys("k").iter().map(|key| put(key, "2", Expectation::Anything)).collect();
    frozen.pause();
    for of_the_frozen in [Outcome::Unknown, Outcome::Unavailable] {
        let outcomes = store.write_many(batch()).await.unwrap();
        for (key, outcome) in keys("k").iter().zip(outcomes) {
            match here.contains(key) {
                true => assert!(matches!(outcome, Outcome::Applied(_)), "{key}: {outcome:?}"),
                false => assert_eq!(outcome, of_the_frozen, "{key}"),
            }
        }
    }
    store.forget_instances();
    assert!(store.get_many(here.clone(), None).await.unwrap().iter().all(Option::is_some));
    let read = store.get_many(keys("k"), None).await;
    assert!(matches!(&read, Err(Error::Unavailable(text)) if text.contains(&frozen.address())), "{read:?}");
}

#[tokio::test]
async fn a_connection_that_is_cut_leaves_the_outcome_unknown_and_is_replaced() {
    let server = MemcachedServer::start();
    let proxy = Proxy::in_front_of(&server.address()).await;
    let store = store_at(&[proxy.address()], Duration::from_secs(5));
    write(&store, put("k", "0", Expectation::Absent)).await;
    for bytes in [0, 1, 5] {
        proxy.set(Fault::CutReplies { after: bytes });
        let lost = write(&store, put("k", format!("{bytes}"), Expectation::Anything)).await;
        assert_eq!(lost, Outcome::Unknown, "after {bytes} bytes of the reply");
        proxy.set(Fault::None);
        assert_eq!(get(&store, "k").await.unwrap().value, format!("{bytes}").as_bytes());
    }
    assert_eq!(proxy.cuts(), 3);
}

#[tokio::test]
async fn a_read_whose_reply_is_cut_is_retried_once_on_another_connection() {
    let server = MemcachedServer::start();
    let proxy = Proxy::in_front_of(&server.address()).await;
    let store = store_at(&[proxy.address()], Duration::from_secs(5));
    write(&store, put("k", vec![b'v'; 200_000], Expectation::Absent)).await;
    proxy.set(Fault::CutReplies { after: 100_000 });
    let read = store.get_many(vec!["k".into()], None).await;
    assert!(matches!(read, Err(Error::Unavailable(_))), "both are cut: {read:?}");
    assert_eq!(proxy.cuts(), 2);
    proxy.set(Fault::None);
    assert_eq!(get(&store, "k").await.unwrap().value.len(), 200_000);
}

#[tokio::test]
async fn a_server_that_does_not_meet_the_requirements_is_refused_before_any_write() {
    let no_cas = MemcachedServer::start_with(&["-C"]);
    let mut passwords = tempfile::NamedTempFile::new().unwrap();
    passwords.write_all(b"user:password\n").unwrap();
    let asking = MemcachedServer::start_with(&["-Y", passwords.path().to_str().unwrap()]);
    let is_expected = |server: &MemcachedServer, error: &Error| match error {
        Error::Unsupported(text) => server.address() == no_cas.address() && text.contains("without `-C`"),
        Error::Denied(text) => server.address() == asking.address() && text.contains("authentication"),
        _ => false,
    };
    for server in [&no_cas, &asking] {
        let store = store(&[server]);
        let read = store.get_many(vec!["k".into()], None).await.unwrap_err();
        let write = store.write_many(vec![put("k", "1", Expectation::Anything)]).await.unwrap_err();
        assert!(is_expected(server, &read) && is_expected(server, &write), "{read:?}, {write:?}");
        assert!(read.to_string().contains(&server.address()), "{read}");
    }
    assert_eq!(no_cas.command("mg k v"), "EN\r\n");
}

#[tokio::test]
async fn a_smaller_item_limit_of_the_server_is_used() {
    let arguments = ["-I", "16384", "-o", "slab_chunk_max=16384"];
    let (small, large) = (MemcachedServer::start_with(&arguments), MemcachedServer::start());
    let limit = connect(&[&small]).await.max_value_bytes("k");
    let (alone, both) = (store(&[&small]), store(&[&large, &small]));
    both.get_many(keys("k"), None).await.unwrap();
    let put = |bytes: u64| put("k", vec![0; bytes as usize], Expectation::Anything);
    for store in [&alone, &both] {
        assert!(matches!(write(store, put(limit)).await, Outcome::Applied(_)));
        assert_eq!(write(store, put(limit + 1)).await, Outcome::TooLarge(limit));
    }
}

#[tokio::test]
async fn with_an_invalid_environment_each_call_fails_with_the_name_of_the_variable() {
    let cases: [(&[(&str, &str)], &str); 3] = [
        (&[], "LOVELY_SESSION_MEMCACHED is not set"),
        (&[("LOVELY_SESSION_MEMCACHED", "h:x")], "\"x\" is not a port"),
        (
            &[("LOVELY_SESSION_MEMCACHED", "h"), ("LOVELY_SESSION_MEMCACHED_TIMEOUT_MS", "2s")],
            "LOVELY_SESSION_MEMCACHED_TIMEOUT_MS is \"2s\"",
        ),
    ];
    for (variables, reason) in cases {
        let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let store = Store::with_wasi(KV_MEMCACHED, environment.collect()).unwrap();
        for _ in 0..2 {
            let read = store.get_many(vec!["k".into()], None).await;
            assert!(matches!(&read, Err(Error::Other(text)) if text.contains(reason)), "{read:?}");
        }
        let written = store.write_many(vec![put("k", "1", Expectation::Anything)]).await;
        assert!(matches!(&written, Err(Error::Other(text)) if text.contains(reason)), "{written:?}");
    }
}

#[tokio::test]
async fn a_server_is_found_by_its_host_name() {
    let server = MemcachedServer::start();
    let by_name = server.address().replace("127.0.0.1", "localhost");
    let store = store_at(&[by_name], Duration::from_secs(20));
    assert!(matches!(write(&store, put("k", "1", Expectation::Absent)).await, Outcome::Applied(_)));
    assert_eq!(server.command("mg k v"), "VA 1\r\n1\r\n");
    let unknown = store_at(&["no-such-host.invalid".to_owned()], Duration::from_secs(5));
    let read = unknown.get_many(vec!["k".into()], None).await;
    assert!(matches!(&read, Err(Error::Unavailable(text)) if text.contains("no-such-host")), "{read:?}");
}
