//! The stores: the contract, and the tests of single stores.

mod away_at_start;
mod contract;
mod families;
mod frozen_servers;
mod kv_memcached;
mod lying_servers;
mod memcached_only;
mod secured_servers;
mod server_states;
mod shared_connections;
mod wasi_keyvalue;

use std::time::Duration;

use lovely_session_host::{
    Change, Entry, Expectation, KeyValue, Lifetime, Memcached, MemcachedOptions, Outcome, Version, Write,
};
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::world::long_timeouts;

/// A store on these servers with long timeouts.
async fn connect(servers: &[&MemcachedServer]) -> Memcached {
    connect_with(servers, &long_timeouts()).await
}

async fn connect_with(servers: &[&MemcachedServer], options: &MemcachedOptions) -> Memcached {
    let addresses: Vec<_> = servers.iter().map(|server| server.address().parse().unwrap()).collect();
    Memcached::connect(&addresses, options).await.unwrap()
}

/// Keys on each of two servers. Their value is 1.
async fn keys_of_both(store: &Memcached, servers: [&MemcachedServer; 2]) -> (Vec<String>, Vec<String>) {
    let keys: Vec<String> = (0..100).map(|number| format!("key-{number}")).collect();
    let batch = keys.iter().map(|key| put(key, "1", Expectation::Absent)).collect();
    let outcomes = store.write_many(batch).await.unwrap();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Applied(_))));
    let is_on_first = |key: &String| servers[0].command(&format!("mg {key} v")).starts_with("VA");
    keys.into_iter().partition(is_on_first)
}

fn short_deadlines() -> MemcachedOptions {
    let half_a_second = Duration::from_millis(500);
    MemcachedOptions {
        connect_timeout: half_a_second,
        io_timeout: half_a_second,
        ..MemcachedOptions::default()
    }
}

async fn get(store: &dyn KeyValue, key: &str) -> Option<Entry> {
    let mut entries = store.get_many(vec![key.into()], None).await.unwrap();
    assert_eq!(entries.len(), 1);
    entries.remove(0)
}

async fn write(store: &dyn KeyValue, write: Write) -> Outcome {
    let mut outcomes = store.write_many(vec![write]).await.unwrap();
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0)
}

fn put(key: &str, value: impl Into<Vec<u8>>, expects: Expectation) -> Write {
    let change = Change::Put { value: value.into(), lifetime: Lifetime::Seconds(600) };
    Write { key: key.into(), expects, change }
}

fn put_for(key: &str, lifetime: Lifetime) -> Write {
    let change = Change::Put { value: b"value".to_vec(), lifetime };
    Write { key: key.into(), expects: Expectation::Anything, change }
}

fn touch(key: &str, lifetime: Lifetime) -> Write {
    Write { key: key.into(), expects: Expectation::Anything, change: Change::Touch(lifetime) }
}

fn delete(key: &str, expects: Expectation) -> Write {
    Write { key: key.into(), expects, change: Change::Delete }
}

fn expecting(version: &Version) -> Expectation {
    Expectation::Version(version.clone())
}
