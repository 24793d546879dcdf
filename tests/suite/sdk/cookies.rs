//! The cookie: what is sent, and what is taken.

use lovely_session_tests::language::Language;
use serde_json::{Value, json};

use super::browser::Browser;
use super::site::Site;
use crate::languages::{in_every_language, on_both_stores};

on_both_stores!(
    of_several_cookies_the_first_valid_one_counts,
    cookies_of_other_names_do_not_get_in_the_way,
    a_hostile_cookie_header_is_that_of_a_new_visitor,
);
in_every_language!(
    the_cookie_has_the_attributes_that_it_is_given,
    a_cookie_with_an_age_is_sent_again_with_each_visit,
    a_cookie_that_browsers_reject_is_an_error,
);

/// Begins a session with a cookie of these attributes, and returns the header without the id.
async fn set_cookie(site: &Site, cookie: Value) -> String {
    let mut browser = site.browser().with(json!({"cookie": cookie}));
    let reply = browser.try_to(json!([["begin"], ["set", "login", "name", "ann"]])).await;
    assert_eq!(reply.error, Value::Null);
    assert_eq!(browser.user().await, "ann", "the cookie is found again");
    reply.set_cookie.unwrap().replace(&browser.id(), "ID")
}

async fn the_cookie_has_the_attributes_that_it_is_given(language: Language) {
    let site = Site::on_memory(language).await;
    for (cookie, expected) in [
        (json!({}), "__Host-sid=ID; HttpOnly; Secure; SameSite=Lax; Path=/"),
        (json!({"name": "id"}), "__Host-id=ID; HttpOnly; Secure; SameSite=Lax; Path=/"),
        (json!({"same_site": "strict"}), "__Host-sid=ID; HttpOnly; Secure; SameSite=Strict; Path=/"),
        (
            json!({"same_site": "none", "partitioned": true, "max_age": 60}),
            "__Host-sid=ID; HttpOnly; Secure; SameSite=None; Path=/; Max-Age=60; Partitioned",
        ),
        (
            json!({"without_host_prefix": true, "path": "/shop"}),
            "sid=ID; HttpOnly; Secure; SameSite=Lax; Path=/shop",
        ),
        (json!({"over_plain_http": true, "path": "/a b"}), "sid=ID; HttpOnly; SameSite=Lax; Path=/a b"),
        (
            json!({"over_plain_http": true, "without_host_prefix": true}),
            "sid=ID; HttpOnly; SameSite=Lax; Path=/",
        ),
    ] {
        assert_eq!(set_cookie(&site, cookie).await, expected);
    }
}

async fn a_cookie_with_an_age_is_sent_again_with_each_visit(language: Language) {
    let site = Site::on_memory(language).await;
    let mut browser = site.browser().with(json!({"cookie": {"max_age": 3600}}));
    let begun = browser.try_to(json!([["begin"], ["set", "login", "name", "ann"]])).await.set_cookie;
    assert!(begun.as_ref().unwrap().ends_with("; Path=/; Max-Age=3600"));
    assert_eq!(browser.try_to(json!([["session"]])).await.set_cookie, begun);
    let removed = browser.try_to(json!([["log-out"]])).await.set_cookie;
    assert_eq!(removed.unwrap(), "__Host-sid=; HttpOnly; Secure; SameSite=Lax; Path=/; Max-Age=0");
    assert_eq!(browser.try_to(json!([["session"]])).await.set_cookie, None);
}

async fn a_cookie_that_browsers_reject_is_an_error(language: Language) {
    let site = Site::on_memory(language).await;
    for cookie in [
        json!({"name": ""}),
        json!({"name": "s id"}),
        json!({"name": "s=id"}),
        json!({"name": "sïd"}),
        json!({"name": "__Host-sid"}),
        json!({"name": "__secure-sid"}),
        json!({"name": "__Http-sid"}),
        json!({"name": "__host-http-sid"}),
        json!({"path": "/shop"}),
        json!({"path": "shop", "over_plain_http": true}),
        json!({"path": "/; Domain=example.com", "over_plain_http": true}),
        json!({"path": "/\r\nX: y", "over_plain_http": true}),
        json!({"path": "", "without_host_prefix": true}),
        json!({"same_site": "none", "over_plain_http": true}),
        json!({"partitioned": true, "over_plain_http": true}),
        json!({"max_age": 0}),
    ] {
        let mut browser = site.browser().with(json!({"cookie": cookie}));
        let reply = browser.try_to(json!([["begin"], ["set", "cart", "apple", 1]])).await;
        assert_eq!((&reply.error["name"], reply.runs), (&json!("invalid-cookie"), 0), "{cookie}");
        assert!(reply.error["text"].as_str().unwrap().contains("cookie"), "{}", reply.error);
    }
}

/// A browser that is logged in as `ann`, and its cookie.
async fn logged_in(site: &Site) -> (Browser, String) {
    let mut browser = site.browser();
    browser.log_in("ann").await;
    let cookie = browser.cookies[0].to_str().unwrap().to_owned();
    (browser, cookie)
}

async fn of_several_cookies_the_first_valid_one_counts(site: &Site) {
    let (mut browser, ann) = logged_in(site).await;
    let planted = "__Host-sid=planted";
    for (header, user) in [
        (format!("{ann}; {planted}"), json!("ann")),
        (format!("{planted}; {ann}"), Value::Null),
        (format!("{ann}; {ann}"), json!("ann")),
        (format!("__Host-sid=\"quoted\"; {ann}"), json!("ann")),
        (format!("__Host-sid=; {ann}"), json!("ann")),
        (format!("__Host-sid={}; {ann}", "x".repeat(1025)), json!("ann")),
    ] {
        let mut browser = browser.clone().with_cookie(header.as_bytes());
        assert_eq!(browser.user().await, user, "{header}");
    }
    browser.cookies.insert(0, "theme=dark".parse().unwrap());
    assert_eq!(browser.user().await, "ann", "in the second of two headers");
}

async fn cookies_of_other_names_do_not_get_in_the_way(site: &Site) {
    let (browser, ann) = logged_in(site).await;
    let many = "a=b; ".repeat(500);
    for header in [
        format!("sid=planted; {ann}; sid=planted"),
        format!("__host-sid=planted; {ann}"),
        format!("__Host-sid[0]=planted; {ann}"),
        format!("__Host-sid =planted; {ann}"),
        format!("x__Host-sid=planted; {ann}"),
        format!(";;; ;{ann};;"),
        format!("{many}{ann}"),
        format!("   {ann}   "),
        format!("theme=\"a; {ann}"),
    ] {
        let mut browser = browser.clone().with_cookie(header.as_bytes());
        assert_eq!(browser.user().await, "ann", "{header}");
    }
    let raw = [b"caf\xe9=\xff\xfe; ".as_slice(), ann.as_bytes()].concat();
    assert_eq!(browser.with_cookie(&raw).user().await, "ann", "bytes that are no text");
}

async fn a_hostile_cookie_header_is_that_of_a_new_visitor(site: &Site) {
    let (browser, ann) = logged_in(site).await;
    let id = ann.split_once('=').unwrap().1;
    let long = "x".repeat(4000);
    let headers = [
        String::new(),
        "=".to_owned(),
        "__Host-sid".to_owned(),
        "__Host-sid=".to_owned(),
        "__Host-sid=a b".to_owned(),
        "__Host-sid=a,b".to_owned(),
        "__Host-sid=a\\b".to_owned(),
        "__Host-sid=../../etc/passwd".to_owned(),
        "__Host-sid=__proto__".to_owned(),
        "__Host-sid=%00%0d%0a".to_owned(),
        format!("__Host-sid={long}"),
        format!("sid={id}"),
        format!("__Host-sid=\"{id}\""),
        format!("__Host-sid= {id} x"),
        format!("__Host-sid={id}x"),
        format!("__Host-sid={}", id.to_uppercase()),
        format!("\u{a0}__Host-sid={id}"),
        format!("__Host-sid={id}\u{a0}"),
    ];
    let raw = b"__Host-sid=\xff\xfe".to_vec();
    for header in headers.into_iter().map(String::into_bytes).chain([raw]) {
        let shown = String::from_utf8_lossy(&header).into_owned();
        let mut visitor = browser.clone().with_cookie(&header);
        assert_eq!(visitor.does(json!([["session"]])).await, json!([false]), "{shown}");
        visitor.log_in("eve").await;
        assert_eq!(visitor.user().await, "eve", "{shown}");
        assert_eq!(browser.clone().with_cookie(&header).user().await, Value::Null, "{shown} was not adopted");
    }
    assert_eq!(browser.clone().user().await, "ann");
}
