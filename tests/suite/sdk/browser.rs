//! A browser that tells a program what to do, and keeps the cookie that it sends.

use lovely_session_tests::client::client;
use reqwest::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use serde_json::{Value, json};

/// A browser. A clone begins with the same cookie.
#[derive(Clone, Debug)]
pub struct Browser {
    url: String,
    /// The headers `Cookie` of its requests.
    pub cookies: Vec<HeaderValue>,
    /// The members of a plan other than `steps`.
    plan: Value,
}

/// What a program answered.
#[derive(Debug)]
pub struct Reply {
    /// The results of the steps; `null` after an error.
    pub results: Value,
    /// The error of the visit; `null` if there is none.
    pub error: Value,
    /// The number of runs of the work.
    pub runs: u64,
    /// The header `Set-Cookie`.
    pub set_cookie: Option<String>,
}

impl Browser {
    /// A browser without a cookie.
    pub fn new(url: &str) -> Self {
        Self { url: url.to_owned(), cookies: Vec::new(), plan: json!({}) }
    }

    /// A browser that tells the program these options.
    pub fn with(mut self, options: Value) -> Self {
        self.plan = options;
        self
    }

    /// A browser with this header `Cookie`, and no other.
    pub fn with_cookie(mut self, cookie: &[u8]) -> Self {
        self.cookies = vec![HeaderValue::from_bytes(cookie).unwrap()];
        self
    }

    /// Has the program do the steps, whether they fail or not.
    pub async fn try_to(&mut self, steps: Value) -> Reply {
        let mut plan = self.plan.clone();
        plan["steps"] = steps;
        let headers: HeaderMap = self.cookies.iter().map(|cookie| (COOKIE, cookie.clone())).collect();
        let response = client().post(&self.url).headers(headers).body(plan.to_string()).send().await.unwrap();
        let status = response.status();
        let mut set_cookies = response.headers().get_all(SET_COOKIE).iter();
        let set_cookie = set_cookies.next().map(|set| set.to_str().unwrap().to_owned());
        assert_eq!(set_cookies.next(), None, "one cookie at most");
        let text = response.text().await.unwrap();
        assert_eq!(status, 200, "{text}");
        self.keep(set_cookie.as_deref());
        let mut answer: Value = serde_json::from_str(&text).unwrap();
        Reply {
            runs: answer["runs"].as_u64().unwrap(),
            results: answer["results"].take(),
            error: answer["error"].take(),
            set_cookie,
        }
    }

    /// Has the program do the steps, and returns their results.
    pub async fn does(&mut self, steps: Value) -> Value {
        let reply = self.try_to(steps).await;
        assert_eq!(reply.error, Value::Null);
        reply.results
    }

    /// Has the program do the steps, and returns the error with which the visit fails.
    pub async fn fails(&mut self, steps: Value) -> Value {
        let reply = self.try_to(steps).await;
        assert_eq!(reply.results, Value::Null, "it did not fail");
        assert_eq!(reply.set_cookie, None, "a visit that failed sends no cookie");
        reply.error
    }

    /// Stores a value under the key `name` of the package `login`, in a session with a new id.
    pub async fn log_in(&mut self, name: &str) {
        self.does(json!([["log-in"], ["set", "login", "name", name]])).await;
    }

    /// The value that `log_in` stored; `null` if there is none.
    pub async fn user(&mut self) -> Value {
        self.does(json!([["get", "login", "name"]])).await[0].take()
    }

    /// The id in the cookie.
    pub fn id(&self) -> String {
        let cookie = self.cookies.first().expect("there is a cookie").to_str().unwrap();
        cookie.split_once('=').unwrap().1.to_owned()
    }

    fn keep(&mut self, set_cookie: Option<&str>) {
        let Some(set) = set_cookie else { return };
        let (pair, attributes) = set.split_once(';').unwrap();
        self.cookies.clear();
        if !attributes.contains("Max-Age=0") {
            self.cookies.push(pair.parse().unwrap());
        }
    }
}
