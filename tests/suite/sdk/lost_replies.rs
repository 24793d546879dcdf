//! Commits whose replies are lost.

use serde_json::{Value, json};

use super::site::{Site, Writes};
use crate::languages::on_both_stores;

on_both_stores!(
    a_commit_whose_reply_is_lost_is_found_to_be_done_and_is_not_done_again,
    work_never_runs_again_when_its_outcome_is_unknown,
);

async fn a_commit_whose_reply_is_lost_is_found_to_be_done_and_is_not_done_again(site: &Site) {
    let mut browser = site.browser();
    browser.does(json!([["begin"], ["add", "cart", "apples", 1]])).await;
    site.let_writes(Writes::LoseReplies);
    let reply = browser.try_to(json!([["add", "cart", "apples", 1]])).await;
    assert_eq!((reply.error, reply.runs), (Value::Null, 1));
    site.let_writes(Writes::Work);
    assert_eq!(browser.does(json!([["get", "cart", "apples"]])).await, json!([2]));
}

async fn work_never_runs_again_when_its_outcome_is_unknown(site: &Site) {
    let mut browser = site.browser();
    browser.does(json!([["begin"], ["set", "cart", "apples", 1]])).await;
    site.let_writes(Writes::LoseRequests);
    let reply = browser.try_to(json!([["set", "cart", "apples", 2]])).await;
    assert_eq!((&reply.error["name"], &reply.error["sessions"]), (&json!("outcome-unknown"), &json!(1)));
    assert_eq!((reply.runs, reply.set_cookie), (1, None));
    site.let_writes(Writes::Work);
    assert_eq!(browser.does(json!([["get", "cart", "apples"]])).await, json!([1]));
}
