//! Sessions in frameworks: Hono in JavaScript, WSGI in Python.

use std::sync::OnceLock;

use lovely_session_host::serve::Application;
use lovely_session_tests::client::client;
use lovely_session_tests::language::{Language, built};

use super::site::Site;
use crate::languages::load;

/// The application with Hono.
async fn hono() -> Site {
    static APPLICATION: OnceLock<Application> = OnceLock::new();
    Site::of(APPLICATION.get_or_init(|| load(&built("hono-javascript.wasm"))).clone()).await
}

/// A visitor of an application.
struct Visitor<'a> {
    site: &'a Site,
    cookie: String,
}

impl<'a> Visitor<'a> {
    fn of(site: &'a Site) -> Self {
        Self { site, cookie: String::new() }
    }

    /// Returns the status and the text of the response, and keeps the cookie.
    async fn post(&mut self, path: &str, body: &str) -> (u16, String) {
        let request = client().post(self.site.url(path)).body(body.to_owned());
        self.send(request).await
    }

    async fn get(&mut self, path: &str) -> (u16, String) {
        let request = client().get(self.site.url(path));
        self.send(request).await
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> (u16, String) {
        let response = request.header("cookie", &self.cookie).send().await.unwrap();
        if let Some(set) = response.headers().get("set-cookie") {
            self.cookie = set.to_str().unwrap().split(';').next().unwrap().to_owned();
        }
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

fn ok(text: &str) -> (u16, String) {
    (200, text.to_owned())
}

#[tokio::test]
async fn a_handler_of_hono_has_the_session() {
    let site = hono().await;
    let mut visitor = Visitor::of(&site);
    assert_eq!(visitor.get("count").await, ok("visits: 1"));
    assert_eq!(visitor.get("count").await, ok("visits: 2"));
    assert_eq!(Visitor::of(&site).get("count").await, ok("visits: 1"));
}

#[tokio::test]
async fn a_handler_of_hono_that_fails_commits_nothing() {
    let site = hono().await;
    let mut visitor = Visitor::of(&site);
    visitor.get("count").await;
    assert_eq!(visitor.get("fail").await.0, 500);
    assert_eq!(visitor.get("fail-politely").await, (500, "sorry: the handler fails".to_owned()));
    assert_eq!(visitor.get("count").await, ok("visits: 2"));
    let mut newcomer = Visitor::of(&site);
    newcomer.get("fail").await;
    assert_eq!(newcomer.cookie, "", "there is no session to name");
}

#[tokio::test]
async fn after_a_conflict_hono_handles_a_copy_of_the_request_again() {
    let site = hono().await;
    let mut visitor = Visitor::of(&site);
    visitor.get("count").await;
    assert_eq!(visitor.get("rival?times=3").await, ok("counted 32 after 4 runs"));
    let body = "b".repeat(100_000);
    assert_eq!(visitor.post("rival?times=2", &body).await, ok(&format!("counted 53 after 3 runs: {body}")));
}

#[tokio::test]
async fn a_conflict_that_outlasts_the_patience_is_a_503_in_hono_and_stores_nothing() {
    let site = hono().await;
    let mut visitor = Visitor::of(&site);
    let (status, text) = visitor.get("impatient/rival?times=100000").await;
    let refused = "too many requests changed this session at the same time; try again\n";
    assert_eq!((status, text.as_str()), (503, refused));
    assert_eq!(visitor.cookie, "");
}

#[tokio::test]
async fn what_is_around_the_sessions_in_hono_runs_once() {
    let site = hono().await;
    let mut visitor = Visitor::of(&site);
    visitor.get("count").await;
    let request = client().get(site.url("rival?times=2")).header("cookie", &visitor.cookie);
    let response = request.send().await.unwrap();
    assert_eq!(response.headers().get("x-outside").unwrap(), "1");
    assert_eq!(response.headers().get("x-before").unwrap(), "outside");
    assert_eq!(response.text().await.unwrap(), "counted 22 after 3 runs");
    assert_eq!(visitor.get("greeting").await, ok("hello"), "variables of the outer context are there");
    assert_eq!(visitor.get("shops/7/items/9").await, ok("7: 9"), "parameters of the base path are there");
    assert_eq!(visitor.post("after", "a body").await, ok("a route after the sessions: a body"));
}

#[tokio::test]
async fn a_login_and_a_logout_work_in_hono() {
    let site = hono().await;
    let mut visitor = Visitor::of(&site);
    visitor.get("count").await;
    let before = visitor.cookie.clone();
    visitor.get("log-in").await;
    assert_ne!(visitor.cookie, before);
    assert_eq!(visitor.get("user").await, ok("ann"));
    let mut thief = Visitor { cookie: visitor.cookie.clone(), ..Visitor::of(&site) };
    visitor.get("log-out").await;
    assert_eq!(visitor.cookie, "sid=");
    assert_eq!(thief.get("user").await, ok("nobody"));
}

#[tokio::test]
async fn an_application_for_wsgi_has_the_session() {
    let site = Site::on_memory(Language::Python).await;
    let mut visitor = Visitor::of(&site);
    assert_eq!(visitor.post("wsgi", "5").await, ok("count: 5, runs: 1\n"));
    assert_eq!(visitor.get("wsgi").await, ok("count: 6, runs: 1\n"));
    assert_eq!(visitor.post("wsgi/500", "100").await.0, 500);
    assert_eq!(visitor.get("wsgi").await, ok("count: 7, runs: 1\n"), "a response of 500 commits nothing");
    assert_eq!(visitor.post("wsgi/rival", "10").await, ok("count: 18, runs: 2\n"));
}
