//! The cart in a real browser. `page` checks what the page contains; these tests use it.

use std::path::Path;

use lovely_session_tests::browser::Browser;

use super::site::Site;
use lovely_session_tests::language::Language;

async fn site() -> Site {
    Site::on_memory(Language::Rust).await
}

/// A browser that has loaded the site's page.
async fn person_at(site: &Site) -> Browser {
    let browser = Browser::open().await;
    browser.go_to(&site.url("/")).await;
    browser
}

async fn add(browser: &Browser, sku: &str, quantity: &str) {
    browser.fill_in("What", sku).await;
    browser.fill_in("How many", quantity).await;
    browser.click("Add to cart").await;
}

/// Asserts that the page shows all texts in `shown`, and none in `hidden`.
async fn assert_sees(browser: &Browser, shown: &[&str], hidden: &[&str]) {
    let text = browser.text().await;
    for part in shown {
        assert!(text.contains(part), "{part:?} is missing in {text:?}");
    }
    for part in hidden {
        assert!(!text.contains(part), "{part:?} is in {text:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_fills_the_cart_and_takes_things_out() {
    let site = site().await;
    let person = person_at(&site).await;
    assert_sees(&person, &["Nothing in here yet"], &["Check out"]).await;
    add(&person, "apple", "2").await;
    add(&person, "<b>pear & plum</b>", "1").await;
    person.click("One more apple").await;
    assert_sees(&person, &["apple\n× 3", "<b>pear & plum</b>\n× 1"], &["Nothing in here yet"]).await;
    person.click("Remove <b>pear & plum</b>").await;
    assert_sees(&person, &["apple\n× 3"], &["pear"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_checkout_leaves_the_cart_and_a_good_one_orders_it() {
    let site = site().await;
    let person = person_at(&site).await;
    add(&person, "apple", "2").await;
    add(&person, "pear", "1").await;
    person.fill_in("Coupon", "GUESS").await;
    person.click("Check out").await;
    assert_sees(&person, &["this coupon is not valid", "apple\n× 2", "did not go through: 1"], &[]).await;
    person.take_picture(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("cart.png")).await;
    person.fill_in("Coupon", "WELCOME").await;
    person.click("Check out").await;
    let ordered = ["Thank you for your order", "apple\n× 2", "pear\n× 1"];
    assert_sees(&person, &ordered, &["Check out", "not valid"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reloading_the_page_does_not_repeat_the_request_before_it() {
    let site = site().await;
    let person = person_at(&site).await;
    add(&person, "apple", "2").await;
    person.reload().await;
    assert_sees(&person, &["apple\n× 2"], &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_visitors_do_not_see_each_others_carts_and_after_a_logout_the_cart_is_empty() {
    let site = site().await;
    let (one, other) = (person_at(&site).await, person_at(&site).await);
    add(&one, "apple", "2").await;
    add(&other, "pear", "1").await;
    one.reload().await;
    assert_sees(&one, &["apple\n× 2"], &["pear"]).await;
    assert_sees(&other, &["pear\n× 1"], &["apple"]).await;
    one.click("Log out").await;
    assert_sees(&one, &["Nothing in here yet"], &["apple"]).await;
    other.reload().await;
    assert_sees(&other, &["pear\n× 1"], &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_on_another_site_changes_nothing() {
    let site = site().await;
    let person = person_at(&site).await;
    add(&person, "apple", "2").await;
    let form = format!(
        r#"<form method="post" action="{}"><input name="sku" value="spam"><input name="qty" value="1">
        <button>Win a prize</button></form>"#,
        site.url("/cart/items")
    );
    person.go_to_foreign_page(&form).await;
    person.click("Win a prize").await;
    assert_sees(&person, &["another site may not change the cart"], &[]).await;
    person.go_to(&site.url("/")).await;
    assert_sees(&person, &["apple\n× 2"], &["spam"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_policy_of_the_page_allows_its_style() {
    let site = site().await;
    let person = person_at(&site).await;
    assert_eq!(person.style("//*[@class = 'count']", "background-color").await, "rgba(31, 111, 84, 1)");
}
