//! Requests that are always refused, and requests that fail because of the store.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;

use super::site::Site;
use crate::languages::{in_every_language, on_both_stores};
use lovely_session_tests::language::Language;
use lovely_session_tests::visitor::JSON;

const ADD: &str = r#"{"sku": "apple", "qty": 1}"#;

on_both_stores!(
    an_unknown_path_is_refused,
    a_wrong_method_is_refused_with_the_allowed_ones,
    other_content_types_than_json_and_forms_are_refused,
    a_body_without_a_content_type_is_read_as_json,
    a_body_over_64_kib_is_refused,
    another_site_cannot_change_the_cart,
);

in_every_language!(
    an_unreachable_store_is_an_error_and_requests_succeed_again_after_it_is_back,
    a_full_cart_is_an_error_and_is_not_changed,
);

async fn an_unknown_path_is_refused(site: &Site) {
    let mut visitor = site.visitor();
    for path in ["/nowhere", "/cart/", "/cart/item", "/checkout/x", "//"] {
        visitor.get(path).await.assert_refused(404);
    }
}

async fn a_wrong_method_is_refused_with_the_allowed_ones(site: &Site) {
    let mut visitor = site.visitor();
    let wrong = [
        (Method::DELETE, "/cart", "GET, HEAD"),
        (Method::POST, "/style.css", "GET, HEAD"),
        (Method::GET, "/cart/items", "POST"),
        (Method::PUT, "/cart/items/apple", "DELETE"),
        (Method::GET, "/checkout", "POST"),
        (Method::PATCH, "/logout", "POST"),
    ];
    for (method, path, right) in wrong {
        let response = visitor.send(visitor.request(method, path)).await;
        response.assert_refused(405);
        assert_eq!(response.header("allow"), right, "{path}");
    }
    let posted = visitor.post_json("/", "{}").await;
    assert_eq!((posted.status, posted.header("allow")), (405, "GET, HEAD"));
}

async fn other_content_types_than_json_and_forms_are_refused(site: &Site) {
    let mut visitor = site.visitor();
    for other in ["text/plain", "multipart/form-data; boundary=x", "application/jsonx", ""] {
        visitor.post("/cart/items", other, ADD).await.assert_refused(415);
    }
    for json in ["application/json; charset=utf-8", "Application/JSON"] {
        assert_eq!(visitor.post("/cart/items", json, ADD).await.status, 200, "{json}");
    }
}

async fn a_body_without_a_content_type_is_read_as_json(site: &Site) {
    let mut visitor = site.visitor();
    let request = visitor.request(Method::POST, "/cart/items").body(ADD);
    assert_eq!(visitor.send(request).await.json()["count"], 1);
}

async fn a_body_over_64_kib_is_refused(site: &Site) {
    let mut visitor = site.visitor();
    let padded = |length: usize| format!("{ADD}{}", " ".repeat(length - ADD.len()));
    visitor.post_json("/cart/items", &padded(64 * 1024 + 1)).await.assert_refused(413);
    assert_eq!(visitor.cart().await["count"], 0);
    assert_eq!(visitor.post_json("/cart/items", &padded(64 * 1024)).await.status, 200);
}

async fn another_site_cannot_change_the_cart(site: &Site) {
    let mut visitor = site.visitor();
    let request = visitor.request(Method::POST, "/cart/items").header(CONTENT_TYPE, JSON).body(ADD);
    visitor.send(request.header("sec-fetch-site", "cross-site")).await.assert_refused(403);
    assert_eq!(visitor.cart().await["count"], 0);
    let followed_link = visitor.request(Method::GET, "/").header("sec-fetch-site", "cross-site");
    assert_eq!(visitor.send(followed_link).await.status, 200);
}

async fn an_unreachable_store_is_an_error_and_requests_succeed_again_after_it_is_back(language: Language) {
    let mut site = Site::on_memcached(language).await;
    let mut visitor = site.visitor();
    visitor.add("apple", 1).await;
    site.stop_store();
    visitor.get("/cart").await.assert_refused(503);
    visitor.post_json("/cart/items", ADD).await.assert_refused(503);
    let page = visitor.get("/").await;
    assert_eq!((page.status, page.header("content-type")), (503, "text/html; charset=utf-8"));
    assert!(page.body.contains("cannot be reached") && !page.body.contains("Nothing in here yet"));
    site.start_store();
    assert_eq!(visitor.cart().await["count"], 0, "a memcached that was stopped has lost everything");
    assert_eq!(visitor.add("pear", 2).await["count"], 2);
}

async fn a_full_cart_is_an_error_and_is_not_changed(language: Language) {
    let site = Site::on_small_memory(language, 2048).await;
    let mut visitor = site.visitor();
    let mut kinds = 0;
    let refused = loop {
        let body = json!({"sku": format!("{kinds:064}"), "qty": 1}).to_string();
        let response = visitor.post_json("/cart/items", &body).await;
        if response.status != 200 {
            break response;
        }
        kinds += 1;
    };
    refused.assert_refused(413);
    assert!(kinds > 10, "{kinds}");
    assert_eq!(visitor.cart().await["count"], kinds);
    assert_eq!(visitor.post_json("/logout", "").await.status, 200);
}
