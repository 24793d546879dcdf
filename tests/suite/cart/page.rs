//! The HTML page.

use reqwest::Method;

use super::site::Site;
use crate::languages::on_both_stores;

on_both_stores!(
    the_page_shows_the_cart_and_its_forms,
    a_new_visitor_sees_an_empty_cart,
    markup_in_a_sku_is_escaped,
    the_page_can_neither_run_scripts_nor_load_from_elsewhere,
    responses_with_a_cart_are_not_cached,
    head_is_get_without_a_body,
);

async fn the_page_shows_the_cart_and_its_forms(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("plum", 12).await;
    let response = visitor.get("/").await;
    assert_eq!((response.status, response.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(response.body.contains("plum") && response.body.contains("× 12"), "{}", response.body);
    for action in ["/cart/items", "/cart/remove", "/checkout", "/logout"] {
        assert!(response.body.contains(&format!(r#"method="post" action="{action}""#)), "{action}");
    }
    assert!(!response.body.contains("<script"));
}

async fn a_new_visitor_sees_an_empty_cart(site: &Site) {
    let page = site.visitor().get("/").await.body;
    assert!(page.contains("Nothing in here yet"), "{page}");
}

async fn markup_in_a_sku_is_escaped(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add(r#"'"><img src=x>&{sku}"#, 1).await;
    // An apostrophe can be written in decimal or hexadecimal.
    let page = visitor.get("/").await.body.replace("&#x27;", "&#39;");
    assert!(!page.contains("<img"), "{page}");
    assert!(page.contains(r#"value="&#39;&quot;&gt;&lt;img src=x&gt;&amp;{sku}""#), "{page}");
}

async fn the_page_can_neither_run_scripts_nor_load_from_elsewhere(site: &Site) {
    let mut visitor = site.visitor();
    let page = visitor.get("/").await;
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("form-action 'self'"), "{policy}");
    assert!(page.body.contains(r#"href="/style.css""#));
    let style = visitor.get("/style.css").await;
    assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
    assert!(style.body.contains("prefers-color-scheme: dark"));
}

async fn responses_with_a_cart_are_not_cached(site: &Site) {
    let mut visitor = site.visitor();
    for path in ["/", "/cart", "/nowhere"] {
        let response = visitor.get(path).await;
        assert_eq!(response.header("cache-control"), "no-store", "{path}");
        assert_eq!(response.header("x-content-type-options"), "nosniff", "{path}");
    }
}

async fn head_is_get_without_a_body(site: &Site) {
    let mut visitor = site.visitor();
    for path in ["/", "/cart", "/style.css"] {
        let full = visitor.get(path).await;
        let head = visitor.send(visitor.request(Method::HEAD, path)).await;
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
        assert_eq!(head.header("content-type"), full.header("content-type"), "{path}");
        assert_eq!(head.header("content-length"), full.body.len().to_string(), "{path}");
    }
}
