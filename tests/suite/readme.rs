//! Checks the pages against the repository, and serves the example of the README.

mod markdown;
mod pages;

use lovely_session_tests::client::client;
use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use lovely_session_host::Memory;
use lovely_session_host::serve::{Application, Limits, Server};

const README: &str = include_str!("../../README.md");
const COUNTER: &str = include_str!("../../examples/counter/src/lib.rs");

#[test]
fn the_readme_shows_the_counter_s_work_as_it_is() {
    let source = function("count");
    assert!(README.contains(source), "the README does not have this, which is the code:\n{source}");
}

/// A function of the counter, from its name to the brace that ends it.
fn function(name: &str) -> &'static str {
    let begin = COUNTER.find(&format!("\nfn {name}(")).unwrap() + 1;
    let length = COUNTER[begin..].find("\n}\n").unwrap() + 2;
    &COUNTER[begin..begin + length]
}

/// Serves the counter, and gives its URL. It ends with the test.
async fn serve_counter() -> String {
    let component = fs::read(env!("COUNTER_WASM")).unwrap();
    let application = Application::load(&component, Limits::default()).unwrap();
    let server = Server::bind("127.0.0.1:0", application, Arc::new(Memory::new())).await.unwrap();
    let url = format!("http://{}", server.local_addr());
    tokio::spawn(server.run(std::future::pending()));
    url
}

/// Visits with a cookie, and gives the answer and the cookie that the visitor has then.
async fn visit(url: &str, cookie: Option<&str>) -> (String, String) {
    let request = client().get(url);
    let request = cookie.into_iter().fold(request, |request, cookie| request.header("cookie", cookie));
    let response = request.send().await.unwrap();
    let set = response.headers().get("set-cookie").map(|set| set.to_str().unwrap());
    let cookie = set.and_then(|set| set.split(';').next()).or(cookie).unwrap().to_owned();
    (response.text().await.unwrap(), cookie)
}

#[tokio::test]
async fn the_counter_counts_the_visits_of_each_visitor() {
    let url = serve_counter().await;
    let (text, cookie) = visit(&url, None).await;
    assert_eq!(text, "visits: 1\n");
    assert_eq!(visit(&url, Some(&cookie)).await, ("visits: 2\n".to_owned(), cookie.clone()));
    let (text, other_cookie) = visit(&url, None).await;
    assert_eq!(text, "visits: 1\n");
    assert_ne!(other_cookie, cookie);
    assert_eq!(visit(&url, Some(&cookie)).await, ("visits: 3\n".to_owned(), cookie));
}

#[tokio::test]
async fn the_counter_never_adopts_an_id_that_it_did_not_issue() {
    let url = serve_counter().await;
    let too_long = format!("sid={}", "x".repeat(2000));
    for foreign in ["sid=planted", "sid=", too_long.as_str()] {
        let (text, cookie) = visit(&url, Some(foreign)).await;
        assert_eq!(text, "visits: 1\n");
        assert_ne!(cookie, foreign);
    }
}

/// A visit is lost to another one at most once, so seven times here; the counter tries more often.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn visits_at_the_same_time_are_all_counted() {
    let url = serve_counter().await;
    let (_, cookie) = visit(&url, None).await;
    let visits = (0..8).map(|_| {
        let (url, cookie) = (url.clone(), cookie.clone());
        tokio::spawn(async move { visit(&url, Some(&cookie)).await.0 })
    });
    let mut answers = BTreeSet::new();
    for visit in visits.collect::<Vec<_>>() {
        answers.insert(visit.await.unwrap());
    }
    let every_count: BTreeSet<_> = (2..=9).map(|count| format!("visits: {count}\n")).collect();
    assert_eq!(answers, every_count);
}
