//! What a client of the cart must see, on any host that serves it.

use lovely_session_tests::visitor::Visitor;
use serde_json::{Value, json};

const CLIENTS: u64 = 8;
const INCREMENTS: u64 = 25;

/// Runs the story as a visitor of the cart at `url`: changes are visible to the next request, a checkout that fails is
/// rolled back to its savepoint, and an ended session stays ended.
pub async fn cart_story(url: &str) {
    let mut visitor = Visitor::new(url.to_owned());
    fill_the_cart(&mut visitor).await;
    check_out(&mut visitor).await;
    log_out(&mut visitor).await;
}

async fn fill_the_cart(visitor: &mut Visitor) {
    assert_eq!(visitor.cart().await, json!({"items": {}, "count": 0}), "a new session is empty");
    visitor.add("apple", 2).await;
    visitor.add("pear", 1).await;
    let removed = visitor.delete("/cart/items/pear").await.json();
    assert_eq!(removed, json!({"items": {"apple": 2}, "count": 2}));
    assert_eq!(visitor.cart().await, removed, "the next request sees what was committed");
}

/// Each failed checkout takes the items out of the cart and is rolled back; the attempt was counted before its
/// savepoint.
async fn check_out(visitor: &mut Visitor) {
    for attempts in 1..=2 {
        visitor.post_json("/checkout", r#"{"coupon": "GUESS"}"#).await.assert_refused(422);
        let kept = json!({"items": {"apple": 2}, "count": 2, "attempts": attempts});
        assert_eq!(visitor.cart().await, kept, "a rollback returns to the savepoint");
    }
    let ordered = visitor.post_json("/checkout", r#"{"coupon": "WELCOME"}"#).await.json();
    assert_eq!(ordered["order"], json!({"items": {"apple": 2}, "count": 2, "coupon": "WELCOME"}));
    assert_eq!(visitor.cart().await, json!({"items": {}, "count": 0, "attempts": 2}));
}

async fn log_out(visitor: &mut Visitor) {
    let mut earlier = visitor.clone();
    assert_eq!(visitor.post_json("/logout", "").await.json(), json!({"ok": true}));
    assert_eq!(visitor.session, None, "the cookie is taken back");
    let ended = earlier.session.clone();
    assert_eq!(earlier.cart().await, json!({"items": {}, "count": 0}), "what ended stays ended");
    earlier.add("plum", 1).await;
    assert_ne!(earlier.session, ended, "who comes with an ended session gets another");
}

/// Lets clients of the cart at `url` add to one item of one session concurrently. No addition may be lost or counted
/// twice.
pub async fn parallel_increments(url: &str) {
    let mut visitor = Visitor::new(url.to_owned());
    visitor.add("apple", 1).await;
    let clients: Vec<_> = (0..CLIENTS).map(|_| tokio::spawn(increment(visitor.clone()))).collect();
    for client in clients {
        client.await.unwrap();
    }
    let total = 1 + CLIENTS * INCREMENTS;
    assert_eq!(visitor.cart().await, json!({"items": {"apple": total}, "count": total}));
}

async fn increment(mut client: Visitor) {
    for _ in 0..INCREMENTS {
        while !is_added(&mut client).await {}
    }
}

/// Adds an apple. Returns false if the request lost too many races to the other clients, so that nothing was written.
async fn is_added(client: &mut Visitor) -> bool {
    let response = client.post_json("/cart/items", r#"{"sku": "apple", "qty": 1}"#).await;
    if response.status == 200 {
        return true;
    }
    response.assert_refused(503);
    let lost = Value::from("too many requests changed this cart at the same time; try again");
    assert_eq!(response.json()["error"], lost, "no other failure is expected");
    false
}
