//! Savepoints.

use serde_json::json;

use super::site::Site;
use crate::languages::on_both_stores;

on_both_stores!(
    a_rollback_restores_what_was_there_when_the_savepoint_was_taken,
    a_savepoint_can_be_rolled_back_to_more_than_once,
    a_released_savepoint_keeps_the_changes_and_is_invalid,
    a_savepoint_after_the_one_that_was_rolled_back_to_is_invalid,
    a_logout_that_is_rolled_back_leaves_the_session_and_the_cookie,
    a_login_that_is_rolled_back_leaves_the_id,
);

async fn a_rollback_restores_what_was_there_when_the_savepoint_was_taken(site: &Site) {
    let mut browser = site.browser();
    let results = browser
        .does(json!([
            ["begin"],
            ["set", "cart", "apple", 1],
            ["savepoint", "one"],
            ["set", "cart", "apple", 2],
            ["set", "order", "coupon", "WELCOME"],
            ["rollback", "one"],
            ["get", "cart", "apple"],
            ["packages"]
        ]))
        .await;
    assert_eq!((&results[6], &results[7]), (&json!(1), &json!(["cart"])));
    assert_eq!(
        browser.does(json!([["entries", "cart"], ["packages"]])).await,
        json!([{"apple": 1}, ["cart"]])
    );
}

async fn a_savepoint_can_be_rolled_back_to_more_than_once(site: &Site) {
    let results = site
        .browser()
        .does(json!([
            ["begin"],
            ["savepoint", "one"],
            ["set", "cart", "apple", 1],
            ["rollback", "one"],
            ["set", "cart", "pear", 2],
            ["rollback", "one"],
            ["entries", "cart"]
        ]))
        .await;
    assert_eq!(results[6], json!({}));
}

async fn a_released_savepoint_keeps_the_changes_and_is_invalid(site: &Site) {
    let mut browser = site.browser();
    let results = browser
        .does(json!([
            ["begin"],
            ["savepoint", "one"],
            ["set", "cart", "apple", 1],
            ["release", "one"],
            ["try", ["rollback", "one"]],
            ["try", ["release", "one"]]
        ]))
        .await;
    for failed in [4, 5] {
        assert_eq!(results[failed]["error"]["name"], "savepoint-invalid");
    }
    assert_eq!(browser.does(json!([["get", "cart", "apple"]])).await, json!([1]));
}

async fn a_savepoint_after_the_one_that_was_rolled_back_to_is_invalid(site: &Site) {
    let results = site
        .browser()
        .does(json!([
            ["begin"],
            ["savepoint", "one"],
            ["savepoint", "two"],
            ["rollback", "one"],
            ["try", ["rollback", "two"]]
        ]))
        .await;
    assert_eq!(results[4]["error"]["name"], "savepoint-invalid");
}

async fn a_logout_that_is_rolled_back_leaves_the_session_and_the_cookie(site: &Site) {
    let mut browser = site.browser();
    browser.log_in("ann").await;
    let steps =
        json!([["savepoint", "before"], ["log-out"], ["rollback", "before"], ["get", "login", "name"]]);
    let reply = browser.try_to(steps).await;
    assert_eq!((&reply.results[3], reply.set_cookie), (&json!("ann"), None));
    assert_eq!(browser.user().await, "ann");
}

async fn a_login_that_is_rolled_back_leaves_the_id(site: &Site) {
    let mut browser = site.browser();
    browser.log_in("ann").await;
    let reply = browser.try_to(json!([["savepoint", "before"], ["log-in"], ["rollback", "before"]])).await;
    assert_eq!(reply.set_cookie, None);
    assert_eq!(browser.user().await, "ann");
}
