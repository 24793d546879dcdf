//! The store on memcached: servers that are unreachable, slow, or do not meet the requirements.

use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use lovely_session_host::{
    ConnectError, Error, Expectation, HandshakeError, KeyValue, Lifetime, Memcached, Outcome, StoreOptions,
    Write, open_store,
};
use lovely_session_tests::memcached::MemcachedServer;

use super::{connect, connect_with, delete, expecting, get, put, put_for, short_deadlines, touch, write};

async fn connect_error(server: &MemcachedServer) -> ConnectError {
    let address = server.address().parse().unwrap();
    Memcached::connect(&[address], &short_deadlines()).await.unwrap_err()
}

#[tokio::test]
async fn a_store_is_opened_by_its_url() {
    let server = MemcachedServer::start();
    let url = format!("memcached://{}", server.address());
    let store = open_store(&url, &StoreOptions::default()).await.unwrap();
    assert!(matches!(write(&*store, put("k", "1", Expectation::Absent)).await, Outcome::Applied(_)));
    assert_eq!(server.stats()["curr_items"], "1");
}

#[tokio::test]
async fn connecting_changes_nothing_on_the_server() {
    let server = MemcachedServer::start();
    connect(&[&server]).await;
    let stats = server.stats();
    assert_eq!((stats["total_items"].as_str(), stats["delete_hits"].as_str()), ("0", "0"));
}

#[tokio::test]
async fn the_error_for_an_unreachable_server_has_its_address() {
    let mut server = MemcachedServer::start();
    server.stop();
    let error = connect_error(&server).await;
    assert!(matches!(&error, ConnectError::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains(&server.address()), "{error}");
}

#[tokio::test]
async fn the_error_for_a_server_that_hangs_has_its_address_and_comes_in_time() {
    let server = MemcachedServer::start();
    server.pause();
    let begin = Instant::now();
    let error = connect_error(&server).await;
    assert!(matches!(error, ConnectError::TimedOut { .. }), "{error:?}");
    assert!(error.to_string().contains(&server.address()), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_server_without_compare_and_swap_is_refused() {
    let server = MemcachedServer::start_with(&["-C"]);
    let error = connect_error(&server).await;
    assert!(
        matches!(error, ConnectError::Unsuitable { cause: HandshakeError::CasDisabled, .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains(&server.address()), "{error}");
}

#[tokio::test]
async fn a_server_that_requires_a_password_is_refused() {
    let mut passwords = tempfile::NamedTempFile::new().unwrap();
    passwords.write_all(b"user:password\n").unwrap();
    let server = MemcachedServer::start_with(&["-Y", passwords.path().to_str().unwrap()]);
    let error = connect_error(&server).await;
    assert!(matches!(error, ConnectError::Unsuitable { cause: HandshakeError::Denied, .. }), "{error:?}");
}

#[tokio::test]
async fn a_server_that_is_not_memcached_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string().parse().unwrap();
    let web_server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    });
    let error = Memcached::connect(&[address], &short_deadlines()).await.unwrap_err();
    web_server.join().unwrap();
    let ConnectError::Unsuitable { cause: HandshakeError::NotMemcached { reply }, .. } = error else {
        panic!("{error:?}");
    };
    assert!(reply.starts_with("HTTP/1.1"), "{reply:?}");
}

#[tokio::test]
async fn an_empty_list_of_servers_and_a_duplicate_are_refused() {
    let server = MemcachedServer::start();
    let address = || server.address().parse().unwrap();
    let none = Memcached::connect(&[], &short_deadlines()).await;
    assert!(matches!(none, Err(ConnectError::NoServers)));
    let twice = Memcached::connect(&[address(), address()], &short_deadlines()).await;
    assert!(matches!(twice, Err(ConnectError::DuplicateServer(_))));
}

#[tokio::test]
async fn a_read_or_write_while_the_server_is_unreachable_is_unavailable() {
    let mut server = MemcachedServer::start();
    let store = connect(&[&server]).await;
    write(&store, put("k", "1", Expectation::Absent)).await;
    server.stop();
    let read = store.get_many(vec!["k".into()], None).await;
    assert!(matches!(&read, Err(Error::Unavailable(text)) if text.contains(&server.address())), "{read:?}");
    for write in [put("k", "2", Expectation::Anything), delete("k", Expectation::Anything)] {
        assert_eq!(super::write(&store, write).await, Outcome::Unavailable);
    }
}

#[tokio::test]
async fn a_server_that_comes_back_is_used_again_with_the_next_call() {
    let mut server = MemcachedServer::start();
    let store = connect(&[&server]).await;
    write(&store, put("k", "1", Expectation::Absent)).await;
    server.restart();
    assert_eq!(get(&store, "k").await, None);
    assert!(matches!(write(&store, put("k", "2", Expectation::Absent)).await, Outcome::Applied(_)));

    server.stop();
    assert!(store.get_many(vec!["k".into()], None).await.is_err());
    server.restart();
    assert!(matches!(write(&store, put("k", "3", Expectation::Absent)).await, Outcome::Applied(_)));
}

/// memcached counts its versions from 1 in each process, so earlier versions are used again.
#[tokio::test]
async fn a_version_from_before_a_restart_matches_nothing_after_it() {
    let mut server = MemcachedServer::start();
    let store = connect(&[&server]).await;
    let Outcome::Applied(before) = write(&store, put("k", "1", Expectation::Absent)).await else { panic!() };
    let counted = server.command("mg k c");
    server.restart();
    let by_another_client = server.command("ms k 1\r\n2");
    assert_eq!(
        (by_another_client.as_str(), server.command("mg k c")),
        ("HD\r\n", counted),
        "the trap is set"
    );

    for write in [put("k", "3", expecting(&before)), delete("k", expecting(&before))] {
        assert_eq!(super::write(&store, write).await, Outcome::Stale);
    }
    assert_eq!(get(&store, "k").await.unwrap().value, b"2");
    let of_nothing = put("nothing", "3", expecting(&before));
    assert_eq!(write(&store, of_nothing).await, Outcome::Missing);
}

#[tokio::test]
async fn a_write_without_a_reply_in_time_is_unknown_and_may_be_done_later() {
    let server = MemcachedServer::start();
    let store = connect_with(&[&server], &short_deadlines()).await;
    let version = match write(&store, put("k", "1", Expectation::Absent)).await {
        Outcome::Applied(version) => version,
        outcome => panic!("{outcome:?}"),
    };
    server.pause();
    let begin = Instant::now();
    assert_eq!(write(&store, put("k", "2", expecting(&version))).await, Outcome::Unknown);
    let after = write(&store, touch("l", Lifetime::Seconds(5))).await;
    assert_eq!(
        after,
        Outcome::Unavailable,
        "nothing is sent on a new connection before the server has spoken"
    );
    assert!(begin.elapsed() < Duration::from_secs(3), "two deadlines took {:?}", begin.elapsed());
    let read = store.get_many(vec!["k".into()], None).await;
    assert!(matches!(read, Err(Error::Unavailable(_))), "{read:?}");

    server.resume();
    let deadline = Instant::now() + Duration::from_secs(10);
    while get(&store, "k").await.unwrap().value != b"2" {
        assert!(Instant::now() < deadline, "the write was never done");
    }
}

#[tokio::test]
async fn a_smaller_item_limit_of_the_server_is_used() {
    let arguments = ["-I", "16384", "-o", "slab_chunk_max=16384"];
    let (small, large) = (MemcachedServer::start_with(&arguments), MemcachedServer::start());
    let store = connect(&[&small]).await;
    let both = connect(&[&large, &small]).await;
    for key in ["k", "a-key-of-21-characters", &"k".repeat(250)] {
        let limit = store.max_value_bytes(key);
        assert_eq!(both.max_value_bytes(key), limit);
        let largest = put(key, vec![0; limit as usize], Expectation::Anything);
        assert!(matches!(write(&store, largest).await, Outcome::Applied(_)));
        let over = put(key, vec![0; limit as usize + 1], Expectation::Anything);
        assert_eq!(write(&store, over.clone()).await, Outcome::TooLarge(limit));
        assert_eq!(write(&both, over).await, Outcome::TooLarge(limit));
    }
    assert!((16_000..16_384).contains(&store.max_value_bytes("k")));
}

#[tokio::test]
async fn a_limit_that_was_lowered_after_the_handshake_is_an_outcome() {
    let mut server = MemcachedServer::start();
    let store = connect(&[&server]).await;
    server.restart_with(&["-I", "16384", "-o", "slab_chunk_max=16384"]);
    let batch = vec![put("a", "1", Expectation::Absent), put("b", vec![0; 20_000], Expectation::Absent)];
    let outcomes = store.write_many(batch).await.unwrap();
    let limit = store.max_value_bytes("b");
    assert!((16_000..16_384).contains(&limit), "the new limit is known from the new connection");
    assert!(
        matches!(outcomes[..], [Outcome::Applied(_), Outcome::TooLarge(told)] if told == limit),
        "{outcomes:?}"
    );
    assert!(matches!(write(&store, put("c", "1", Expectation::Absent)).await, Outcome::Applied(_)));
}

#[tokio::test]
async fn a_server_that_is_full_and_may_not_evict_is_unavailable() {
    let server = MemcachedServer::start_with(&["-M", "-m", "8"]);
    let store = connect(&[&server]).await;
    let mut refused = None;
    for number in 0..100 {
        let outcome = write(&store, put(&format!("{number}"), vec![0; 200_000], Expectation::Absent)).await;
        if !matches!(outcome, Outcome::Applied(_)) {
            refused = Some((number, outcome));
            break;
        }
    }
    let (number, outcome) = refused.expect("8 MiB do not hold 20 MB");
    assert_eq!(outcome, Outcome::Unavailable);
    assert_eq!(get(&store, &format!("{number}")).await, None);
    assert!(get(&store, "0").await.is_some());
}

#[tokio::test]
async fn a_touch_that_expects_a_version_is_refused() {
    let server = MemcachedServer::start();
    let store = connect(&[&server]).await;
    let Outcome::Applied(version) = write(&store, put("k", "1", Expectation::Absent)).await else { panic!() };
    let conditional = Write { expects: expecting(&version), ..touch("k", Lifetime::Seconds(5)) };
    let result = store.write_many(vec![put("l", "1", Expectation::Absent), conditional]).await;
    assert!(matches!(result, Err(Error::Unsupported(_))), "{result:?}");
    assert_eq!(get(&store, "l").await, None);
}

#[tokio::test]
async fn a_lifetime_past_2038_is_refused() {
    let server = MemcachedServer::start();
    let store = connect(&[&server]).await;
    let result = store.write_many(vec![put_for("k", Lifetime::Seconds(u32::MAX))]).await;
    assert!(matches!(result, Err(Error::Unsupported(_))), "{result:?}");
    let read = store.get_many(vec!["k".into()], Some(Lifetime::Seconds(u32::MAX))).await;
    assert!(matches!(read, Err(Error::Unsupported(_))), "{read:?}");
}

#[tokio::test]
async fn a_call_is_one_round_trip_on_one_connection() {
    let server = MemcachedServer::start();
    let store = connect(&[&server]).await;
    let before = server.stats();
    for round in 0..10 {
        let key = |number| format!("{round}-{number}");
        let batch = (0..20).map(|number| put(&key(number), "1", Expectation::Absent)).collect();
        store.write_many(batch).await.unwrap();
        store.get_many((0..20).map(key).collect(), Some(Lifetime::Seconds(9))).await.unwrap();
    }
    let after = server.stats();
    let grown = |name: &str| after[name].parse::<u64>().unwrap() - before[name].parse::<u64>().unwrap();
    // One is the store's connection, and the other one the test's.
    assert_eq!(grown("total_connections"), 1);
    assert_eq!((grown("cmd_set"), grown("cmd_touch")), (200, 200));
}

mod several_servers {
    use super::super::keys_of_both;
    use super::*;

    #[tokio::test]
    async fn all_of_them_are_used_and_found_again_in_any_order() {
        let (a, b) = (MemcachedServer::start(), MemcachedServer::start());
        let store = connect(&[&a, &b]).await;
        let (on_a, on_b) = keys_of_both(&store, [&a, &b]).await;
        assert!(on_a.len() > 20 && on_b.len() > 20, "{} and {} keys", on_a.len(), on_b.len());
        assert_eq!(b.stats()["curr_items"], on_b.len().to_string());

        let other_process = connect(&[&b, &a]).await;
        let keys: Vec<String> = on_a.into_iter().chain(on_b).collect();
        let entries = other_process.get_many(keys, None).await.unwrap();
        assert!(entries.iter().all(Option::is_some));
    }

    #[tokio::test]
    async fn an_unreachable_one_affects_only_its_own_keys() {
        let (a, mut b) = (MemcachedServer::start(), MemcachedServer::start());
        let store = connect(&[&a, &b]).await;
        let (on_a, on_b) = keys_of_both(&store, [&a, &b]).await;
        b.stop();

        assert!(store.get_many(on_a.clone(), None).await.unwrap().iter().all(Option::is_some));
        let mixed = vec![on_a[0].clone(), on_b[0].clone()];
        let read = store.get_many(mixed.clone(), None).await;
        assert!(matches!(&read, Err(Error::Unavailable(text)) if text.contains(&b.address())), "{read:?}");

        let batch = mixed.iter().map(|key| put(key, "2", Expectation::Anything)).collect();
        let outcomes = store.write_many(batch).await.unwrap();
        assert!(matches!(outcomes[..], [Outcome::Applied(_), Outcome::Unavailable]), "{outcomes:?}");
    }

    #[tokio::test]
    async fn the_outcome_of_writes_to_one_that_hangs_is_unknown() {
        let (a, b) = (MemcachedServer::start(), MemcachedServer::start());
        let store = connect_with(&[&a, &b], &short_deadlines()).await;
        let (on_a, on_b) = keys_of_both(&store, [&a, &b]).await;
        b.pause();
        let batch = [&on_b[0], &on_a[0], &on_b[1]].map(|key| put(key, "2", Expectation::Anything)).to_vec();
        let outcomes = store.write_many(batch).await.unwrap();
        let expected = matches!(outcomes[..], [Outcome::Unknown, Outcome::Applied(_), Outcome::Unknown]);
        assert!(expected, "{outcomes:?}");
    }

    #[tokio::test]
    async fn a_new_one_takes_over_some_keys_and_the_others_keep_the_rest() {
        let servers: Vec<_> = (0..3).map(|_| MemcachedServer::start()).collect();
        let before = connect(&[&servers[0], &servers[1]]).await;
        let (on_a, on_b) = keys_of_both(&before, [&servers[0], &servers[1]]).await;
        let after = connect(&[&servers[0], &servers[1], &servers[2]]).await;
        let mut moved = HashSet::new();
        for key in on_a.iter().chain(&on_b) {
            if get(&after, key).await.is_none() {
                moved.insert(key);
            }
        }
        assert!((10..60).contains(&moved.len()), "{} of 100 keys moved", moved.len());
    }
}
