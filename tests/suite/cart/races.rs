//! Concurrent requests: nothing is lost, and no request waits forever.

use std::time::{Duration, Instant};

use serde_json::json;

use super::site::Site;
use super::store::Rival;
use crate::languages::on_both_stores;
use lovely_session_tests::visitor::Visitor;

const ADD: &str = r#"{"sku": "apple", "qty": 1}"#;

on_both_stores!(
    a_request_that_loses_a_race_runs_again_on_fresh_data,
    requests_that_add_different_items_never_run_again,
    concurrent_failed_checkouts_are_all_counted,
    a_request_that_loses_twelve_races_succeeds,
    a_request_that_loses_races_for_five_seconds_is_refused_and_changes_nothing,
    a_visitor_who_logs_out_during_a_request_is_a_new_one,
    concurrent_requests_of_one_visitor_lose_no_update,
    concurrent_visitors_do_not_affect_each_other,
);

async fn a_request_that_loses_a_race_runs_again_on_fresh_data(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("apple", 2).await;
    let body = r#"{"coupon": "WELCOME"}"#;
    site.let_in(Rival { visitor: visitor.clone(), path: "/checkout", body, times: 1 });
    let cart = visitor.add("apple", 1).await;
    assert_eq!(cart, json!({"items": {"apple": 1}, "count": 1}), "the other apples were ordered meanwhile");
    assert_eq!(visitor.cart().await, cart);
}

async fn requests_that_add_different_items_never_run_again(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("apple", 1).await;
    site.let_in(Rival { visitor: visitor.clone(), path: "/cart/items", body: ADD, times: 20 });
    let cart = visitor.add("pear", 1).await;
    // Had it run again, it would have seen more apples.
    assert_eq!(cart, json!({"items": {"apple": 1, "pear": 1}, "count": 2}));
    assert_eq!(visitor.cart().await, json!({"items": {"apple": 21, "pear": 1}, "count": 22}));
}

async fn concurrent_failed_checkouts_are_all_counted(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("apple", 1).await;
    let fails = |mut visitor: Visitor| async move {
        let response = visitor.post_json("/checkout", r#"{"coupon": "EXPIRED"}"#).await;
        assert_eq!(response.status, 422, "{}", response.body);
    };
    let running = [(); 8].map(|()| tokio::spawn(fails(visitor.clone())));
    for checkout in running {
        checkout.await.unwrap();
    }
    assert_eq!(visitor.cart().await["attempts"], 8);
}

async fn a_request_that_loses_twelve_races_succeeds(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("apple", 1).await;
    site.let_in(Rival { visitor: visitor.clone(), path: "/cart/items", body: ADD, times: 12 });
    assert_eq!(visitor.add("apple", 100).await["count"], 113);
    assert_eq!(visitor.cart().await["count"], 113);
}

async fn a_request_that_loses_races_for_five_seconds_is_refused_and_changes_nothing(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("apple", 1).await;
    site.let_in(Rival { visitor: visitor.clone(), path: "/cart/items", body: ADD, times: u32::MAX });
    let begun = Instant::now();
    let body = r#"{"sku": "apple", "qty": 1000}"#;
    visitor.post_json("/cart/items", body).await.assert_refused(503);
    // It fails when its next pause, of at most a quarter of a second, would end after these five seconds.
    assert!(begun.elapsed() > Duration::from_secs(4), "it gave up after {:?}", begun.elapsed());
    let apples = visitor.cart().await["items"]["apple"].as_u64().unwrap();
    assert!((2..1000).contains(&apples), "{apples} apples");
}

async fn a_visitor_who_logs_out_during_a_request_is_a_new_one(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("apple", 2).await;
    let before = visitor.session.clone();
    site.let_in(Rival { visitor: visitor.clone(), path: "/logout", body: "", times: 1 });
    assert_eq!(visitor.add("pear", 1).await, json!({"items": {"pear": 1}, "count": 1}));
    assert_ne!(visitor.session, before);
    assert_eq!(visitor.cart().await["items"], json!({"pear": 1}));
}

async fn concurrent_requests_of_one_visitor_lose_no_update(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("apple", 1).await;
    let adds = ["apple", "apple", "apple", "apple", "pear", "plum", "fig", "lime"];
    let running = adds.map(|sku| tokio::spawn(add_one(visitor.clone(), sku)));
    for add in running {
        add.await.unwrap();
    }
    let items = json!({"apple": 5, "fig": 1, "lime": 1, "pear": 1, "plum": 1});
    assert_eq!(visitor.cart().await, json!({"items": items, "count": 9}));
}

async fn concurrent_visitors_do_not_affect_each_other(site: &Site) {
    let mut running = Vec::new();
    for _ in 0..16 {
        running.push(tokio::spawn(add_one(site.visitor(), "apple")));
    }
    for add in running {
        assert_eq!(add.await.unwrap().cart().await["count"], 1);
    }
    assert_eq!(site.stored().await, 16);
}

async fn add_one(mut visitor: Visitor, sku: &str) -> Visitor {
    visitor.add(sku, 1).await;
    visitor
}
