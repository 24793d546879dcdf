//! The SDK for edge functions in Rust, in a real component: `programs/sdk` does what the path says.

use lovely_session_tests::client::client;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use lovely_session_host::serve::{Application, Limits, Server};
use lovely_session_host::{Entry, Error, KeyValue, Lifetime, Memory, Outcome, Write, async_trait};

/// A browser with its own site.
struct Browser {
    site: String,
    /// The value of its header `Cookie`.
    cookie: Option<String>,
}

impl Browser {
    async fn new() -> Self {
        Self::at(Arc::new(Memory::new())).await
    }

    async fn at(store: Arc<dyn KeyValue>) -> Self {
        let server = Server::bind("127.0.0.1:0", program(), store).await.unwrap();
        let site = format!("http://{}", server.local_addr());
        tokio::spawn(server.run(std::future::pending()));
        Self { site, cookie: None }
    }

    fn with_cookie(&self, cookie: &str) -> Self {
        Self { site: self.site.clone(), cookie: Some(cookie.to_owned()) }
    }

    /// Returns the response and the header `Set-Cookie`, and keeps the cookie.
    async fn get(&mut self, path: &str) -> (String, Option<String>) {
        let request = client().get(format!("{}{path}", self.site));
        let request = self.cookie.iter().fold(request, |request, cookie| request.header("cookie", cookie));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let set = response.headers().get("set-cookie").map(|set| set.to_str().unwrap().to_owned());
        if let Some(set) = &set {
            self.cookie = set.split(';').next().map(str::to_owned);
        }
        (response.text().await.unwrap(), set)
    }

    async fn text(&mut self, path: &str) -> String {
        self.get(path).await.0
    }
}

fn program() -> Application {
    static PROGRAM: OnceLock<Application> = OnceLock::new();
    let load = || {
        let component = std::fs::read(env!("PROGRAM_SDK_WASM")).unwrap();
        Application::load(&component, Limits::default()).unwrap()
    };
    PROGRAM.get_or_init(load).clone()
}

#[tokio::test]
async fn a_login_sends_a_cookie_with_every_attribute() {
    let mut browser = Browser::new().await;
    let (text, set) = browser.get("/log-in?ann").await;
    assert_eq!(text, "ann");
    let set = set.unwrap();
    let (pair, attributes) = set.split_once(';').unwrap();
    assert!(pair.starts_with("__Host-sid=") && pair.len() >= "__Host-sid=".len() + 32, "{pair}");
    assert_eq!(attributes, " HttpOnly; Secure; SameSite=Lax; Path=/; Max-Age=3600");
}

#[tokio::test]
async fn a_cookie_with_an_age_slides_with_the_session() {
    let mut browser = Browser::new().await;
    let (_, begun) = browser.get("/log-in?ann").await;
    assert_eq!(browser.get("/look").await, ("ann".to_owned(), begun));
}

#[tokio::test]
async fn a_login_renews_the_id_and_ends_the_old_one() {
    let mut browser = Browser::new().await;
    browser.get("/log-in?ann").await;
    let mut planter = browser.with_cookie(browser.cookie.as_ref().unwrap());
    assert_eq!(browser.text("/log-in?bob").await, "bob");
    assert_ne!(browser.cookie, planter.cookie);
    assert_eq!(planter.get("/look").await, ("nobody".to_owned(), None));
    assert_eq!(browser.text("/look").await, "bob");
}

#[tokio::test]
async fn a_logout_ends_the_session_and_removes_the_cookie() {
    let mut browser = Browser::new().await;
    browser.get("/log-in?ann").await;
    let mut thief = browser.with_cookie(browser.cookie.as_ref().unwrap());
    let forget = "__Host-sid=; HttpOnly; Secure; SameSite=Lax; Path=/; Max-Age=0".to_owned();
    assert_eq!(browser.get("/log-out").await, ("logged out".to_owned(), Some(forget.clone())));
    assert_eq!(thief.text("/look").await, "nobody");
    assert_eq!(browser.get("/log-out").await.1, Some(forget));
}

#[tokio::test]
async fn a_logout_that_is_rolled_back_leaves_the_session_and_the_cookie() {
    let mut browser = Browser::new().await;
    let (_, begun) = browser.get("/log-in?ann").await;
    assert_eq!(browser.get("/log-out-and-return").await, ("ann".to_owned(), begun));
    assert_eq!(browser.text("/look").await, "ann");
}

#[tokio::test]
async fn an_invalid_cookie_is_ignored() {
    let browser = Browser::new().await;
    let long = format!("__Host-sid={}", "x".repeat(2000));
    for cookie in ["", "__Host-sid", "__Host-sid=", "__Host-sid=planted", "__Host-sid=a b", &long] {
        let mut visitor = browser.with_cookie(cookie);
        assert_eq!(visitor.get("/look").await, ("nobody".to_owned(), None), "{cookie}");
        assert_eq!(visitor.text("/log-in?ann").await, "ann");
        assert_ne!(visitor.cookie.as_deref(), Some(cookie));
        assert_eq!(browser.with_cookie(cookie).text("/look").await, "nobody");
    }
}

#[tokio::test]
async fn a_cookie_without_the_prefix_in_its_name_is_ignored() {
    let mut browser = Browser::new().await;
    browser.get("/log-in?ann").await;
    let without = browser.cookie.as_ref().unwrap().replace("__Host-", "");
    assert_eq!(browser.with_cookie(&without).text("/look").await, "nobody");
}

#[tokio::test]
async fn a_cookie_of_a_longer_path_does_not_shadow_the_session() {
    let mut browser = Browser::new().await;
    browser.get("/log-in?ann").await;
    // The browser sends the one with the longer path first.
    let both = format!("sid=planted; {}", browser.cookie.as_ref().unwrap());
    assert_eq!(browser.with_cookie(&both).get("/look").await.0, "ann");
}

#[tokio::test]
async fn a_session_in_which_nothing_is_stored_sends_no_cookie() {
    let mut browser = Browser::new().await;
    assert_eq!(browser.get("/begin-and-store-nothing").await, ("nobody".to_owned(), None));
}

#[tokio::test]
async fn work_that_fails_stores_nothing() {
    let mut browser = Browser::new().await;
    let (text, set) = browser.get("/store-and-fail").await;
    assert_eq!((text.as_str(), set), ("error: the store failed: the work failed", None));
    browser.get("/log-in?ann").await;
    browser.get("/store-and-fail").await;
    assert_eq!(browser.text("/look").await, "ann");
}

#[tokio::test]
async fn a_visitor_whose_session_ends_during_a_request_is_a_new_one() {
    let mut browser = Browser::new().await;
    browser.get("/log-in?ann").await;
    let before = browser.cookie.clone();
    assert_eq!(browser.text("/ends-meanwhile").await, "nobody after 2 runs");
    assert_ne!(browser.cookie, before);
    assert!(browser.get("/look").await.1.is_some(), "the new session is there");
}

#[tokio::test]
async fn a_cookie_that_browsers_reject_is_an_error() {
    let text = Browser::new().await.text("/bad-cookie").await;
    assert!(text.contains(r#"the cookie name "s id""#), "{text}");
}

#[tokio::test]
async fn work_runs_again_after_a_conflict_and_reads_fresh_data() {
    let mut browser = Browser::new().await;
    assert_eq!(browser.text("/count?0").await, "counted 1 after 1 runs");
    assert_eq!(browser.text("/count?3").await, "counted 5 after 4 runs");
    assert_eq!(browser.text("/count?12").await, "counted 18 after 13 runs");
}

#[tokio::test]
async fn work_that_conflicts_for_longer_than_its_patience_fails_with_the_conflict() {
    let mut browser = Browser::new().await;
    let begin = Instant::now();
    let text = browser.text("/count-against-all?1500").await;
    let time = begin.elapsed();
    let runs = text.strip_prefix("conflict on count after ").and_then(|rest| rest.strip_suffix(" runs"));
    let runs: u32 = runs.unwrap_or_else(|| panic!("{text}")).parse().unwrap();
    // The last pause, of up to 250 ms, was left out, because it would have ended too late.
    assert!(time >= Duration::from_millis(1250), "given up after {time:?}");
    assert!(time < Duration::from_secs(20), "given up after {time:?}");
    assert!((3..100).contains(&runs), "without pauses there are thousands of runs: {runs}");
    assert_eq!(browser.text("/count?0").await, format!("counted {} after 1 runs", runs + 1));
}

#[tokio::test]
async fn work_without_patience_runs_once() {
    let text = Browser::new().await.text("/count-against-all?0").await;
    assert_eq!(text, "conflict on count after 1 runs");
}

#[tokio::test]
async fn the_isolation_level_is_that_of_the_options() {
    let mut browser = Browser::new().await;
    assert_eq!(browser.text("/count-blindly?5").await, "counted 1 after 1 runs");
}

#[tokio::test]
async fn work_never_runs_again_when_its_outcome_is_unknown() {
    let store = Arc::new(Mute::default());
    let mut browser = Browser::at(store.clone()).await;
    assert_eq!(browser.text("/count").await, "counted 1 after 1 runs");
    store.mute.store(true, Ordering::Relaxed);
    assert_eq!(browser.text("/count").await, "outcome unknown of 1 after 1 runs");
    assert!(store.unanswered.load(Ordering::Relaxed) > 0);
    store.mute.store(false, Ordering::Relaxed);
    assert_eq!(browser.text("/count").await, "counted 2 after 1 runs");
}

#[tokio::test]
async fn values_keep_their_types() {
    assert_eq!(
        Browser::new().await.text("/values").await,
        r#"{"apple": 2, "pear": 1} Some((1.5, "text")) Some("[1.5,\"text\"]") None"#
    );
}

#[tokio::test]
async fn counters_are_added_to_and_shown() {
    let text = Browser::new().await.text("/counters").await;
    assert_eq!(text, r#"{"balance": -7, "visits": 42} Some("42") None"#);
}

#[tokio::test]
async fn adding_to_a_value_that_is_not_a_counter_is_a_typed_error() {
    let refused = |key, why| format!("cannot add to key {key:?} in package \"values\": {why}");
    let expected =
        [refused("name", "the value is not a counter"), refused("most", "the sum would be out of range")];
    assert_eq!(Browser::new().await.text("/no-counter").await, expected.join("; "));
}

#[tokio::test]
async fn a_value_of_another_type_is_a_typed_error() {
    let text = Browser::new().await.text("/unfit").await;
    assert!(text.starts_with("unfit: name in values, invalid type: string"), "{text}");
}

#[tokio::test]
async fn many_values_are_stored_all_or_none() {
    let text = Browser::new().await.text("/half-an-update").await;
    assert_eq!(text, "no JSON for bad; there are 0 keys");
}

/// A store that can return an unknown outcome for every write.
#[derive(Default)]
struct Mute {
    store: Memory,
    mute: AtomicBool,
    unanswered: AtomicU32,
}

#[async_trait]
impl KeyValue for Mute {
    async fn get_many(
        &self,
        keys: Vec<String>,
        touch: Option<Lifetime>,
    ) -> Result<Vec<Option<Entry>>, Error> {
        self.store.get_many(keys, touch).await
    }

    async fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, Error> {
        if self.mute.load(Ordering::Relaxed) {
            self.unanswered.fetch_add(1, Ordering::Relaxed);
            return Ok(writes.iter().map(|_| Outcome::Unknown).collect());
        }
        self.store.write_many(writes).await
    }
}
