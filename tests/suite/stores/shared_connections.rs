//! Concurrent calls that share a connection to memcached: each gets its own replies and outcomes, and has its own
//! timeout.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lovely_session_host::{Expectation, KeyValue, Memcached, MemcachedOptions, Outcome};
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::proxy::{Fault, Proxy};
use tokio::task::JoinSet;

use super::{connect, get, put, short_deadlines, write};

fn connections(server: &MemcachedServer) -> u64 {
    server.stats()["total_connections"].parse().unwrap()
}

async fn through(proxy: &Proxy) -> Arc<Memcached> {
    let address = proxy.address().parse().unwrap();
    Arc::new(Memcached::connect(&[address], &short_deadlines()).await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_calls_share_a_connection_and_get_their_own_replies() {
    let server = MemcachedServer::start();
    let store = Arc::new(connect(&[&server]).await);
    let before = connections(&server);
    let mut callers = JoinSet::new();
    for caller in 0..100 {
        let store = Arc::clone(&store);
        callers.spawn(async move {
            let key = format!("caller-{caller}");
            for round in 0..20 {
                // Sizes from one byte to more than is read at once.
                let value = format!("{caller} {round} ").repeat(1 + (caller * round * 13) % 15_000);
                let put = put(&key, value.as_bytes(), Expectation::Anything);
                let Outcome::Applied(version) = write(&*store, put).await else { panic!("{key}") };
                let entry = get(&*store, &key).await.unwrap();
                assert_eq!((entry.value == value.as_bytes(), entry.version), (true, version), "{key}");
            }
        });
    }
    while let Some(caller) = callers.join_next().await {
        caller.unwrap();
    }
    let made = connections(&server) - before - 1;
    assert!(made < 8, "{made} connections were made for 100 callers");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_a_connection_closes_each_of_many_writes_has_its_own_outcome() {
    let server = MemcachedServer::start();
    let proxy = Proxy::in_front_of(&server.address()).await;
    let store = through(&proxy).await;
    let mut met = BTreeMap::new();
    for round in 0..40 {
        let after = 100 + round * 97;
        proxy.set(if round % 2 == 0 { Fault::CutRequests { after } } else { Fault::CutReplies { after } });
        let mut writers = JoinSet::new();
        for writer in 0..64 {
            let (store, key) = (Arc::clone(&store), format!("{round}-{writer}"));
            writers.spawn(async move {
                let outcome = write(&*store, put(&key, vec![b'x'; 100], Expectation::Absent)).await;
                (key, outcome)
            });
        }
        let outcomes = writers.join_all().await;
        proxy.set(Fault::None);
        // The writes that had reached the server before the connection was closed are done by now.
        assert!(store.get_many(vec!["k".into()], None).await.is_ok());
        for (key, outcome) in outcomes {
            let is_there = server.command(&format!("mg {key}")).starts_with("HD");
            match &outcome {
                Outcome::Applied(_) => assert!(is_there, "{key} was acknowledged, and is lost"),
                Outcome::Unavailable => assert!(!is_there, "{key} was refused, and is there"),
                Outcome::Unknown => {}
                outcome => panic!("a broken connection does not explain {outcome:?}"),
            }
            *met.entry(format!("{outcome:?}").chars().take(7).collect::<String>()).or_insert(0) += 1;
        }
    }
    assert!(met["Applied"] > 100 && met["Unknown"] > 10, "too little happened to prove anything: {met:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_calls_do_not_affect_others() {
    let server = MemcachedServer::start();
    let store = Arc::new(connect(&[&server]).await);
    write(&*store, put("shared", vec![b's'; 5000], Expectation::Anything)).await;
    let mut dropped = JoinSet::new();
    let mut kept = JoinSet::new();
    for caller in 0..200 {
        let store = Arc::clone(&store);
        let call = async move {
            for _ in 0..20 {
                assert_eq!(get(&*store, "shared").await.unwrap().value.len(), 5000);
                let key = format!("own-{caller}");
                write(&*store, put(&key, "1", Expectation::Anything)).await;
                assert_eq!(get(&*store, &key).await.unwrap().value, b"1");
            }
        };
        if caller % 2 == 0 {
            kept.spawn(call);
        } else {
            dropped.spawn(tokio::time::timeout(Duration::from_micros(caller * 50), call));
        }
    }
    while let Some(call) = kept.join_next().await {
        call.unwrap();
    }
    let cut_short = dropped.join_all().await.into_iter().filter(Result::is_err).count();
    assert!(cut_short > 10, "only {cut_short} calls were dropped");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_call_has_its_own_timeout() {
    let server = MemcachedServer::start();
    let proxy = Proxy::in_front_of(&server.address()).await;
    let store = through(&proxy).await;
    proxy.set(Fault::DropReplies);
    let early = tokio::spawn({
        let store = Arc::clone(&store);
        async move { write(&*store, put("early", "1", Expectation::Absent)).await }
    });
    tokio::time::sleep(Duration::from_millis(250)).await;
    let late = tokio::spawn({
        let store = Arc::clone(&store);
        async move { write(&*store, put("late", "1", Expectation::Absent)).await }
    });
    assert_eq!(early.await.unwrap(), Outcome::Unknown);
    assert!(!late.is_finished(), "the deadline of one call has ended another");
    // Other calls do not use the connection without replies.
    proxy.set(Fault::None);
    assert!(store.get_many(vec!["k".into()], None).await.is_ok());
    assert_eq!(late.await.unwrap(), Outcome::Unknown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_connections_are_opened_under_load_up_to_the_limit_and_share_versions() {
    let server = MemcachedServer::start();
    // A process that has just started could be confused with another one, so there is only one connection at first.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let options = MemcachedOptions { connections: 3, ..MemcachedOptions::default() };
    let store = Memcached::connect(&[server.address().parse().unwrap()], &options).await.unwrap();
    let store = Arc::new(store);
    let mut callers = JoinSet::new();
    for caller in 0..400 {
        let store = Arc::clone(&store);
        callers.spawn(async move {
            let keys: Vec<_> = (0..10).map(|key| format!("{caller}-{key}")).collect();
            let writes = keys.iter().map(|key| put(key, vec![0; 2000], Expectation::Absent)).collect();
            assert!(store.write_many(writes).await.unwrap().iter().all(|o| matches!(o, Outcome::Applied(_))));
            for _ in 0..5 {
                let entries = store.get_many(keys.clone(), None).await.unwrap();
                let expects = entries.into_iter().map(|entry| Expectation::Version(entry.unwrap().version));
                let writes = keys.iter().zip(expects).map(|(key, expects)| put(key, vec![1; 2000], expects));
                let outcomes = store.write_many(writes.collect()).await.unwrap();
                assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Applied(_))));
            }
        });
    }
    while let Some(caller) = callers.join_next().await {
        caller.unwrap();
    }
    let made = server.stats()["curr_connections"].parse::<u64>().unwrap();
    // memcached also counts the connection of this command, and its listening sockets.
    let listening = 1 + 1;
    assert!((2..=3).contains(&(made - listening)), "{made} connections");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_runtime_has_a_connection_of_its_own_and_all_share_versions() {
    let server = MemcachedServer::start();
    // Connections to a process that has just started do not share versions.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let options = MemcachedOptions { connections: 1, ..MemcachedOptions::default() };
    let store = Memcached::connect(&[server.address().parse().unwrap()], &options).await.unwrap();
    let store = Arc::new(store);
    let before = connections(&server);
    let Outcome::Applied(mut version) = write(&*store, put("k", "0", Expectation::Absent)).await else {
        panic!()
    };
    for value in ["1", "2", "3"] {
        let (store, expects) = (Arc::clone(&store), Expectation::Version(version));
        let elsewhere = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let outcome = write(&*store, put("k", value, expects)).await;
                assert_eq!(get(&*store, "k").await.unwrap().value, value.as_bytes());
                outcome
            })
        });
        let outcome = tokio::task::spawn_blocking(|| elsewhere.join().unwrap()).await.unwrap();
        let Outcome::Applied(next) = outcome else { panic!("{outcome:?}") };
        version = next;
    }
    // One for each runtime, and one for each command of the test.
    assert_eq!(connections(&server) - before, 3 + 1);
    assert_eq!(get(&*store, "k").await.unwrap().version, version);
}
