//! `lovely-session end`.

use std::io::Write as _;
use std::process::{Command, Stdio};

use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::visitor::Visitor;
use lovely_session_tests::world::{World, long_timeouts};
use serde_json::{Value, json};

use super::binary::{Ended, Serving, binary, run};

/// Visits a counter. Returns the number of visits in the session.
pub async fn visit(visitor: &mut Visitor) -> u32 {
    let response = visitor.get("/").await;
    let count = response.body.trim().rsplit(' ').next().unwrap();
    count.parse().unwrap_or_else(|_| panic!("{}", response.body))
}

/// Somebody who has not visited this host yet.
pub fn visitor(host: &Serving) -> Visitor {
    Visitor::new(host.url(""))
}

pub fn status_of(ended: &Ended) -> (Option<i32>, &str) {
    (ended.code, ended.stderr.as_str())
}

fn store(server: &MemcachedServer) -> String {
    format!("memcached://{}", server.address())
}

fn end(server: &MemcachedServer, id: &str, more: &[&str]) -> Ended {
    run(["end", "--store", &store(server), "counter", id].into_iter().chain(more.iter().copied()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_session_ends_and_the_others_go_on() {
    let server = MemcachedServer::start();
    let host = Serving::start_with(env!("COUNTER_WASM"), ["--store", &store(&server)]);
    let (mut one, mut other) = (visitor(&host), visitor(&host));
    assert_eq!((visit(&mut one).await, visit(&mut other).await), (1, 1));
    let id = one.session.clone().unwrap();
    let ended = end(&server, &id, &["--yes"]);
    assert_eq!(status_of(&ended), (Some(0), ""));
    assert!(ended.stdout.contains("has ended") && !ended.stdout.contains(&id), "{}", ended.stdout);
    assert_eq!((visit(&mut one).await, visit(&mut other).await), (1, 2));
    let again = end(&server, &id, &["--yes"]);
    assert_eq!(again.code, Some(6));
    assert!(again.stderr.contains("has ended already"), "{}", again.stderr);
}

#[tokio::test]
async fn a_request_in_progress_cannot_write_it_back_and_a_renewed_id_is_followed() {
    let server = MemcachedServer::start();
    let world = World::at(&server.address(), &long_timeouts()).await;
    let mut app = world.app().await;
    let container = app.open("counter").await;
    let tx = app.begin().await;
    let session = app.session(container, tx, "first").await.unwrap();
    let data = app.package(session, "p").await.unwrap();
    app.set(data, "k", "1").await.unwrap();
    app.commit(tx).await.unwrap();
    let tx = app.begin().await;
    let session = app.resume(container, tx, "first").await.unwrap().unwrap();
    let renewed = app.renew_id(session, None).await.unwrap();
    app.commit(tx).await.unwrap();

    let slow = app.begin().await;
    let session = app.resume(container, slow, &renewed).await.unwrap().unwrap();
    let data = app.package(session, "p").await.unwrap();
    app.set(data, "k", "2").await.unwrap();
    assert_eq!(status_of(&end(&server, "first", &["--yes"])), (Some(0), ""));
    assert!(app.commit(slow).await.is_err());
    let tx = app.begin().await;
    assert!(!matches!(app.resume(container, tx, &renewed).await, Ok(Some(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_id_is_read_from_standard_input_and_the_result_as_json_does_not_have_it() {
    let server = MemcachedServer::start();
    let host = Serving::start_with(env!("COUNTER_WASM"), ["--store", &store(&server)]);
    let mut visitor = visitor(&host);
    assert_eq!(visit(&mut visitor).await, 1);
    let id = visitor.session.clone().unwrap();
    let mut command = Command::new(binary());
    command.args(["end", "--store", &store(&server), "counter", "-", "--yes", "--json"]);
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    writeln!(process.stdin.take().unwrap(), "{id}").unwrap();
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success());
    let expected = json!({"container": "counter", "ended": true, "verified": true});
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), expected);
    assert_eq!(visit(&mut visitor).await, 1);
}

#[test]
fn an_unknown_session_exits_with_6_and_nothing_is_written() {
    let server = MemcachedServer::start();
    let ended = end(&server, "unknown", &["--yes"]);
    assert_eq!(ended.code, Some(6));
    assert!(ended.stderr.contains("there is no such session"), "{}", ended.stderr);
    assert_eq!(server.stats()["total_items"], "0");
}

#[test]
fn without_a_terminal_it_has_to_be_told_yes() {
    let server = MemcachedServer::start();
    let record = "{\"format\":2,\"life\":\"00112233445566ff\",\"marks\":\"\",\"created\":1700000000,\
                  \"saved\":1700000060,\"timeout\":3600,\"packages\":[]}\n";
    let key = lovely_session_core::store_key("counter", "id").unwrap();
    server.put_stamped(&key, record);
    let before = server.command(&format!("mg {key} v c"));
    let ended = end(&server, "id", &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.contains("--yes"), "{}", ended.stderr);
    assert_eq!(server.command(&format!("mg {key} v c")), before);
}

#[test]
fn sessions_in_memory_and_an_empty_standard_input_are_refused() {
    let ended = run(["end", "--store", "memory:", "shop", "id", "--yes"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("memcached://"), "{}", ended.stderr);
    let mut command = Command::new(binary());
    command.args(["end", "--store", "memcached://127.0.0.1:1", "shop", "-", "--yes"]).stdin(Stdio::null());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no session id"));
}
