//! Failures of an application, and other requests during them.

use std::time::{Duration, Instant};

use lovely_session_host::serve::Limits;

use super::running::{RunningServer, limits};

/// The response to a failure, for any reason.
fn failed() -> (u16, String) {
    (500, "the application failed\n".to_owned())
}

#[tokio::test]
async fn a_trap_is_a_500_and_the_next_request_works() {
    let server = RunningServer::start().await;
    for _ in 0..20 {
        assert_eq!(server.get("/trap").await, failed());
    }
    assert_eq!(server.get("/hello").await.0, 200);
}

#[tokio::test]
async fn no_response_is_a_500() {
    let server = RunningServer::start().await;
    assert_eq!(server.get("/silent").await, failed());
}

#[tokio::test]
async fn an_error_instead_of_a_response_is_a_500_without_its_text() {
    let server = RunningServer::start().await;
    assert_eq!(server.get("/error").await, failed());
}

#[tokio::test]
async fn an_application_over_its_memory_limit_is_a_500() {
    let server = RunningServer::start_with(Limits { memory: 8 << 20, ..limits() }).await;
    for _ in 0..20 {
        assert_eq!(server.get("/memory").await, failed());
    }
    assert_eq!(server.get("/hello").await.0, 200);
}

#[tokio::test]
async fn an_endless_loop_is_stopped_and_other_requests_are_served_meanwhile() {
    let request_time = Duration::from_secs(3);
    let server = RunningServer::start_with(Limits { request_time, ..limits() }).await;
    let begun = Instant::now();
    let others = async {
        let mut served = 0;
        while begun.elapsed() < Duration::from_secs(2) {
            assert_eq!(server.get("/hello").await.0, 200);
            served += 1;
        }
        served
    };
    let (first, second, third, served) =
        tokio::join!(server.get("/loop"), server.get("/loop"), server.get("/loop"), others);
    let stopped = (504, "the application did not respond in time\n".to_owned());
    assert_eq!([first, second, third], [stopped.clone(), stopped.clone(), stopped]);
    assert!(begun.elapsed() < request_time * 2, "stopped after {:?}", begun.elapsed());
    assert!(served >= 3, "only {served} requests were served beside the loops");
}

#[tokio::test]
async fn an_application_that_sleeps_too_long_is_a_504() {
    let request_time = Duration::from_millis(200);
    let server = RunningServer::start_with(Limits { request_time, ..limits() }).await;
    assert_eq!(server.get("/slow").await.0, 504);
}

#[tokio::test]
async fn a_failure_in_the_middle_of_a_response_closes_the_connection() {
    let request_time = Duration::from_millis(500);
    let server = RunningServer::start_with(Limits { request_time, ..limits() }).await;
    let response = server.request("/half-loop").await.unwrap();
    assert_eq!(response.status(), 200);
    let body = response.text().await;
    assert!(body.is_err(), "half a response was taken for a complete one: {body:?}");
    assert_eq!(server.get("/hello").await.0, 200);
}

#[tokio::test]
async fn requests_over_the_limit_wait_for_a_slot() {
    let server = RunningServer::start_with(Limits { concurrent_requests: 1, ..limits() }).await;
    let begun = Instant::now();
    let (first, second, third) = tokio::join!(server.get("/slow"), server.get("/slow"), server.get("/slow"));
    assert_eq!([first.0, second.0, third.0], [200; 3]);
    // Each takes 0.7 seconds, so they have run one after the other.
    assert!(begun.elapsed() > Duration::from_secs(2), "{:?}", begun.elapsed());
}
