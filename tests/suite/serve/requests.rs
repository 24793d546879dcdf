//! Requests to the application, and its responses.

use lovely_session_host::serve::Limits;

use super::running::{RunningServer, limits};

#[tokio::test]
async fn the_response_of_the_application_is_sent() {
    let server = RunningServer::start().await;
    assert_eq!(server.get("/hello").await, (200, "hello\n".to_owned()));
    assert_eq!(server.get("/hello?a=query").await, (200, "hello\n".to_owned()));
    assert_eq!(server.get("/unknown").await.0, 404);
}

#[tokio::test]
async fn the_application_receives_the_whole_body() {
    let server = RunningServer::start().await;
    assert_eq!(server.post("/length", vec![b'x'; 300_000]).await, (200, "300000\n".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_serves_several_requests() {
    let server = RunningServer::start().await;
    let mut connection = server.connect();
    for _ in 0..3 {
        connection.send_request("/hello");
        let response = connection.read_response();
        assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
        assert!(response.ends_with("\r\n\r\nhello\n"), "{response}");
    }
}

#[tokio::test]
async fn a_body_up_to_the_limit_is_accepted() {
    let server = RunningServer::start_with(Limits { body: 1000, ..limits() }).await;
    assert_eq!(server.post("/length", vec![b'x'; 1000]).await, (200, "1000\n".to_owned()));
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let server = RunningServer::start_with(Limits { body: 1000, ..limits() }).await;
    let too_large = (413, "the request's body is too large\n".to_owned());
    assert_eq!(server.post("/length", vec![b'x'; 1001]).await, too_large);
    assert_eq!(server.post("/length", vec![b'x'; 5_000_000]).await, too_large);
    assert_eq!(server.get("/hello").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_unknown_length_is_refused_when_it_exceeds_the_limit() {
    let server = RunningServer::start_with(Limits { body: 1000, ..limits() }).await;
    let mut connection = server.connect();
    connection.send("POST /length HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
    for _ in 0..3 {
        connection.send(format!("190\r\n{}\r\n", "x".repeat(400)));
    }
    connection.send("0\r\n\r\n");
    assert!(connection.read_response().starts_with("HTTP/1.1 413 "));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_expects_100_continue_is_refused_before_it_sends_the_body() {
    let server = RunningServer::start_with(Limits { body: 1000, ..limits() }).await;
    let mut connection = server.connect();
    connection
        .send("POST /length HTTP/1.1\r\nHost: test\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n");
    assert!(connection.read_response().starts_with("HTTP/1.1 413 "));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_body_closes_its_connection_and_no_other() {
    let server = RunningServer::start().await;
    let mut connection = server.connect();
    connection.send("POST /length HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n");
    let response = connection.read_to_the_end();
    assert!(response.starts_with("HTTP/1.1 400 "), "{response}");
    assert_eq!(server.get("/hello").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_a_host_is_refused() {
    let server = RunningServer::start().await;
    let mut connection = server.connect();
    connection.send("GET /hello HTTP/1.1\r\n\r\n");
    let response = connection.read_response();
    assert!(response.starts_with("HTTP/1.1 400 "), "{response}");
    assert!(response.ends_with("the request names no host\n"), "{response}");
}

#[tokio::test]
async fn an_application_cannot_send_requests() {
    let server = RunningServer::start().await;
    assert_eq!(server.get("/outgoing").await, (200, "ErrorCode::HttpRequestDenied\n".to_owned()));
}
