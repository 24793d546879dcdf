//! `lovely-session invalidate`.

use lovely_session_tests::memcached::MemcachedServer;
use serde_json::{Value, json};

use super::binary::{Ended, Serving, run};
use super::end::{status_of, visit, visitor};

fn invalidate(servers: &[&MemcachedServer], container: &str, more: &[&str]) -> Ended {
    let servers: Vec<_> = servers.iter().map(|server| server.address()).collect();
    let store = format!("memcached://{}", servers.join(","));
    run(["invalidate", "--store", &store, container].into_iter().chain(more.iter().copied()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_sessions_of_a_container_end_on_all_hosts_and_new_ones_begin() {
    let servers = [MemcachedServer::start(), MemcachedServer::start()];
    let store = format!("memcached://{},{}", servers[0].address(), servers[1].address());
    let hosts = [(); 2].map(|()| Serving::start_with(env!("COUNTER_WASM"), ["--store", &store]));
    let mut visitors: Vec<_> = (0..10).map(|_| visitor(&hosts[0])).collect();
    for (number, visitor) in visitors.iter_mut().enumerate() {
        assert_eq!(visit(visitor).await, 1);
        *visitor = visitor.clone().at(hosts[number % 2].url(""));
        assert_eq!(visit(visitor).await, 2);
    }
    let ended = invalidate(&[&servers[0], &servers[1]], "counter", &["--yes"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert!(ended.stdout.contains("checked: 16 entries"), "{}", ended.stdout);
    for visitor in &mut visitors {
        assert_eq!(visit(visitor).await, 1, "the session came back");
        assert_eq!(visit(visitor).await, 2, "a new one has begun");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_containers_are_not_touched() {
    let server = MemcachedServer::start();
    let store = format!("memcached://{}", server.address());
    let host = Serving::start_with(env!("COUNTER_WASM"), ["--store", &store]);
    let mut visitor = visitor(&host);
    assert_eq!(visit(&mut visitor).await, 1);
    for other in ["count", "counters", "COUNTER", "counter:"] {
        assert_eq!(invalidate(&[&server], other, &["--yes"]).code, Some(0));
    }
    assert_eq!(visit(&mut visitor).await, 2);
}

#[test]
fn the_result_as_json_is_one_object() {
    let server = MemcachedServer::start();
    let ended = invalidate(&[&server], "shop", &["--yes", "--json"]);
    let expected = json!({"container": "shop", "invalidated": true, "checked_entries": 16});
    assert_eq!(serde_json::from_str::<Value>(&ended.stdout).unwrap(), expected);
    assert_eq!(status_of(&ended), (Some(0), ""));
}

#[test]
fn without_a_terminal_it_has_to_be_told_yes() {
    let server = MemcachedServer::start();
    let ended = invalidate(&[&server], "shop", &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.contains("`shop`") && ended.stderr.contains("--yes"), "{}", ended.stderr);
    assert_eq!(server.stats()["total_items"], "0");
}

#[test]
fn a_server_that_is_away_is_named_and_the_sessions_on_the_others_end_nevertheless() {
    let (here, mut away) = (MemcachedServer::start(), MemcachedServer::start());
    away.stop();
    let ended = invalidate(&[&here, &away], "shop", &["--yes"]);
    assert_eq!(ended.code, Some(4));
    assert!(ended.stderr.contains(&away.address()), "{}", ended.stderr);
    let confirmed = format!("Confirmed by: {}", here.address());
    assert!(ended.stderr.contains(&confirmed) && ended.stderr.contains("Repeat it"), "{}", ended.stderr);
}

#[test]
fn sessions_in_memory_and_invalid_names_are_refused() {
    for (store, container, wanted) in
        [("memory:", "shop", "memcached://"), ("memcached://127.0.0.1:1", "", "empty")]
    {
        let ended = run(["invalidate", "--store", store, container, "--yes"]);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(wanted), "{}", ended.stderr);
    }
}
