//! Which cart a visitor sees, and for how long.

use serde_json::json;

use super::site::Site;
use crate::languages::{in_every_language, on_both_stores};
use lovely_session_tests::language::Language;

on_both_stores!(
    nothing_is_stored_for_a_visitor_without_changes,
    a_session_begins_with_the_first_change,
    visitors_do_not_see_each_others_carts,
    an_id_that_the_site_did_not_issue_is_never_used,
    logging_out_ends_the_session_and_clears_the_cookie,
    a_form_logs_out_and_redirects_to_the_page,
    logging_out_without_a_session_succeeds,
);

in_every_language!(a_session_on_memcached_survives_a_restart_of_the_host);

async fn nothing_is_stored_for_a_visitor_without_changes(site: &Site) {
    let mut visitor = site.visitor();
    assert_eq!(visitor.cart().await, json!({"items": {}, "count": 0}));
    visitor.get("/").await;
    visitor.delete("/cart/items/apple").await.assert_refused(404);
    visitor.post_json("/cart/items", "{}").await.assert_refused(400);
    visitor.post_form("/cart/items", "qty=0").await;
    visitor.post_json("/checkout", "{}").await.assert_refused(400);
    assert_eq!(visitor.session, None);
    assert_eq!(site.stored().await, 0);
}

async fn a_session_begins_with_the_first_change(site: &Site) {
    let mut visitor = site.visitor();
    let response = visitor.post_json("/cart/items", r#"{"sku": "apple", "qty": 1}"#).await;
    let session = visitor.session.clone().unwrap();
    assert_eq!(response.header("set-cookie"), format!("sid={session}; HttpOnly; SameSite=Lax; Path=/"));
    assert!(session.len() >= 32, "192 bits");
    for path in ["/cart", "/"] {
        assert_eq!(visitor.get(path).await.header("set-cookie"), "");
    }
    let response = visitor.post_json("/cart/items", r#"{"sku": "apple", "qty": 1}"#).await;
    assert_eq!(response.header("set-cookie"), "", "the session continues");
    assert_eq!(site.stored().await, 1);
}

async fn visitors_do_not_see_each_others_carts(site: &Site) {
    let (mut one, mut other) = (site.visitor(), site.visitor());
    one.add("apple", 2).await;
    other.add("pear", 1).await;
    assert_ne!(one.session, other.session);
    assert_eq!(one.cart().await["items"], json!({"apple": 2}));
    assert_eq!(other.cart().await["items"], json!({"pear": 1}));
    one.delete("/cart/items/apple").await;
    assert_eq!(other.cart().await["items"], json!({"pear": 1}));
}

async fn an_id_that_the_site_did_not_issue_is_never_used(site: &Site) {
    let too_long = "x".repeat(2000);
    for planted in ["planted", "", "0", "a b", "%00", &"A".repeat(32), &too_long] {
        let mut visitor = site.visitor().with_session(planted);
        assert_eq!(visitor.get("/cart").await.header("set-cookie"), "");
        assert_eq!(visitor.cart().await, json!({"items": {}, "count": 0}));
        visitor.add("apple", 1).await;
        assert_ne!(visitor.session.as_deref(), Some(planted));
        assert_eq!(visitor.cart().await["count"], 1);
        let mut planter = site.visitor().with_session(planted);
        assert_eq!(planter.cart().await["count"], 0);
    }
}

async fn logging_out_ends_the_session_and_clears_the_cookie(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("apple", 2).await;
    let mut thief = visitor.clone();
    let stolen = thief.session.clone();
    let response = visitor.post_json("/logout", "").await;
    assert_eq!((response.status, response.json()), (200, json!({"ok": true})));
    assert_eq!(response.header("set-cookie"), "sid=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0");
    assert_eq!(thief.cart().await, json!({"items": {}, "count": 0}));
    thief.delete("/cart/items/apple").await.assert_refused(404);
    thief.add("pear", 1).await;
    assert_ne!(thief.session, stolen);
    assert_eq!(thief.cart().await["items"], json!({"pear": 1}));
}

async fn a_form_logs_out_and_redirects_to_the_page(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("apple", 2).await;
    let response = visitor.post_form("/logout", "").await;
    assert_eq!((response.status, response.header("location")), (303, "/"));
    assert_eq!(visitor.session, None);
}

async fn logging_out_without_a_session_succeeds(site: &Site) {
    let mut visitor = site.visitor().with_session("planted");
    assert_eq!(visitor.post_json("/logout", "").await.status, 200);
    assert_eq!(visitor.session, None);
    assert_eq!(visitor.post_json("/logout", "").await.status, 200);
    assert_eq!(site.stored().await, 0);
}

async fn a_session_on_memcached_survives_a_restart_of_the_host(language: Language) {
    let site = Site::on_memcached(language).await;
    let mut visitor = site.visitor();
    visitor.add("apple", 2).await;
    visitor.post_json("/checkout", r#"{"coupon": "GUESS"}"#).await;
    let site = site.restart().await;
    let mut visitor = site.visitor().with_session(&visitor.session.unwrap());
    assert_eq!(visitor.cart().await, json!({"items": {"apple": 2}, "count": 2, "attempts": 1}));
    visitor.add("apple", 1).await;
    assert_eq!(visitor.cart().await["count"], 3);
}
