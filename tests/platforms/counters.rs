//! Counters in languages that have no SDK, each as the host serves it: they behave as `examples/counter` does.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use lovely_session_host::compose::{compose, with_store};
use lovely_session_host::{KV_MEMCACHED, SESSION_COMPONENT};
use lovely_session_tests::binary::Serving;
use lovely_session_tests::client::client;
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::visitor::Visitor;
use tempfile::{TempDir, tempdir};
use wit_component::{DecodedWasm, decode};

use crate::hosts::installed;

/// The number of visits at the same time.
const CONCURRENT: u64 = 8;

/// A running counter, with the store of its sessions.
struct Served {
    server: Serving,
    memcached: Option<MemcachedServer>,
    _directory: TempDir,
}

impl Served {
    fn in_memory(component: &Path) -> Self {
        let arguments: [&str; 0] = [];
        let server = Serving::start_with(component.to_str().unwrap(), arguments);
        Self { server, memcached: None, _directory: tempdir().unwrap() }
    }

    fn on_memcached(component: &Path) -> Self {
        let memcached = MemcachedServer::start();
        let store = format!("memcached://{}", memcached.address());
        let server = Serving::start_with(component.to_str().unwrap(), ["--store", &store]);
        Self { server, memcached: Some(memcached), _directory: tempdir().unwrap() }
    }

    /// wasmtime's own server, which runs the visits of one session at the same time: they conflict.
    fn without_turns(component: &Path) -> Self {
        let (directory, memcached) = (tempdir().unwrap(), MemcachedServer::start());
        let path = directory.path().join("composed.wasm");
        let sessions = with_store(SESSION_COMPONENT, KV_MEMCACHED).unwrap();
        std::fs::write(&path, compose(&std::fs::read(component).unwrap(), &sessions).unwrap()).unwrap();
        let mut wasmtime = Command::new(installed("python/bin/wasmtime"));
        wasmtime.args(["serve", "-Scli", "-Sinherit-network", "--addr=127.0.0.1:0"]);
        wasmtime.arg(format!("--env=LOVELY_SESSION_MEMCACHED={}", memcached.address()));
        wasmtime.arg("--env=LOVELY_SESSION_MEMCACHED_TIMEOUT_MS=20000").arg(path);
        Self { server: Serving::of(&mut wasmtime), memcached: Some(memcached), _directory: directory }
    }

    fn visitor(&self) -> Visitor {
        Visitor::new(self.server.url(""))
    }
}

/// Visits, and returns the number that the visitor sees.
async fn visit(visitor: &mut Visitor) -> u64 {
    let response = visitor.get("/").await;
    assert_eq!(response.status, 200, "{}", response.body);
    let number = response.body.strip_prefix("visits: ").and_then(|rest| rest.strip_suffix('\n'));
    number.unwrap_or_else(|| panic!("{:?}", response.body)).parse().unwrap()
}

async fn each_visitor_has_a_count_of_their_own(served: &Served) {
    let (mut first, mut second) = (served.visitor(), served.visitor());
    let begun = first.get("/").await;
    assert_eq!((begun.status, begun.body.as_str()), (200, "visits: 1\n"));
    let id = first.session.clone().unwrap();
    assert_eq!(begun.header("set-cookie"), format!("sid={id}; HttpOnly; SameSite=Lax; Path=/"));
    assert_eq!(visit(&mut second).await, 1);
    assert_ne!(second.session.as_ref(), Some(&id));
    let again = first.get("/").await;
    assert_eq!(again.body, "visits: 2\n");
    assert_eq!(again.header("set-cookie"), "", "the browser has the cookie already");
    assert_eq!(visit(&mut second).await, 2);
}

async fn ids_from_elsewhere_are_never_adopted(served: &Served) {
    let too_long = "x".repeat(2000);
    for foreign in ["planted", "", "a\\b", too_long.as_str()] {
        let mut visitor = served.visitor().with_session(foreign);
        assert_eq!(visit(&mut visitor).await, 1, "{foreign}");
        assert_ne!(visitor.session.as_deref(), Some(foreign));
    }
}

/// As `sdk/rust` does, which tells the reasons.
async fn cookies_are_read_as_the_sdk_reads_them(served: &Served) {
    let mut visitor = served.visitor();
    visit(&mut visitor).await;
    let id = visitor.session.unwrap();
    let leads_to_the_session = [
        vec![format!("sid={id}")],
        vec![format!(" theme=dark;sid={id};lang=en")],
        vec![format!("sid=; sid=a b; sid={id}; sid=later")],
        vec!["theme=dark".to_owned(), format!("sid={id}")],
    ];
    for (visits, headers) in (2..).zip(leads_to_the_session) {
        assert_eq!(with_cookies(served, &headers).await, format!("visits: {visits}\n"), "{headers:?}");
    }
    for header in [format!("xsid={id}"), format!("SID={id}"), format!("sid =={id}"), "sid".to_owned()] {
        assert_eq!(with_cookies(served, &[header]).await, "visits: 1\n");
    }
}

async fn with_cookies(served: &Served, headers: &[String]) -> String {
    let request = client().get(served.server.url("/"));
    let request = headers.iter().fold(request, |request, header| request.header("cookie", header));
    request.send().await.unwrap().text().await.unwrap()
}

async fn concurrent_visits_are_all_counted(served: &Served) {
    let mut visitor = served.visitor();
    assert_eq!(visit(&mut visitor).await, 1);
    let visits: Vec<_> = (0..CONCURRENT)
        .map(|_| {
            let mut visitor = visitor.clone();
            tokio::spawn(async move { visit(&mut visitor).await })
        })
        .collect();
    let mut numbers = BTreeSet::new();
    for visit in visits {
        numbers.insert(visit.await.unwrap());
    }
    assert_eq!(numbers, (2..=1 + CONCURRENT).collect());
    assert_eq!(visit(&mut visitor).await, 2 + CONCURRENT);
}

async fn a_session_that_is_gone_begins_again_under_another_id(served: &Served) {
    let mut visitor = served.visitor();
    visit(&mut visitor).await;
    let id = visitor.session.clone();
    assert_eq!(served.memcached.as_ref().unwrap().command("flush_all"), "OK\r\n");
    assert_eq!(visit(&mut visitor).await, 1);
    assert_ne!(visitor.session, id);
}

async fn without_its_store_it_says_so(mut served: Served) {
    let mut visitor = served.visitor();
    visit(&mut visitor).await;
    served.memcached.as_mut().unwrap().stop();
    let response = visitor.get("/").await;
    let apology = "This visit may not have been counted; try again later.\n";
    assert_eq!((response.status, response.body.as_str()), (503, apology));
    assert_eq!(response.header("set-cookie"), "");
}

async fn behaves_as_the_counter_does(served: &Served) {
    each_visitor_has_a_count_of_their_own(served).await;
    ids_from_elsewhere_are_never_adopted(served).await;
    cookies_are_read_as_the_sdk_reads_them(served).await;
    concurrent_visits_are_all_counted(served).await;
}

/// The counter in C.
fn in_c() -> PathBuf {
    installed("counter-c.wasm")
}

/// A C library brings imports along as soon as a function of it is used that reads or writes files.
#[test]
fn the_counter_in_c_imports_nothing_but_what_it_calls() {
    let component = std::fs::read(in_c()).unwrap();
    let DecodedWasm::Component(types, world) = decode(&component).unwrap() else { panic!("not a component") };
    for import in types.worlds[world].imports.keys().map(|key| types.name_world_key(key)) {
        let expected = ["lovely:session/", "wasi:http/types@", "wasi:io/", "wasi:clocks/monotonic-clock@"];
        assert!(expected.iter().any(|prefix| import.starts_with(prefix)), "{import}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_counter_in_c_counts_in_memory() {
    behaves_as_the_counter_does(&Served::in_memory(&in_c())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_counter_in_c_counts_on_memcached() {
    let served = Served::on_memcached(&in_c());
    behaves_as_the_counter_does(&served).await;
    a_session_that_is_gone_begins_again_under_another_id(&served).await;
    without_its_store_it_says_so(served).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_counter_in_c_runs_again_after_conflicts() {
    behaves_as_the_counter_does(&Served::without_turns(&in_c())).await;
}
