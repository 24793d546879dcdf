//! The HTTP requests of applications to other servers.

use std::time::{Duration, Instant};

use lovely_session_host::serve::{Limits, Origin, OutgoingHttp, OutgoingHttpOptions};

use super::backend::{Backend, Seen};
use super::grants::{caller_with, server_for, short};
use super::running::{RunningServer, limits};

/// A server with default options, and its backend.
async fn start() -> (RunningServer, Backend) {
    let backend = Backend::start().await;
    (server_for(&backend, OutgoingHttpOptions::default()).await, backend)
}

/// Has the application do something with a path of the backend.
async fn call(server: &RunningServer, what: &str, backend: &Backend, path: &str) -> String {
    let (status, text) = server.get(&format!("/{what}?{}", backend.url(path))).await;
    assert_eq!(status, 200, "{text}");
    text
}

#[tokio::test]
async fn an_application_calls_an_origin_that_is_allowed() {
    let (server, backend) = start().await;
    assert_eq!(call(&server, "get", &backend, "/hello").await, "200 hello from the backend");
    assert_eq!(call(&server, "get", &backend, "/missing").await, "404 nothing here");
    assert_eq!(call(&server, "post", &backend, "/hello?posted").await, "200 hello from the backend");
    let seen = backend.seen();
    assert_eq!(seen.requests, ["GET /hello", "GET /missing", "POST /hello?posted"]);
    assert_eq!(seen.complete, [0, 0, 100_000]);
}

#[tokio::test]
async fn a_backend_gets_the_host_and_no_hop_by_hop_fields_of_the_guest() {
    let (server, backend) = start().await;
    let fields = call(&server, "get", &backend, "/fields").await;
    assert!(fields.contains(&format!("Some(\"{}\")", backend.address)), "{fields}");
    assert!(fields.contains("\"x-refused\": \"connection\"") && !fields.contains("close"), "{fields}");
}

#[tokio::test]
async fn other_origins_and_connect_are_denied() {
    let (server, backend) = start().await;
    let other = Backend::start().await;
    let (address, port) = (backend.address, backend.address.port());
    let urls = [
        other.url("/hello"),
        format!("https://{address}/hello"),
        format!("http://localhost:{port}/hello"),
        format!("http://127.0.0.1/{port}"),
        format!("http://user@{address}/hello"),
        format!("http://{address}@{}/hello", other.address),
        format!("http://{address}.example.com/hello"),
    ];
    for url in urls {
        let denied = server.get(&format!("/get?{url}")).await;
        assert_eq!(denied, (200, "ErrorCode::HttpRequestDenied".to_owned()), "{url}");
    }
    assert_eq!(call(&server, "connect", &backend, "/").await, "ErrorCode::HttpRequestDenied");
    assert_eq!((backend.seen().connections, other.seen().connections), (0, 0));
}

#[tokio::test]
async fn a_redirect_reaches_the_application_which_cannot_follow_it_to_another_origin() {
    let (server, backend) = start().await;
    let other = Backend::start().await;
    let redirect = |target: &str| format!("/redirect?{target}");
    let location = other.url("/hello");
    assert_eq!(call(&server, "get", &backend, &redirect(&location)).await, "302 over there");
    let denied = call(&server, "follow", &backend, &redirect(&location)).await;
    assert_eq!(denied, format!("302 {location} ErrorCode::HttpRequestDenied"));
    let location = backend.url("/hello");
    let followed = call(&server, "follow", &backend, &redirect(&location)).await;
    assert_eq!(followed, format!("302 {location} 200 hello from the backend"));
    assert_eq!(other.seen().connections, 0);
}

#[tokio::test]
async fn connections_are_used_again() {
    let (server, backend) = start().await;
    for _ in 0..20 {
        assert_eq!(call(&server, "get", &backend, "/hello").await, "200 hello from the backend");
    }
    assert_eq!((backend.seen().connections, backend.seen().requests.len()), (1, 20));
}

#[tokio::test]
async fn the_writing_of_a_host_does_not_make_connections_of_its_own() {
    let backend = Backend::start().await;
    let port = backend.address.port();
    let origin: Origin = format!("http://LOCALHOST:{port}").parse().unwrap();
    let http = OutgoingHttp::new([origin], OutgoingHttpOptions::default()).unwrap();
    let application = super::grants::caller().with_outgoing_http(move || Box::new(http.clone()));
    let server = RunningServer::serve(application).await;
    for host in ["localhost", "LocalHost", "LOCALHOST"] {
        let got = server.get(&format!("/get?http://{host}:{port}/hello")).await;
        assert_eq!(got, (200, "200 hello from the backend".to_owned()));
    }
    assert_eq!(backend.seen().connections, 1);
}

#[tokio::test]
async fn a_backend_that_is_not_there_is_told_from_one_that_has_no_address() {
    let (server, backend) = start().await;
    drop(backend);
    let nowhere: Origin = "http://nowhere.invalid".parse().unwrap();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let http = OutgoingHttp::new(
        [nowhere, format!("http://{nobody}").parse().unwrap()],
        OutgoingHttpOptions::default(),
    );
    let http = http.unwrap();
    drop(server);
    let application = super::grants::caller().with_outgoing_http(move || Box::new(http.clone()));
    let server = RunningServer::serve(application).await;
    let (_, refused) = server.get(&format!("/get?http://{nobody}/")).await;
    assert_eq!(refused, "ErrorCode::ConnectionRefused");
    let (_, unknown) = server.get("/get?http://nowhere.invalid/").await;
    assert!(unknown.contains("DnsError"), "{unknown}");
}

#[tokio::test]
async fn a_response_over_the_limit_ends_with_an_error() {
    let backend = Backend::start().await;
    let server = server_for(&backend, OutgoingHttpOptions { max_response: 100_000, ..short() }).await;
    assert_eq!(call(&server, "get", &backend, "/large?100000").await, "200 100000 bytes");
    let announced = call(&server, "get", &backend, "/large?100001").await;
    assert_eq!(announced, "ErrorCode::HttpResponseBodySize(Some(100001))");
    let endless = call(&server, "get", &backend, "/endless").await;
    assert!(endless.starts_with("200 then Some(ErrorCode::HttpResponseBodySize("), "{endless}");
}

#[tokio::test]
async fn a_backend_that_does_not_go_on_ends_with_an_error_in_time() {
    let (begun, backend) = (Instant::now(), Backend::start().await);
    let server = server_for(&backend, short()).await;
    assert_eq!(call(&server, "get", &backend, "/silent").await, "ErrorCode::ConnectionReadTimeout");
    let stalled = call(&server, "get", &backend, "/stalls").await;
    assert_eq!(stalled, "200 then Some(ErrorCode::ConnectionReadTimeout)");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn the_times_of_the_guest_count_if_they_are_shorter() {
    let (begun, (server, backend)) = (Instant::now(), start().await);
    assert_eq!(call(&server, "get-shortly", &backend, "/silent").await, "ErrorCode::ConnectionReadTimeout");
    let stalled = call(&server, "get-shortly", &backend, "/stalls").await;
    assert_eq!(stalled, "200 then Some(ErrorCode::ConnectionReadTimeout)");
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn the_time_limit_of_a_request_ends_its_own_requests() {
    let backend = Backend::start().await;
    let origin: Origin = format!("http://{}", backend.address).parse().unwrap();
    let http = OutgoingHttp::new([origin], OutgoingHttpOptions::default()).unwrap();
    let application = caller_with(Limits { request_time: Duration::from_secs(1), ..limits() });
    let server = RunningServer::serve(application.with_outgoing_http(move || Box::new(http.clone()))).await;
    let (status, _) = server.get(&format!("/get?{}", backend.url("/silent"))).await;
    assert_eq!(status, 504);
}

#[tokio::test]
async fn a_backend_never_takes_the_body_of_an_application_that_failed_for_a_complete_one() {
    let (server, backend) = start().await;
    for times in 1..=10 {
        let (status, _) = server.get(&format!("/post-half?{}", backend.url("/hello"))).await;
        assert_eq!(status, 500);
        // The request may also have ended before the backend saw it.
        assert!(backend.seen().broken <= times);
    }
    let is_over = |seen: &Seen| seen.broken + seen.complete.len() == seen.requests.len();
    backend.wait_until(|seen| seen.broken > 0 && is_over(seen)).await;
    assert_eq!(backend.seen().complete, Vec::<usize>::new());
}

#[tokio::test]
async fn the_number_of_requests_at_the_same_time_is_limited() {
    let (server, backend) = start().await;
    let ended = call(&server, "many", &backend, "/hello").await;
    let count = |text: &str| ended.lines().filter(|line| *line == text).count();
    assert_eq!(count("200 hello from the backend"), 16, "{ended}");
    assert_eq!(count("ErrorCode::ConnectionLimitReached"), 4, "{ended}");
    // They are over with their request.
    assert_eq!(call(&server, "get", &backend, "/hello").await, "200 hello from the backend");
}

#[tokio::test]
async fn responses_that_are_kept_count_as_running() {
    let (server, backend) = start().await;
    assert_eq!(call(&server, "keep", &backend, "/large?1000000").await, "184 failed");
}

#[tokio::test]
async fn bodies_that_a_backend_does_not_read_count_as_running() {
    let (server, backend) = start().await;
    let text = call(&server, "post-in-turn", &backend, "/does-not-read").await;
    let refused: usize = text.strip_suffix(" refused").unwrap().parse().unwrap();
    assert!(refused <= 184, "{refused}");
    assert_eq!(call(&server, "get", &backend, "/hello").await, "200 hello from the backend");
}
