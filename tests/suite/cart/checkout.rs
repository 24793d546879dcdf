//! Checking out: a savepoint, and a rollback when the coupon is wrong.

use serde_json::json;

use super::site::Site;
use crate::languages::on_both_stores;

const GOOD: &str = r#"{"coupon": "WELCOME"}"#;
const WRONG: &str = r#"{"coupon": "GUESS"}"#;

on_both_stores!(
    the_coupon_orders_what_is_in_the_cart_and_empties_it,
    a_wrong_coupon_leaves_the_cart_and_counts_the_attempt,
    an_order_does_not_count_as_a_failed_attempt,
    an_order_keeps_the_count_of_failed_attempts,
    an_empty_cart_cannot_be_checked_out,
    a_checkout_without_a_coupon_is_refused_and_not_counted,
    a_declined_order_leaves_the_order_before_it,
    a_form_checks_out_and_redirects_to_the_page,
    a_form_with_a_wrong_coupon_shows_the_page_with_the_reason,
);

async fn the_coupon_orders_what_is_in_the_cart_and_empties_it(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("apple", 2).await;
    visitor.add("pear", 1).await;
    let response = visitor.post_json("/checkout", GOOD).await;
    assert_eq!(response.status, 200);
    let order = json!({"items": {"apple": 2, "pear": 1}, "count": 3, "coupon": "WELCOME"});
    assert_eq!(response.json(), json!({"ok": true, "order": order}));
    assert_eq!(visitor.cart().await, json!({"items": {}, "count": 0}));
}

async fn a_wrong_coupon_leaves_the_cart_and_counts_the_attempt(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("apple", 2).await;
    for attempts in 1..=3 {
        visitor.post_json("/checkout", WRONG).await.assert_refused(422);
        let cart = json!({"items": {"apple": 2}, "count": 2, "attempts": attempts});
        assert_eq!(visitor.cart().await, cart);
    }
    for coupon in ["", "welcome", "WELCOME "] {
        let body = json!({ "coupon": coupon }).to_string();
        visitor.post_json("/checkout", &body).await.assert_refused(422);
    }
    assert_eq!(visitor.cart().await["attempts"], 6);
}

async fn an_order_does_not_count_as_a_failed_attempt(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("apple", 2).await;
    visitor.post_json("/checkout", GOOD).await;
    assert_eq!(visitor.cart().await.get("attempts"), None);
}

async fn an_order_keeps_the_count_of_failed_attempts(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("apple", 2).await;
    visitor.post_json("/checkout", WRONG).await;
    assert_eq!(visitor.post_json("/checkout", GOOD).await.status, 200);
    assert_eq!(visitor.cart().await, json!({"items": {}, "count": 0, "attempts": 1}));
}

async fn an_empty_cart_cannot_be_checked_out(site: &Site) {
    let mut visitor = site.visitor();
    visitor.post_json("/checkout", GOOD).await.assert_refused(422);
    assert!(visitor.session.is_some(), "the attempt is counted in a session");
    assert_eq!(visitor.cart().await, json!({"items": {}, "count": 0, "attempts": 1}));
}

async fn a_checkout_without_a_coupon_is_refused_and_not_counted(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("apple", 2).await;
    for body in ["", "{}", "WELCOME", r#"{"coupon": 7}"#, r#"{"coupon": null}"#, r#"["WELCOME"]"#] {
        visitor.post_json("/checkout", body).await.assert_refused(400);
    }
    assert_eq!(visitor.cart().await, json!({"items": {"apple": 2}, "count": 2}));
}

async fn a_declined_order_leaves_the_order_before_it(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("plum", 2).await;
    visitor.post_json("/checkout", GOOD).await;
    visitor.add("pear", 1).await;
    visitor.post_json("/checkout", WRONG).await.assert_refused(422);
    visitor.delete("/cart/items/pear").await;
    let page = visitor.get("/").await.body;
    assert!(page.contains("Thank you") && page.contains("plum") && page.contains("WELCOME"), "{page}");
}

async fn a_form_checks_out_and_redirects_to_the_page(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("plum", 2).await;
    let response = visitor.post_form("/checkout", "coupon=WELCOME").await;
    assert_eq!((response.status, response.header("location")), (303, "/"));
    let page = visitor.get("/").await.body;
    assert!(page.contains("Thank you") && page.contains("plum"), "{page}");
}

async fn a_form_with_a_wrong_coupon_shows_the_page_with_the_reason(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("plum", 2).await;
    let response = visitor.post_form("/checkout", "coupon=GUESS").await;
    assert_eq!((response.status, response.header("content-type")), (422, "text/html; charset=utf-8"));
    assert!(response.body.contains("this coupon is not valid") && response.body.contains("plum"));
    assert!(response.body.contains("did not go through: 1"), "{}", response.body);
}
