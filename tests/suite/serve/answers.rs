//! What clients and applications get from each other.

use lovely_session_host::serve::Limits;

use super::running::{RunningServer, limits};

#[tokio::test]
async fn the_application_answers() {
    let server = RunningServer::start().await;
    assert_eq!(server.get("/hello").await, (200, "hello\n".to_owned()));
    assert_eq!(server.get("/hello?a=query").await, (200, "hello\n".to_owned()));
    assert_eq!(server.get("/unknown").await.0, 404);
}

#[tokio::test]
async fn the_application_gets_the_whole_body() {
    let server = RunningServer::start().await;
    assert_eq!(server.post("/length", vec![b'x'; 300_000]).await, (200, "300000\n".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_share_a_connection() {
    let server = RunningServer::start().await;
    let mut connection = server.connect();
    for _ in 0..3 {
        connection.send_request("/hello");
        let answer = connection.read_answer();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("\r\nhello\n\r\n"), "{answer}");
    }
}

#[tokio::test]
async fn a_body_up_to_the_limit_is_taken() {
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
async fn a_body_of_unknown_length_is_refused_when_it_gets_over_the_limit() {
    let server = RunningServer::start_with(Limits { body: 1000, ..limits() }).await;
    let mut connection = server.connect();
    connection.send("POST /length HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
    for _ in 0..3 {
        connection.send(format!("190\r\n{}\r\n", "x".repeat(400)));
    }
    connection.send("0\r\n\r\n");
    assert!(connection.read_answer().starts_with("HTTP/1.1 413 "));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_first_is_refused_before_it_sends() {
    let server = RunningServer::start_with(Limits { body: 1000, ..limits() }).await;
    let mut connection = server.connect();
    connection
        .send("POST /length HTTP/1.1\r\nHost: test\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n");
    assert!(connection.read_answer().starts_with("HTTP/1.1 413 "));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_ends_the_connection_and_nothing_else() {
    let server = RunningServer::start().await;
    let mut connection = server.connect();
    connection.send("POST /length HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n");
    let answer = connection.read_to_the_end();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert_eq!(server.get("/hello").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_a_host_is_refused() {
    let server = RunningServer::start().await;
    let mut connection = server.connect();
    connection.send("GET /hello HTTP/1.1\r\n\r\n");
    let answer = connection.read_answer();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.ends_with("the request names no host\n"), "{answer}");
}

#[tokio::test]
async fn an_application_cannot_send_requests() {
    let server = RunningServer::start().await;
    assert_eq!(server.get("/outgoing").await, (200, "ErrorCode::HttpRequestDenied\n".to_owned()));
}
