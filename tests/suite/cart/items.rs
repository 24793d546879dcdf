//! Adding to the cart, and removing from it.

use serde_json::json;

use super::site::Site;
use crate::languages::on_both_stores;

on_both_stores!(
    adding_returns_the_cart,
    adding_adds_to_what_is_there,
    a_form_adds_and_redirects_to_the_page,
    a_sku_may_be_any_64_characters,
    invalid_json_is_refused_and_changes_nothing,
    an_invalid_form_is_refused_and_changes_nothing,
    removing_returns_the_cart,
    removing_an_item_that_is_not_in_the_cart_fails,
    a_sku_in_a_path_is_percent_encoded,
    a_form_removes_and_redirects_to_the_page,
);

async fn adding_returns_the_cart(site: &Site) {
    let mut visitor = site.visitor();
    assert_eq!(visitor.add("apple", 2).await, json!({"items": {"apple": 2}, "count": 2}));
    assert_eq!(visitor.cart().await, json!({"items": {"apple": 2}, "count": 2}));
}

async fn adding_adds_to_what_is_there(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("apple", 2).await;
    visitor.add("pear", 1000).await;
    let cart = visitor.add("apple", 3).await;
    assert_eq!(cart, json!({"items": {"apple": 5, "pear": 1000}, "count": 1005}));
    assert_eq!(visitor.cart().await, cart);
}

async fn a_form_adds_and_redirects_to_the_page(site: &Site) {
    let mut visitor = site.visitor();
    let response = visitor.post_form("/cart/items", "sku=red+apple%26%C3%BC&qty=2").await;
    assert_eq!((response.status, response.header("location")), (303, "/"));
    assert_eq!(visitor.cart().await["items"], json!({"red apple&ü": 2}));
}

async fn a_sku_may_be_any_64_characters(site: &Site) {
    let mut visitor = site.visitor();
    let longest = "ü😀".repeat(32);
    for sku in [longest.as_str(), " a ", "a/b?c#d", "\"}{", "<b>", ".", "7", "__proto__", "{sku}"] {
        assert_eq!(visitor.add(sku, 1).await["items"][sku], 1, "{sku}");
    }
}

async fn invalid_json_is_refused_and_changes_nothing(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("apple", 2).await;
    let too_long = format!(r#"{{"sku": "{}", "qty": 1}}"#, "ü".repeat(65));
    let too_deep = "[".repeat(60_000);
    let refused = [
        "",
        "apple",
        "{",
        "null",
        "[]",
        r#"["apple", 2]"#,
        "{}",
        r#"{"sku": "apple"}"#,
        r#"{"qty": 2}"#,
        r#"{"sku": "apple", "qty": 0}"#,
        r#"{"sku": "apple", "qty": -1}"#,
        r#"{"sku": "apple", "qty": 1001}"#,
        r#"{"sku": "apple", "qty": 99999999999999999999}"#,
        r#"{"sku": "apple", "qty": 1.5}"#,
        r#"{"sku": "apple", "qty": 2.0}"#,
        r#"{"sku": "apple", "qty": "2"}"#,
        r#"{"sku": "apple", "qty": null}"#,
        r#"{"sku": "apple", "qty": true}"#,
        r#"{"sku": "apple", "qty": [2]}"#,
        r#"{"sku": "apple", "qty": 2} x"#,
        r#"{"sku": "", "qty": 2}"#,
        r#"{"sku": "  ", "qty": 2}"#,
        r#"{"sku": "a\nb", "qty": 2}"#,
        r#"{"sku": "\ud800", "qty": 2}"#,
        r#"{"sku": "apple", "qty": NaN}"#,
        r#"{"sku": "apple", "qty": 2, "gift": NaN}"#,
        r#"{"sku": "a\u0000", "qty": 2}"#,
        r#"{"sku": 7, "qty": 2}"#,
        r#"{"sku": null, "qty": 2}"#,
        &too_long,
        &too_deep,
    ];
    for body in refused {
        visitor.post_json("/cart/items", body).await.assert_refused(400);
    }
    assert_eq!(visitor.cart().await, json!({"items": {"apple": 2}, "count": 2}));
}

async fn an_invalid_form_is_refused_and_changes_nothing(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("apple", 2).await;
    let no_item = ["", "sku=apple", "qty=2", "sku=&qty=2", "sku=%zz&qty=2", "sku=%ff&qty=2"];
    let no_quantity = ["sku=apple&qty=0", "sku=apple&qty=1001", "sku=apple&qty=1.5", "sku=apple&qty=two"];
    for body in no_item.into_iter().chain(no_quantity) {
        let response = visitor.post_form("/cart/items", body).await;
        assert_eq!(response.status, 400, "{body}");
        assert!(response.body.contains(r#"role="alert""#) && response.body.contains("apple"), "{body}");
    }
    assert_eq!(visitor.cart().await, json!({"items": {"apple": 2}, "count": 2}));
}

async fn removing_returns_the_cart(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("apple", 2).await;
    visitor.add("pear", 1).await;
    let response = visitor.delete("/cart/items/apple").await;
    assert_eq!((response.status, response.json()), (200, json!({"items": {"pear": 1}, "count": 1})));
    assert_eq!(visitor.cart().await, json!({"items": {"pear": 1}, "count": 1}));
}

async fn removing_an_item_that_is_not_in_the_cart_fails(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("apple", 2).await;
    let too_long = format!("/cart/items/{}", "x".repeat(5000));
    for path in ["/cart/items/pear", "/cart/items/", "/cart/items/%zz", "/cart/items/%00", &too_long] {
        visitor.delete(path).await.assert_refused(404);
    }
    visitor.delete("/cart/items/apple").await;
    visitor.delete("/cart/items/apple").await.assert_refused(404);
}

async fn a_sku_in_a_path_is_percent_encoded(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("50% off/ü+", 1).await;
    assert_eq!(visitor.delete("/cart/items/50%25%20off%2F%C3%BC+").await.status, 200);
    assert_eq!(visitor.cart().await, json!({"items": {}, "count": 0}));
}

async fn a_form_removes_and_redirects_to_the_page(site: &Site) {
    let mut visitor = site.visitor();
    visitor.add("red apple", 2).await;
    let response = visitor.post_form("/cart/remove", "sku=red+apple").await;
    assert_eq!((response.status, response.header("location")), (303, "/"));
    assert_eq!(visitor.cart().await, json!({"items": {}, "count": 0}));
    assert_eq!(visitor.post_form("/cart/remove", "sku=red+apple").await.status, 404);
}
