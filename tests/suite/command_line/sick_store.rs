//! `serve` with memcached servers that freeze or die: which requests succeed, and the log.

use std::time::{Duration, Instant};

use lovely_session_core::store_key;
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::visitor::Visitor;
use tokio::task::JoinSet;

use super::binary::Serving;

/// Enough for more sessions than request slots on each of two servers.
const VISITORS: usize = 400;

/// How long visitors send requests.
const VISITING: Duration = Duration::from_secs(3);

/// How long it may take until a server is used again after it was frozen.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves the counter with these memcached servers.
fn serve(servers: &[&MemcachedServer]) -> Serving {
    let addresses: Vec<_> = servers.iter().map(|server| server.address()).collect();
    let store = format!("memcached://{}", addresses.join(","));
    Serving::start_with(env!("COUNTER_WASM"), ["--no-cache", "--store", &store])
}

fn visitor(serving: &Serving) -> Visitor {
    Visitor::new(format!("http://{}", serving.address()))
}

/// Sends a request of each visitor, all concurrently; returns the visitors with the statuses of the responses.
async fn visit_once(visitors: Vec<Visitor>) -> Vec<(Visitor, u16)> {
    let visit = async |mut visitor: Visitor| {
        let status = visitor.get("/").await.status;
        (visitor, status)
    };
    visitors.into_iter().map(visit).collect::<JoinSet<_>>().join_all().await
}

/// Sends requests of these visitors for some time; returns the number of successful ones.
async fn visit_for(time: Duration, visitors: &[Visitor]) -> usize {
    let end = Instant::now() + time;
    let visit = |visitor: &Visitor| {
        let mut visitor = visitor.clone();
        async move {
            let mut count = 0;
            while Instant::now() < end {
                count += usize::from(visitor.get("/").await.status == 200);
            }
            count
        }
    };
    visitors.iter().map(visit).collect::<JoinSet<_>>().join_all().await.into_iter().sum()
}

/// Retries until a request succeeds: until the server's first reply, most calls to it are refused.
async fn until_success(visitor: &Visitor) {
    let begun = Instant::now();
    while visitor.clone().get("/").await.status != 200 {
        assert!(begun.elapsed() < PATIENCE, "the server is not used again");
    }
}

/// The visitors with sessions on this server, and the others.
fn divided(visitors: Vec<(Visitor, u16)>, server: &MemcachedServer) -> (Vec<Visitor>, Vec<Visitor>) {
    let here = server.keys();
    let key = |visitor: &Visitor| store_key("counter", visitor.session.as_ref().unwrap()).unwrap();
    visitors.into_iter().map(|(visitor, _)| visitor).partition(|visitor| here.contains(&key(visitor)))
}

/// Stops the process; returns the lines of its log about the store.
fn lines_about_the_store(serving: Serving) -> Vec<String> {
    serving.signal("TERM");
    let (_, log) = serving.wait();
    log.lines().filter(|line| line.contains(" store: ")).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_server_does_not_affect_the_sessions_of_the_other_one() {
    let (healthy, frozen) = (MemcachedServer::start(), MemcachedServer::start());
    let serving = serve(&[&healthy, &frozen]);
    let visitors = visit_once(vec![visitor(&serving); VISITORS]).await;
    let (on_healthy, on_frozen) = divided(visitors, &healthy);
    assert!(on_healthy.len() > 130 && on_frozen.len() > 130, "{} and {}", on_healthy.len(), on_frozen.len());

    let all = async || tokio::join!(visit_for(VISITING, &on_healthy), visit_for(VISITING, &on_frozen));
    let (before, _) = all().await;
    frozen.pause();
    let (meanwhile, of_the_frozen) = all().await;
    frozen.resume();
    until_success(&on_frozen[0]).await;
    assert!(visit_once(on_frozen.clone()).await.iter().all(|(_, status)| *status == 200));
    let (after, _) = all().await;
    println!(
        "successful requests with sessions on the healthy server: {before} before, {meanwhile} meanwhile, {after} after"
    );
    assert_eq!(of_the_frozen, 0);
    assert!(meanwhile >= before.min(after) / 2, "{before} before, {meanwhile} meanwhile, {after} after");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_names_a_dead_server_with_the_reason_in_few_lines() {
    let mut server = MemcachedServer::start();
    let serving = serve(&[&server]);
    server.stop();
    for _ in 0..20 {
        let responses = visit_once(vec![visitor(&serving); 50]).await;
        assert!(responses.iter().all(|(_, status)| *status == 503));
    }
    let lines = lines_about_the_store(serving);
    let named = lines.iter().filter(|line| line.contains(&format!("server={}", server.address())));
    let is_explained = |line: &&String| line.contains("call=connect") && line.contains("Connection refused");
    assert!(named.clone().any(|line| is_explained(&line)), "{lines:#?}");
    assert_eq!(named.count(), lines.len(), "{lines:#?}");
    // Of 1000 failures.
    assert!(lines.len() < 20, "{} lines", lines.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_says_when_a_server_freezes_and_when_it_replies_again() {
    let server = MemcachedServer::start();
    let serving = serve(&[&server]);
    let (mut visitors, _): (Vec<_>, Vec<_>) =
        visit_once(vec![visitor(&serving); 8]).await.into_iter().unzip();
    let id = visitors[0].session.clone().unwrap();
    server.pause();
    let responses = visit_once(visitors.clone()).await;
    assert!(responses.iter().all(|(_, status)| *status == 503));
    server.resume();
    assert_eq!(visitors[0].get("/").await.status, 200);

    let lines = lines_about_the_store(serving);
    let position = |words: &[&str]| {
        let has_all = |line: &String| words.iter().all(|word| line.contains(word));
        lines.iter().position(has_all).unwrap_or_else(|| panic!("{words:?} is not in {lines:#?}"))
    };
    let address = format!("server={}", server.address());
    position(&[" WARN ", &address, "call=read", "did not answer in time"]);
    let away = position(&[" WARN ", &address, "does not answer"]);
    let back = position(&[" INFO ", &address, "answers again"]);
    assert!(away < back, "{lines:#?}");
    let key = store_key("counter", &id).unwrap();
    assert!(lines.iter().all(|line| !line.contains(&id) && !line.contains(&key)), "{lines:#?}");
}
