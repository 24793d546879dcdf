//! A frozen server: how many calls wait for it, how the others fail, and how the store uses it again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lovely_session_host::{Entry, Error, Expectation, KeyValue, Memcached, MemcachedOptions, Outcome};
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::proxy::{Fault, Proxy};
use tokio::task::JoinSet;

use super::{connect_with, get, keys_of_both, put, short_deadlines, write};

/// A timeout that is much longer than the tests.
const LONG_TIMEOUT: Duration = Duration::from_secs(16);

/// The number of calls that may wait for a silent server.
const SHARE: usize = 8;

fn options() -> MemcachedOptions {
    MemcachedOptions {
        connect_timeout: LONG_TIMEOUT,
        io_timeout: LONG_TIMEOUT,
        waiting_calls: SHARE,
        ..MemcachedOptions::default()
    }
}

async fn store_on(servers: &[&MemcachedServer], options: &MemcachedOptions) -> Arc<Memcached> {
    Arc::new(connect_with(servers, options).await)
}

type Read = Result<Vec<Option<Entry>>, Error>;

/// `reads` concurrent reads.
fn read_at_once(store: &Arc<Memcached>, reads: usize, key: &str) -> JoinSet<Read> {
    let read = |_| {
        let (store, key) = (Arc::clone(store), key.to_owned());
        async move { store.get_many(vec![key], None).await }
    };
    (0..reads).map(read).collect()
}

fn written_at_once(store: &Arc<Memcached>, keys: &[String]) -> JoinSet<Outcome> {
    let write = |key: &String| {
        let (store, key) = (Arc::clone(store), key.clone());
        async move { write(&*store, put(&key, "1", Expectation::Anything)).await }
    };
    keys.iter().map(write).collect()
}

async fn assert_unavailable(reads: &mut JoinSet<Read>, count: usize, server: &MemcachedServer) {
    for _ in 0..count {
        let read = reads.join_next().await.unwrap().unwrap();
        assert!(
            matches!(&read, Err(Error::Unavailable(text)) if text.contains(&server.address())),
            "{read:?}"
        );
    }
}

/// Waits until calls to the server are refused because too many wait for it.
async fn until_refused(store: &Arc<Memcached>) -> JoinSet<Read> {
    let mut reads = read_at_once(store, SHARE + 1, "k");
    assert!(matches!(reads.join_next().await.unwrap().unwrap(), Err(Error::Unavailable(_))));
    reads
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn few_of_many_reads_keep_waiting_for_a_frozen_server_and_succeed_when_it_continues() {
    let (healthy, frozen) = (MemcachedServer::start(), MemcachedServer::start());
    let store = store_on(&[&healthy, &frozen], &options()).await;
    let (on_healthy, on_frozen) = keys_of_both(&store, [&healthy, &frozen]).await;
    frozen.pause();
    let begun = Instant::now();
    let mut reads = read_at_once(&store, 200, &on_frozen[0]);
    let refused = async {
        assert_unavailable(&mut reads, 200 - SHARE, &frozen).await;
        begun.elapsed()
    };
    let others = async {
        for key in &on_healthy {
            assert_eq!(get(&*store, key).await.unwrap().value, b"1");
            let outcome = write(&*store, put(key, "2", Expectation::Anything)).await;
            assert!(matches!(outcome, Outcome::Applied(_)), "{outcome:?}");
        }
    };
    let (refused_after, ()) = tokio::join!(refused, others);
    assert!(refused_after < LONG_TIMEOUT / 2, "they were refused after {refused_after:?}");

    frozen.resume();
    for read in reads.join_all().await {
        assert_eq!(read.unwrap()[0].as_ref().unwrap().value, b"1");
    }
    for read in read_at_once(&store, 200, &on_frozen[0]).join_all().await {
        assert_eq!(read.unwrap()[0].as_ref().unwrap().value, b"1");
    }
}

#[tokio::test]
async fn immediate_retries_do_not_keep_a_reply_from_being_noticed() {
    let server = MemcachedServer::start();
    let store = store_on(&[&server], &options()).await;
    server.pause();
    let waiting = until_refused(&store).await;
    server.resume();
    let begun = Instant::now();
    while store.get_many(vec!["k".to_owned()], None).await.is_err() {
        assert!(begun.elapsed() < LONG_TIMEOUT / 2, "the server replies, but calls are still refused");
    }
    assert!(waiting.join_all().await.iter().all(Result::is_ok));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_is_refused_because_others_wait_for_a_frozen_server_is_never_done() {
    let server = MemcachedServer::start();
    let store = store_on(&[&server], &options()).await;
    server.pause();
    let waiting = until_refused(&store).await;
    let begun = Instant::now();
    let keys: Vec<_> = (0..50).map(|number| format!("refused-{number}")).collect();
    for outcome in written_at_once(&store, &keys).join_all().await {
        assert_eq!(outcome, Outcome::Unavailable);
    }
    assert!(begun.elapsed() < LONG_TIMEOUT / 2, "they were refused after {:?}", begun.elapsed());

    server.resume();
    assert!(waiting.join_all().await.iter().all(Result::is_ok));
    let entries = store.get_many(keys, None).await.unwrap();
    assert!(entries.iter().all(Option::is_none), "a write that was refused was done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_writes_that_were_sent_to_a_frozen_server_keep_waiting() {
    let server = MemcachedServer::start();
    let store = store_on(&[&server], &options()).await;
    server.pause();
    let keys: Vec<_> = (0..50).map(|number| format!("sent-{number}")).collect();
    let mut writes = written_at_once(&store, &keys);
    // One more read than there are slots, together with all the writes: no read keeps waiting.
    assert_unavailable(&mut read_at_once(&store, SHARE + 1, "k"), SHARE + 1, &server).await;
    assert!(writes.try_join_next().is_none(), "a write that was sent was given up");

    server.resume();
    for outcome in writes.join_all().await {
        assert!(matches!(outcome, Outcome::Applied(_)), "{outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_after_several_timeouts_gets_one_call_at_a_time_until_it_replies() {
    let server = MemcachedServer::start();
    let options = MemcachedOptions { io_timeout: Duration::from_secs(2), ..options() };
    let store = store_on(&[&server], &options).await;
    write(&*store, put("k", "1", Expectation::Absent)).await;
    server.pause();
    assert_unavailable(&mut read_at_once(&store, SHARE, "k"), SHARE, &server).await;

    for _ in 0..2 {
        let begun = Instant::now();
        let mut reads = read_at_once(&store, 20, "k");
        assert_unavailable(&mut reads, 19, &server).await;
        assert!(begun.elapsed() < options.io_timeout / 2, "refused after {:?}", begun.elapsed());
        // The one call that is sent.
        assert_unavailable(&mut reads, 1, &server).await;
    }

    let mut reads = read_at_once(&store, 20, "k");
    assert_unavailable(&mut reads, 19, &server).await;
    server.resume();
    assert!(reads.join_next().await.unwrap().unwrap().is_ok(), "the one that was sent got no reply");
    assert!(read_at_once(&store, 20, "k").join_all().await.iter().all(Result::is_ok));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_frozen_is_used_again_with_the_next_call() {
    let server = MemcachedServer::start();
    let store = store_on(&[&server], &short_deadlines()).await;
    for round in 0..3 {
        server.pause();
        for _ in 0..2 {
            assert_unavailable(&mut read_at_once(&store, 3, "k"), 3, &server).await;
        }
        server.resume();
        let outcome = write(&*store, put("k", format!("{round}"), Expectation::Anything)).await;
        assert!(matches!(outcome, Outcome::Applied(_)), "{outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_started_again_after_it_was_frozen_and_killed_is_used_with_the_next_call() {
    let mut server = MemcachedServer::start();
    let store = store_on(&[&server], &short_deadlines()).await;
    server.pause();
    for _ in 0..2 {
        assert_unavailable(&mut read_at_once(&store, 3, "k"), 3, &server).await;
    }
    server.stop();
    assert_unavailable(&mut read_at_once(&store, 1, "k"), 1, &server).await;
    server.restart();
    assert!(read_at_once(&store, 20, "k").join_all().await.iter().all(Result::is_ok));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_to_a_slow_server_that_replies_is_refused() {
    let server = MemcachedServer::start();
    let proxy = Proxy::in_front_of(&server.address()).await;
    let store = Memcached::connect(&[proxy.address().parse().unwrap()], &options()).await.unwrap();
    let store = Arc::new(store);
    proxy.set(Fault::DelayReplies(Duration::from_millis(300)));
    for _ in 0..4 {
        assert!(read_at_once(&store, 200, "k").join_all().await.iter().all(Result::is_ok));
    }
}
