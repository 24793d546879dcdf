//! Families on memcached: dropped at once for every store that shares the servers, and nothing of them comes back.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use lovely_session_host::{
    Change, Error, Expectation, KeyValue, Lifetime, Memcached, Outcome, Version, Write,
};
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::proxy::{Fault, Proxy};
use lovely_session_tests::world::long_timeouts;

use super::kv_memcached::store_at;
use super::{connect, connect_with, delete, expecting, get, put, short_deadlines, touch, write};

async fn create(store: &dyn KeyValue, key: &str) -> Version {
    match write(store, put(key, "1", Expectation::Absent)).await {
        Outcome::Applied(version) => version,
        outcome => panic!("{key}: {outcome:?}"),
    }
}

async fn drop_family(store: &dyn KeyValue, family: &str) {
    store.drop_family(family.to_owned()).await.unwrap();
}

async fn at(address: String) -> Memcached {
    Memcached::connect(&[address.parse().unwrap()], &long_timeouts()).await.unwrap()
}

#[tokio::test]
async fn a_drop_by_one_host_holds_at_once_for_another_that_knows_the_family() {
    let server = MemcachedServer::start();
    let (one, other) = (connect(&[&server]).await, connect(&[&server]).await);
    let loaded = create(&one, "f:k").await;
    create(&other, "f:l").await;
    create(&other, "g:k").await;
    let by_other = get(&other, "f:k").await.unwrap().version;
    drop_family(&one, "f").await;
    for store in [&other, &one] {
        assert_eq!(store.get_many(vec!["f:k".into(), "f:l".into()], None).await.unwrap(), [None, None]);
        assert!(get(store, "g:k").await.is_some(), "another family");
    }
    assert_eq!(write(&other, put("f:k", "2", expecting(&by_other))).await, Outcome::Missing);
    assert_eq!(write(&one, delete("f:k", expecting(&loaded))).await, Outcome::Missing);
    assert_eq!(get(&one, "f:k").await, None, "the write counts for nobody");
    create(&other, "f:k").await;
    assert_eq!(get(&one, "f:k").await.unwrap().value, b"1");
}

#[tokio::test]
async fn a_creation_finds_the_remains_of_a_dropped_entry_under_its_key_and_replaces_them() {
    let server = MemcachedServer::start();
    let (one, other) = (connect(&[&server]).await, connect(&[&server]).await);
    let old = create(&one, "f:k").await;
    drop_family(&other, "f").await;
    assert_eq!(get(&one, "f:k").await, None);
    assert!(server.command("mg f:k v").starts_with("VA"), "the remains are there");
    let new = create(&one, "f:k").await;
    assert_eq!(write(&other, put("f:k", "2", Expectation::Absent)).await, Outcome::Stale);
    assert_eq!(write(&one, put("f:k", "2", expecting(&old))).await, Outcome::Stale);
    assert!(matches!(write(&one, put("f:k", "2", expecting(&new))).await, Outcome::Applied(_)));
    assert_eq!(get(&other, "f:k").await.unwrap().value, b"2");
}

#[tokio::test]
async fn what_is_dropped_can_neither_be_touched_nor_deleted() {
    let server = MemcachedServer::start();
    let store = connect(&[&server]).await;
    create(&store, "f:k").await;
    drop_family(&store, "f").await;
    assert_eq!(write(&store, touch("f:k", Lifetime::Seconds(60))).await, Outcome::Missing);
    assert_eq!(write(&store, delete("f:k", Expectation::Anything)).await, Outcome::Missing);
    let blind = put("f:k", "2", Expectation::Anything);
    assert!(matches!(write(&store, blind).await, Outcome::Applied(_)));
    assert_eq!(get(&store, "f:k").await.unwrap().value, b"2");
}

#[tokio::test]
async fn an_evicted_generation_takes_its_family_along_for_good() {
    let server = MemcachedServer::start();
    let (one, other) = (connect(&[&server]).await, connect(&[&server]).await);
    let version = create(&one, "f:k").await;
    create(&one, "f:l").await;
    create(&one, "g:k").await;
    assert_eq!(server.command("md f:"), "HD\r\n");
    assert_eq!(get(&other, "f:k").await, None);
    assert_eq!(write(&other, put("f:k", "2", expecting(&version))).await, Outcome::Missing);
    assert_eq!(write(&one, put("f:k", "2", expecting(&version))).await, Outcome::Missing);
    create(&other, "f:l").await;
    assert_eq!(get(&one, "f:k").await, None, "a new generation brings nothing back");
    assert_eq!(get(&one, "f:l").await.unwrap().value, b"1");
    assert!(get(&one, "g:k").await.is_some());
}

#[tokio::test]
async fn a_restart_is_followed_by_a_new_generation() {
    let mut server = MemcachedServer::start();
    let store = connect(&[&server]).await;
    let version = create(&store, "f:k").await;
    server.restart();
    assert_eq!(write(&store, put("f:k", "2", expecting(&version))).await, Outcome::Missing);
    create(&store, "f:k").await;
    assert!(get(&store, "f:k").await.is_some());
    drop_family(&store, "f").await;
    server.restart();
    assert_eq!(get(&store, "f:k").await, None);
    create(&store, "f:k").await;
}

#[tokio::test]
async fn a_family_on_two_servers_is_dropped_on_both() {
    let servers = [MemcachedServer::start(), MemcachedServer::start()];
    let (one, other) =
        (connect(&[&servers[0], &servers[1]]).await, connect(&[&servers[1], &servers[0]]).await);
    let keys: Vec<String> = (0..50).map(|number| format!("f:{number}")).collect();
    for key in &keys {
        create(&one, key).await;
    }
    assert!(servers.iter().all(|server| server.keys().len() > 10), "both have some");
    drop_family(&other, "f").await;
    assert!(one.get_many(keys.clone(), None).await.unwrap().iter().all(Option::is_none));
    let batch = keys.iter().map(|key| put(key, "2", Expectation::Absent)).collect();
    let outcomes = one.write_many(batch).await.unwrap();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Applied(_))), "{outcomes:?}");
    assert!(other.get_many(keys, None).await.unwrap().iter().all(Option::is_some));
}

#[tokio::test]
async fn a_drop_that_a_server_does_not_confirm_fails_with_the_names_of_both_kinds_and_can_be_repeated() {
    let servers = [MemcachedServer::start(), MemcachedServer::start()];
    let store = connect_with(&[&servers[0], &servers[1]], &short_deadlines()).await;
    let keys: Vec<String> = (0..20).map(|number| format!("f:{number}")).collect();
    for key in &keys {
        create(&store, key).await;
    }
    servers[1].pause();
    let error = store.drop_family("f".into()).await.unwrap_err();
    let Error::Unavailable(text) = &error else { panic!("{error:?}") };
    let (failed, done) = text.split_once("Confirmed by: ").unwrap();
    assert!(failed.contains(&servers[1].address()) && !failed.contains(&servers[0].address()), "{text}");
    assert!(done.contains(&servers[0].address()) && done.contains("Repeat it"), "{text}");
    servers[1].resume();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while store.drop_family("f".into()).await.is_err() {
        assert!(tokio::time::Instant::now() < deadline, "the server does not come back");
    }
    assert!(store.get_many(keys, None).await.unwrap().iter().all(Option::is_none));
}

#[tokio::test]
async fn a_creation_that_was_given_up_before_a_drop_has_no_effect_after_it() {
    let server = MemcachedServer::start();
    let slow = connect_with(&[&server], &short_deadlines()).await;
    create(&slow, "f:other").await;
    server.pause();
    assert_eq!(write(&slow, put("f:k", "late", Expectation::Absent)).await, Outcome::Unknown);
    server.resume();
    let store = connect(&[&server]).await;
    drop_family(&store, "f").await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while !server.command("mg f:k v").starts_with("VA") {
        assert!(tokio::time::Instant::now() < deadline, "the write never arrives");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(get(&store, "f:k").await, None);
    create(&store, "f:k").await;
}

#[tokio::test]
async fn calls_on_a_known_family_are_one_round_trip_each_and_a_drop_is_one() {
    let server = MemcachedServer::start();
    let proxy = Proxy::in_front_of(&server.address()).await;
    let store = at(proxy.address()).await;
    let other = connect(&[&server]).await;
    let before = proxy.round_trips();
    let since = || proxy.round_trips() - before;
    assert_eq!(get(&store, "f:k").await, None);
    assert_eq!(since(), 1, "a read");
    let version = create(&store, "f:k").await;
    assert_eq!(since(), 3, "the first creation on this server gives the family its generation");
    create(&store, "f:l").await;
    assert_eq!(since(), 4, "a creation");
    assert!(matches!(write(&store, put("f:k", "2", expecting(&version))).await, Outcome::Applied(_)));
    assert!(matches!(write(&store, delete("f:l", Expectation::Anything)).await, Outcome::Applied(_)));
    assert!(matches!(write(&store, touch("f:k", Lifetime::Seconds(9))).await, Outcome::Applied(_)));
    assert_eq!(since(), 7, "a change, a delete, and a touch");
    drop_family(&store, "f").await;
    assert_eq!(since(), 8, "a drop");
    create(&store, "f:m").await;
    assert_eq!(since(), 10, "a creation that does not know of the drop is sent again");
    create(&store, "f:k").await;
    assert_eq!(since(), 13, "a creation in place of remains looks at them first");
    drop_family(&other, "f").await;
    assert_eq!(get(&store, "f:m").await, None);
    create(&store, "f:n").await;
    assert_eq!(since(), 15, "a read tells the generation");
}

#[tokio::test]
async fn of_a_broken_connection_the_outcome_of_a_creation_is_unknown_and_nothing_is_sent_twice() {
    let server = MemcachedServer::start();
    let proxy = Proxy::in_front_of(&server.address()).await;
    let store = at(proxy.address()).await;
    create(&store, "f:k").await;
    proxy.set(Fault::CutReplies { after: 0 });
    assert_eq!(write(&store, put("f:l", "1", Expectation::Absent)).await, Outcome::Unknown);
    let dropped = store.drop_family("f".into()).await;
    assert!(matches!(dropped, Err(Error::Unavailable(_))), "{dropped:?}");
    proxy.set(Fault::None);
    drop_family(&store, "f").await;
    assert_eq!(get(&store, "f:l").await, None);
}

#[tokio::test]
async fn the_component_and_the_hosts_store_agree_on_what_is_dropped() {
    let servers = [MemcachedServer::start(), MemcachedServer::start()];
    let addresses = servers.each_ref().map(MemcachedServer::address);
    let (host, component) =
        (connect(&[&servers[0], &servers[1]]).await, store_at(&addresses, Duration::from_secs(20)));
    let keys: Vec<String> = (0..20).map(|number| format!("f:{number}")).collect();
    for (number, key) in keys.iter().enumerate() {
        create(if number % 2 == 0 { &host as &dyn KeyValue } else { &component }, key).await;
    }
    let all_there = |entries: &[Option<_>]| entries.iter().all(Option::is_some);
    assert!(all_there(&host.get_many(keys.clone(), None).await.unwrap()));
    let loaded = component.get_many(keys.clone(), None).await.unwrap();
    assert!(all_there(&loaded));
    drop_family(&host, "f").await;
    let change = |(key, entry): (&String, &Option<lovely_session_host::Entry>)| {
        put(key, "late", expecting(&entry.as_ref().unwrap().version))
    };
    let late: Vec<Write> = keys.iter().zip(&loaded).map(change).collect();
    let outcomes: BTreeSet<String> =
        component.write_many(late).await.unwrap().iter().map(|outcome| format!("{outcome:?}")).collect();
    // Versions of a young process are of one connection, but there is nothing that they could match.
    assert_eq!(outcomes.into_iter().collect::<Vec<_>>(), ["Missing"]);
    assert!(component.get_many(keys.clone(), None).await.unwrap().iter().all(Option::is_none));
    component.forget_instances();
    let batch = keys.iter().map(|key| put(key, "new", Expectation::Absent)).collect();
    let outcomes = component.write_many(batch).await.unwrap();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Applied(_))), "{outcomes:?}");
    let entries = host.get_many(keys, None).await.unwrap();
    assert!(entries.iter().all(|entry| entry.as_ref().unwrap().value == b"new"));
    let refused = component.drop_family("f".into()).await;
    assert!(matches!(refused, Err(Error::Unsupported(_))), "{refused:?}");
}

#[tokio::test]
async fn a_fresh_instance_that_creates_asks_for_the_generation_with_the_handshake() {
    let server = MemcachedServer::start();
    create(&connect(&[&server]).await, "f:k").await;
    let proxy = Proxy::in_front_of(&server.address()).await;
    let store = store_at(&[proxy.address()], Duration::from_secs(20));
    create(&store, "f:l").await;
    assert_eq!(proxy.round_trips(), 2, "the handshake, and the write");
    create(&store, "f:m").await;
    assert_eq!(proxy.round_trips(), 3);
}

/// Many writers, each on a key of its own, while the family is dropped again and again by another host.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_written_with_a_version_from_before_a_drop_is_never_seen_after_it() {
    let server = MemcachedServer::start();
    let (writer, dropper) = (Arc::new(connect(&[&server]).await), connect(&[&server]).await);
    for round in 0..50 {
        let keys: Vec<String> = (0..10).map(|number| format!("f:{number}")).collect();
        for key in &keys {
            let change = Change::Put { value: b"before".to_vec(), lifetime: Lifetime::Seconds(600) };
            let before = Write { key: key.clone(), expects: Expectation::Anything, change };
            assert!(matches!(write(&*writer, before).await, Outcome::Applied(_)), "round {round}");
        }
        let entries = writer.get_many(keys.clone(), None).await.unwrap();
        let versions = entries.into_iter().map(|entry| entry.unwrap().version);
        let batch: Vec<_> =
            keys.iter().zip(versions).map(|(key, version)| put(key, "late", expecting(&version))).collect();
        let writes: Vec<_> = batch
            .into_iter()
            .map(|late| {
                let writer = Arc::clone(&writer);
                tokio::spawn(async move { write(&*writer, late).await })
            })
            .collect();
        drop_family(&dropper, "f").await;
        for written in writes {
            let outcome = written.await.unwrap();
            assert!(matches!(outcome, Outcome::Applied(_) | Outcome::Missing), "{outcome:?}");
        }
        let after = dropper.get_many(keys, None).await.unwrap();
        assert!(after.iter().all(Option::is_none), "round {round}: {after:?}");
    }
}

/// The processor time of this process and of a server, in microseconds.
fn processor_time(server: &MemcachedServer) -> f64 {
    // Fields 14 and 15, in ticks of 10 ms. The name before them may have spaces.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let ticks: f64 = [11, 12].map(|position: usize| fields[position].parse::<f64>().unwrap()).iter().sum();
    let stats = server.stats();
    let of_server: f64 =
        ["rusage_user", "rusage_system"].map(|name| stats[name].parse::<f64>().unwrap()).iter().sum();
    ticks * 10_000.0 + of_server * 1_000_000.0
}

/// Compares keys in a family with keys that are in none, which are read and written without a generation.
#[tokio::test]
#[ignore = "it measures"]
async fn what_a_generation_costs() {
    const TRANSACTIONS: u32 = 2_000;
    let server = MemcachedServer::start();
    let store = connect(&[&server]).await;
    let value = vec![b'x'; 500];
    let mut each = [Vec::new(), Vec::new()];
    for _ in 0..60 {
        for (position, key) in ["ls1-cart-0123456789", "ls1:cart:0123456789"].into_iter().enumerate() {
            let mut version = match write(&store, put(key, value.clone(), Expectation::Anything)).await {
                Outcome::Applied(version) => version,
                outcome => panic!("{outcome:?}"),
            };
            let before = processor_time(&server);
            for _ in 0..TRANSACTIONS {
                let read = store.get_many(vec![key.into()], Some(Lifetime::Seconds(600))).await.unwrap();
                assert_eq!(read[0].as_ref().unwrap().version, version);
                version = match write(&store, put(key, value.clone(), expecting(&version))).await {
                    Outcome::Applied(version) => version,
                    outcome => panic!("{outcome:?}"),
                };
            }
            let used = (processor_time(&server) - before) / f64::from(2 * TRANSACTIONS);
            each[position].push(used);
        }
    }
    let [without, with] = each.map(|mut figures| {
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    });
    println!("{without:.2} µs of processor time an exchange without, {with:.2} µs with a generation");
}
