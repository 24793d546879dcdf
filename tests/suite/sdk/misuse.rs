//! Handlers that use an SDK in a wrong way: each is told what it did, and nothing is stored.

use lovely_session_tests::client::client;
use lovely_session_tests::language::Language;

use super::site::Site;

/// Has the handler at `/misuse/NAME` fail, and expects a response that says what it did.
async fn assert_told(site: &Site, name: &str, texts: &[&str]) {
    let response = client().get(site.url(&format!("misuse/{name}"))).send().await.unwrap();
    assert_eq!(response.status(), 500, "{name}");
    assert_eq!(response.headers().get("set-cookie"), None, "{name}");
    let told = response.text().await.unwrap();
    for text in texts {
        assert!(told.contains(text), "{name}: {told:?} does not say {text:?}");
    }
    assert!(!told.contains("secret"), "{name}: {told:?}");
}

#[tokio::test]
async fn mistakes_in_javascript_are_told() {
    let site = Site::on_memory(Language::JavaScript).await;
    for (name, texts) in [
        ("returns-nothing", ["returned nothing", "return a Response"].as_slice()),
        ("returns-text", &["not a Response"]),
        ("throws", &["threw an error", "nothing was stored"]),
        ("answers-twice", &["body is used already"]),
        ("keeps-session", &["the visit is over", "await"]),
        ("forgets-await", &["does not await"]),
        ("forgets-await-of-value", &["a Promise; await it first", "\"key\" in package \"kept\""]),
        ("forgets-await-of-all", &["Promise.all"]),
        ("commits-itself", &["must not commit"]),
    ] {
        assert_told(&site, name, texts).await;
    }
    assert_eq!(site.stored(), 0);
}

#[tokio::test]
async fn mistakes_in_python_are_told() {
    let site = Site::on_memory(Language::Python).await;
    for (name, texts) in [
        ("returns-nothing", ["returned nothing", "return a Response"].as_slice()),
        ("throws", &["raised LookupError"]),
        ("answers-twice", &["`yield`", "one Response"]),
        ("keeps-session", &["the visit is over"]),
        ("forgets-await", &["`async def`"]),
        ("commits-itself", &["commits its own transaction"]),
    ] {
        assert_told(&site, name, texts).await;
    }
    assert_eq!(site.stored(), 0);
}
