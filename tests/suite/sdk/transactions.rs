//! Sessions without a visitor, and several sessions in one transaction.

use serde_json::{Value, json};

use super::site::Site;
use crate::languages::on_both_stores;

on_both_stores!(
    a_transaction_needs_no_visitor,
    a_transaction_without_a_visitor_runs_again_after_a_conflict,
    a_transaction_without_a_visitor_does_not_run_again_when_its_session_has_ended,
    a_visit_commits_other_sessions_with_that_of_the_visitor,
    a_visit_that_fails_stores_nothing_in_other_sessions_either,
);

async fn a_transaction_needs_no_visitor(site: &Site) {
    let mut program = site.browser().with(json!({"transact": "player 7"}));
    let reply = program.try_to(json!([["set", "score", "points", 1], ["get", "score", "points"]])).await;
    assert_eq!((reply.results, reply.set_cookie), (json!([null, 1]), None));
    assert_eq!(program.does(json!([["get", "score", "points"]])).await, json!([1]));
    let mut other = site.browser().with(json!({"transact": "player 8"}));
    assert_eq!(other.does(json!([["get", "score", "points"]])).await, json!([null]));
}

async fn a_transaction_without_a_visitor_runs_again_after_a_conflict(site: &Site) {
    let mut program = site.browser().with(json!({"transact": "player 7"}));
    program.does(json!([["set", "score", "points", 1]])).await;
    let steps = json!([
        ["get", "score", "points"],
        ["rival", 2, [["add", "score", "points", 10]]],
        ["add", "score", "points", 1]
    ]);
    let reply = program.try_to(steps).await;
    assert_eq!((reply.results, reply.runs), (json!([21, null, null]), 3));
    assert_eq!(program.does(json!([["get", "score", "points"]])).await, json!([22]));
}

async fn a_transaction_without_a_visitor_does_not_run_again_when_its_session_has_ended(site: &Site) {
    let mut program = site.browser().with(json!({"transact": "player 7"}));
    program.does(json!([["set", "score", "points", 1]])).await;
    let reply = program.try_to(json!([["rival-ends", 1], ["set", "score", "points", 2]])).await;
    assert_eq!((&reply.error["name"], &reply.error["sessions"], reply.runs), (&json!("ended"), &json!(1), 1));
}

async fn a_visit_commits_other_sessions_with_that_of_the_visitor(site: &Site) {
    let mut browser = site.browser();
    let steps = json!([
        ["begin"],
        ["set", "cart", "apple", 1],
        ["in", "shops", "main street", [["add", "sales", "today", 1], ["peek", "sales", "today"]]]
    ]);
    assert_eq!(browser.does(steps.clone()).await, json!([null, null, [null, 1]]));
    assert_eq!(browser.does(steps).await[2], json!([null, 2]));
    let mut shops = site.browser().with(json!({"container": "shops", "transact": "main street"}));
    assert_eq!(shops.does(json!([["get", "sales", "today"]])).await, json!([2]));
}

async fn a_visit_that_fails_stores_nothing_in_other_sessions_either(site: &Site) {
    let steps = json!([
        ["begin"],
        ["set", "cart", "apple", 1],
        ["in", "shops", "main street", [["add", "sales", "today", 1]]],
        ["fail"]
    ]);
    site.browser().fails(steps).await;
    let mut shops = site.browser().with(json!({"container": "shops", "transact": "main street"}));
    assert_eq!(shops.does(json!([["get", "sales", "today"]])).await, json!([Value::Null]));
}
