//! Visitors and their sessions.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::site::Site;
use crate::languages::on_both_stores;

on_both_stores!(
    a_new_visitor_has_no_session_and_gets_no_cookie,
    a_session_in_which_nothing_is_stored_leaves_no_cookie,
    what_a_request_stores_is_there_for_the_next_one,
    visitors_do_not_see_each_others_sessions,
    a_session_tells_whether_it_is_new_and_when_it_was_used,
    work_that_fails_stores_nothing,
    a_login_renews_the_id_and_ends_the_old_one,
    a_logout_ends_the_session_and_removes_the_cookie,
    a_logout_without_a_session_removes_the_cookie,
    a_session_that_was_logged_out_cannot_be_used_in_the_same_visit,
    an_id_that_was_not_issued_here_is_never_adopted,
    packages_are_listed_and_removed,
    what_is_kept_of_a_visit_fails_after_it,
    an_option_out_of_its_range_is_an_error,
);

async fn a_new_visitor_has_no_session_and_gets_no_cookie(site: &Site) {
    let reply = site.browser().try_to(json!([["session"], ["get", "cart", "apple"]])).await;
    assert_eq!((reply.results, reply.set_cookie, reply.runs), (json!([false, null]), None, 1));
}

async fn a_session_in_which_nothing_is_stored_leaves_no_cookie(site: &Site) {
    let steps = json!([
        ["begin"],
        ["session"],
        ["set", "cart", "apple", 1],
        ["remove", "cart", "apple"],
        ["entries", "cart"]
    ]);
    let reply = site.browser().try_to(steps).await;
    assert_eq!((reply.results, reply.set_cookie), (json!([null, true, null, true, {}]), None));
}

async fn what_a_request_stores_is_there_for_the_next_one(site: &Site) {
    let mut browser = site.browser();
    let reply = browser.try_to(json!([["begin"], ["set", "cart", "apple", 2]])).await;
    assert!(reply.set_cookie.is_some());
    let reply = browser.try_to(json!([["session"], ["get", "cart", "apple"]])).await;
    assert_eq!((reply.results, reply.set_cookie), (json!([true, 2]), None), "the browser has the cookie");
}

async fn visitors_do_not_see_each_others_sessions(site: &Site) {
    let (mut ann, mut bob) = (site.browser(), site.browser());
    ann.log_in("ann").await;
    bob.log_in("bob").await;
    assert_ne!(ann.id(), bob.id());
    assert_eq!((ann.user().await, bob.user().await), (json!("ann"), json!("bob")));
}

async fn a_session_tells_whether_it_is_new_and_when_it_was_used(site: &Site) {
    let mut browser = site.browser();
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let begin = now();
    let results = browser.does(json!([["begin"], ["is-new"], ["set", "cart", "apple", 1]])).await;
    assert_eq!(results[1], true);
    let results = browser.does(json!([["is-new"], ["last-accessed"]])).await;
    assert_eq!(results[0], false);
    let used = Duration::from_secs(results[1].as_u64().unwrap());
    // The error of the store's clock is about a second.
    let (earliest, latest) = (begin.saturating_sub(Duration::from_secs(2)), now() + Duration::from_secs(2));
    assert!((earliest..=latest).contains(&used), "{used:?} is not between {earliest:?} and {latest:?}");
}

async fn work_that_fails_stores_nothing(site: &Site) {
    let mut browser = site.browser();
    let error = browser.fails(json!([["begin"], ["set", "login", "name", "eve"], ["fail"]])).await;
    assert_eq!(error["name"], "application");
    browser.log_in("ann").await;
    browser.fails(json!([["log-in"], ["set", "login", "name", "eve"], ["fail"]])).await;
    assert_eq!(browser.user().await, "ann");
}

async fn a_login_renews_the_id_and_ends_the_old_one(site: &Site) {
    let mut browser = site.browser();
    browser.does(json!([["begin"], ["set", "cart", "apple", 1]])).await;
    let mut planter = browser.clone();
    browser.log_in("ann").await;
    assert_ne!(browser.id(), planter.id());
    assert_eq!(planter.does(json!([["session"], ["get", "cart", "apple"]])).await, json!([false, null]));
    assert_eq!(browser.does(json!([["get", "cart", "apple"]])).await, json!([1]), "the data moved along");
}

async fn a_logout_ends_the_session_and_removes_the_cookie(site: &Site) {
    let mut browser = site.browser();
    browser.log_in("ann").await;
    let mut thief = browser.clone();
    let reply = browser.try_to(json!([["log-out"]])).await;
    let removal = "__Host-sid=; HttpOnly; Secure; SameSite=Lax; Path=/; Max-Age=0";
    assert_eq!(reply.set_cookie.as_deref(), Some(removal));
    assert_eq!(thief.user().await, Value::Null);
}

async fn a_logout_without_a_session_removes_the_cookie(site: &Site) {
    let mut browser = site.browser().with_cookie(b"__Host-sid=planted");
    let reply = browser.try_to(json!([["log-out"], ["session"]])).await;
    assert_eq!(reply.results, json!([null, false]));
    assert!(reply.set_cookie.unwrap().ends_with("Max-Age=0"));
}

async fn a_session_that_was_logged_out_cannot_be_used_in_the_same_visit(site: &Site) {
    let mut browser = site.browser();
    browser.log_in("ann").await;
    let results = browser.does(json!([["log-out"], ["try", ["get", "login", "name"]], ["log-out"]])).await;
    assert_eq!(results[1]["error"]["name"], "ended");
    assert_eq!(browser.user().await, Value::Null);
}

async fn an_id_that_was_not_issued_here_is_never_adopted(site: &Site) {
    let mut browser = site.browser().with_cookie(b"__Host-sid=planted");
    assert_eq!(browser.does(json!([["session"]])).await, json!([false]));
    browser.log_in("ann").await;
    assert_ne!(browser.id(), "planted");
    assert_eq!(site.browser().with_cookie(b"__Host-sid=planted").user().await, Value::Null);
}

async fn packages_are_listed_and_removed(site: &Site) {
    let mut browser = site.browser();
    let results = browser
        .does(json!([
            ["begin"],
            ["set", "order", "coupon", "WELCOME"],
            ["set", "cart", "apple", 1],
            ["packages"],
            ["remove-package", "order"],
            ["remove-package", "order"]
        ]))
        .await;
    assert_eq!(results, json!([null, null, null, ["cart", "order"], true, false]));
    assert_eq!(browser.does(json!([["packages"]])).await, json!([["cart"]]));
}

async fn what_is_kept_of_a_visit_fails_after_it(site: &Site) {
    let mut browser = site.browser();
    let steps = json!([
        ["begin"],
        ["set", "cart", "apple", 1],
        ["keep", ["set", "cart", "apple", 2]],
        ["keep", ["get", "cart", "apple"]]
    ]);
    let results = browser.does(steps).await;
    for kept in [2, 3] {
        assert_eq!(results[kept]["error"]["name"], "finished", "{results}");
    }
    assert_eq!(browser.does(json!([["get", "cart", "apple"]])).await, json!([1]));
}

async fn an_option_out_of_its_range_is_an_error(site: &Site) {
    let mut browser = site.browser().with(json!({"timeout": 400_000_000}));
    let error = browser.fails(json!([["begin"], ["set", "cart", "apple", 1]])).await;
    assert_eq!(error["name"], "invalid-option");
    let data = (&error["option"], &error["maximum"], &error["given"]);
    assert_eq!(data, (&json!("timeout"), &json!(315_360_000), &json!(400_000_000)));
    let error = site.browser().with(json!({"container": ""})).fails(json!([["begin"]])).await;
    assert_eq!((&error["name"], &error["kind"]), (&json!("invalid-name"), &json!("container")));
}
