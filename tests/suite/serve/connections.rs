//! Connections of clients.

use std::time::{Duration, Instant};

use lovely_session_host::serve::Limits;

use super::running::{RunningServer, limits};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_disconnects_stops_neither_the_application_nor_the_server() {
    let server = RunningServer::start_with(Limits { concurrent_requests: 1, ..limits() }).await;
    let begun = Instant::now();
    let mut connection = server.connect();
    connection.send_request("/slow");
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(connection);
    assert_eq!(server.get("/hello").await.0, 200);
    // There is only one slot, which the abandoned request kept to its end.
    assert!(begun.elapsed() > Duration::from_millis(600), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_a_request_is_closed_after_the_time_limit() {
    let header_time = Duration::from_millis(300);
    let server = RunningServer::start_with(Limits { header_time, ..limits() }).await;
    let begun = Instant::now();
    assert_eq!(server.connect().read_to_the_end(), "");
    let mut used = server.connect();
    used.send_request("/hello");
    used.read_response();
    assert_eq!(used.read_to_the_end(), "");
    assert!(begun.elapsed() >= header_time * 2, "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_with_an_unfinished_head_is_closed_after_the_time_limit() {
    let header_time = Duration::from_millis(300);
    let server = RunningServer::start_with(Limits { header_time, ..limits() }).await;
    let mut connection = server.connect();
    connection.send("GET /hello HTTP/1.1\r\nHost: te");
    let response = connection.read_to_the_end();
    assert!(!response.contains("200"), "{response}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_arrive_is_a_408() {
    let request_time = Duration::from_millis(300);
    let server = RunningServer::start_with(Limits { request_time, ..limits() }).await;
    let mut connection = server.connect();
    connection.send("POST /length HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nfive.");
    assert!(connection.read_response().starts_with("HTTP/1.1 408 "));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_over_the_limit_is_a_431() {
    let server = RunningServer::start().await;
    let mut connection = server.connect();
    connection.send(format!("GET /hello HTTP/1.1\r\nHost: test\r\nX: {}\r\n\r\n", "x".repeat(70_000)));
    let response = connection.read_to_the_end();
    assert!(response.starts_with("HTTP/1.1 431 "), "{response}");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_over_the_limit_wait() {
    let server = RunningServer::start_with(Limits { connections: 1, ..limits() }).await;
    let mut first = server.connect();
    first.send_request("/pause");
    first.read_up_to("before the pause, ");
    let mut second = server.connect();
    second.send_request("/hello");
    // The first connection has the only place until its response is complete.
    first.read_up_to("after it\n");
    assert!(second.read_response().starts_with("HTTP/1.1 200 "));
}
