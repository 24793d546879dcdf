//! Work that loses races.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::browser::Browser;
use super::site::Site;
use crate::languages::on_both_stores;

on_both_stores!(
    work_runs_again_after_a_conflict_and_reads_fresh_data,
    additions_never_run_again,
    what_is_only_shown_never_runs_again,
    changes_of_different_keys_never_run_again,
    without_patience_work_runs_once_and_fails_with_what_conflicted,
    work_that_conflicts_for_longer_than_its_patience_fails_with_the_conflict,
    a_snapshot_conflicts_only_with_writes_of_the_same_key,
    the_last_writer_wins_where_that_is_the_isolation_level,
    a_visitor_whose_session_ends_during_a_request_is_a_new_one,
    concurrent_requests_of_one_visitor_all_succeed_and_are_all_counted,
);

/// A browser whose session has one apple.
async fn with_an_apple(site: &Site) -> Browser {
    let mut browser = site.browser();
    browser.does(json!([["begin"], ["set", "cart", "apple", 1]])).await;
    browser
}

async fn apples(browser: &mut Browser) -> Value {
    browser.does(json!([["get", "cart", "apple"]])).await[0].take()
}

async fn work_runs_again_after_a_conflict_and_reads_fresh_data(site: &Site) {
    let mut browser = with_an_apple(site).await;
    for (times, before) in [(1, 1), (3, 101), (12, 401)] {
        let steps = json!([
            ["get", "cart", "apple"],
            ["rival", times, [["add", "cart", "apple", 100]]],
            ["add", "order", "turns", 1]
        ]);
        let reply = browser.try_to(steps).await;
        assert_eq!((&reply.results[0], reply.runs), (&json!(before + 100 * times), times + 1));
    }
    assert_eq!(apples(&mut browser).await, 1601);
}

async fn additions_never_run_again(site: &Site) {
    let mut browser = with_an_apple(site).await;
    let steps = json!([["rival", 9, [["add", "cart", "apple", 100]]], ["add", "cart", "apple", 1]]);
    assert_eq!(browser.try_to(steps).await.runs, 1);
    assert_eq!(apples(&mut browser).await, 102);
}

async fn what_is_only_shown_never_runs_again(site: &Site) {
    let mut browser = with_an_apple(site).await;
    let steps = json!([
        ["peek", "cart", "apple"],
        ["peek-entries", "cart"],
        ["rival", 9, [["set", "cart", "apple", 5]]],
        ["set", "order", "coupon", "WELCOME"]
    ]);
    let reply = browser.try_to(steps).await;
    assert_eq!((&reply.results[0], &reply.results[1], reply.runs), (&json!(1), &json!({"apple": 1}), 1));
}

async fn changes_of_different_keys_never_run_again(site: &Site) {
    let mut browser = with_an_apple(site).await;
    let steps = json!([["rival", 9, [["set", "cart", "pear", 7]]], ["set", "cart", "apple", 2]]);
    assert_eq!(browser.try_to(steps).await.runs, 1);
    assert_eq!(browser.does(json!([["entries", "cart"]])).await, json!([{"apple": 2, "pear": 7}]));
}

async fn without_patience_work_runs_once_and_fails_with_what_conflicted(site: &Site) {
    let mut browser = with_an_apple(site).await.with(json!({"patience": 0}));
    let steps = json!([
        ["get", "cart", "apple"],
        ["rival", 1, [["set", "cart", "apple", 5]]],
        ["set", "cart", "apple", 2]
    ]);
    let reply = browser.try_to(steps).await;
    assert_eq!((&reply.error["name"], reply.runs), (&json!("conflict"), 1));
    let conflict = json!([{"container": "sdk", "package": "cart", "key": "apple"}]);
    assert_eq!(reply.error["conflicts"], conflict);
    assert!(!reply.error["text"].as_str().unwrap().contains(&browser.id()), "an id is a secret");
    assert_eq!(apples(&mut browser).await, 5);
}

async fn work_that_conflicts_for_longer_than_its_patience_fails_with_the_conflict(site: &Site) {
    let mut browser = with_an_apple(site).await.with(json!({"patience": 1000}));
    let steps = json!([
        ["get", "cart", "apple"],
        ["rival", 1_000_000, [["add", "cart", "apple", 1]]],
        ["set", "cart", "apple", 0]
    ]);
    let begin = Instant::now();
    let reply = browser.try_to(steps).await;
    let time = begin.elapsed();
    assert_eq!(reply.error["name"], "conflict");
    // The last pause, of up to 250 ms, was left out, because it would have ended too late.
    assert!(time >= Duration::from_millis(750), "given up after {time:?}");
    assert!(time < Duration::from_secs(20), "given up after {time:?}");
    assert!((3..100).contains(&reply.runs), "without pauses there are thousands of runs: {}", reply.runs);
    assert_eq!(apples(&mut browser).await, 1 + reply.runs);
}

async fn a_snapshot_conflicts_only_with_writes_of_the_same_key(site: &Site) {
    let mut browser = with_an_apple(site).await.with(json!({"isolation": "snapshot"}));
    let rival = json!(["rival", 1, [["set", "cart", "apple", 5]]]);
    let reads = json!([["get", "cart", "apple"], rival, ["set", "cart", "pear", 1]]);
    assert_eq!(browser.try_to(reads).await.runs, 1);
    let writes = json!([["rival", 1, [["set", "cart", "apple", 6]]], ["set", "cart", "apple", 2]]);
    assert_eq!(browser.try_to(writes).await.runs, 2);
}

async fn the_last_writer_wins_where_that_is_the_isolation_level(site: &Site) {
    let mut browser = with_an_apple(site).await.with(json!({"isolation": "last-writer-wins"}));
    let steps = json!([
        ["get", "cart", "apple"],
        ["rival", 9, [["set", "cart", "apple", 5]]],
        ["set", "cart", "apple", 2]
    ]);
    assert_eq!(browser.try_to(steps).await.runs, 1);
    assert_eq!(apples(&mut browser).await, 2);
}

async fn a_visitor_whose_session_ends_during_a_request_is_a_new_one(site: &Site) {
    let mut browser = with_an_apple(site).await;
    let before = browser.id();
    let steps = json!([["begin"], ["get", "cart", "apple"], ["rival-ends", 1], ["set", "cart", "pear", 1]]);
    let reply = browser.try_to(steps).await;
    assert_eq!((&reply.results[1], reply.runs), (&Value::Null, 2));
    assert_ne!(browser.id(), before);
    assert_eq!(browser.does(json!([["entries", "cart"]])).await, json!([{"pear": 1}]));
}

async fn concurrent_requests_of_one_visitor_all_succeed_and_are_all_counted(site: &Site) {
    let mut browser = with_an_apple(site).await;
    // What is read can conflict, and every request must then run again. That values which were computed from what was
    // read are not lost is tested with the carts.
    let steps = json!([["get", "cart", "apple"], ["add", "cart", "apple", 1]]);
    let running = [(); 8].map(|()| {
        let (mut browser, steps) = (browser.clone(), steps.clone());
        tokio::spawn(async move {
            for _ in 0..10 {
                browser.does(steps.clone()).await;
            }
        })
    });
    for client in running {
        client.await.unwrap();
    }
    assert_eq!(apples(&mut browser).await, 81);
}
