//! Heads that HTTP clients do not send: RFC 9112, sections 2 to 5, and RFC 9110 where it refers to that.

use super::running::RunningServer;

/// Sends a head on a new connection, and returns the response.
fn response_to(server: &RunningServer, head: &str) -> String {
    let mut connection = server.connect();
    connection.send(format!("{head}\r\n\r\n"));
    connection.read_response()
}

/// Checks that each of these heads gets this status, and that the connection still serves the next request.
async fn assert_refused_without_closing(heads: &[&str], status: u16, reason: &str) {
    let server = RunningServer::start().await;
    for head in heads {
        let mut connection = server.connect();
        connection.send(format!("{head}\r\n\r\n"));
        let response = connection.read_response();
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{head:?}: {response}");
        assert!(response.ends_with(reason), "{head:?}: {response}");
    }
    assert_eq!(server.get("/hello").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_one_host_is_a_400() {
    let heads = [
        "GET /hello HTTP/1.1\r\nHost: one\r\nHost: another",
        "GET /hello HTTP/1.1\r\nHost: one\r\nHost: one",
        "GET /hello HTTP/1.1\r\nHost: one\r\nAccept: */*\r\nhOST: another",
        "GET http://one/hello HTTP/1.1\r\nHost: one\r\nHost: another",
        "GET /hello HTTP/1.0\r\nHost: one\r\nHost: another",
    ];
    let server = RunningServer::start().await;
    for head in heads {
        let response = response_to(&server, head);
        assert!(response.contains(" 400 "), "{head:?}: {response}");
        assert!(response.ends_with("the request names more than one host\n"), "{head:?}: {response}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_host_is_a_400() {
    let hosts = [
        "a b",
        "a, b",
        "user@test",
        "http://test",
        "test/path",
        "test?query",
        "test:http",
        "test:80:80",
        ":80",
        "[::1",
        "[test]",
        "[::1]80",
        "t\u{e9}st",
        "te\\st",
        "te\"st",
        "<test>",
    ];
    let heads = hosts.map(|host| format!("GET /hello HTTP/1.1\r\nHost: {host}"));
    let heads: Vec<_> = heads.iter().map(String::as_str).collect();
    assert_refused_without_closing(&heads, 400, "the request's host is malformed\n").await;
    let in_targets =
        ["GET http://user@test/hello HTTP/1.1\r\nHost: test", "GET http://test/hello HTTP/1.1\r\nHost: a b"];
    assert_refused_without_closing(&in_targets, 400, "the request's host is malformed\n").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_host_field_is_a_400_also_when_the_target_has_a_host() {
    let heads = ["GET /hello HTTP/1.1", "GET /hello HTTP/1.1\r\nHost:", "GET http://test/hello HTTP/1.1"];
    assert_refused_without_closing(&heads, 400, "the request names no host\n").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_of_the_target_takes_precedence_over_that_of_the_field() {
    let server = RunningServer::start().await;
    for (head, host) in [
        ("GET /host HTTP/1.1\r\nHost: shop.test", "shop.test"),
        ("GET /host HTTP/1.1\r\nHost: shop.test:8080", "shop.test:8080"),
        ("GET /host HTTP/1.1\r\nHost: [::1]:8080", "[::1]:8080"),
        ("GET /host HTTP/1.1\r\nHost: shop_1.test:", "shop_1.test:"),
        ("GET http://shop.test/host HTTP/1.1\r\nHost: other.test", "shop.test"),
        ("GET HTTP://shop.test:81/host HTTP/1.1\r\nHost: other.test", "shop.test:81"),
        ("GET http://shop.test/host HTTP/1.0\r\nAccept: */*", "shop.test"),
    ] {
        let response = response_to(&server, head);
        assert!(response.contains(" 200 OK\r\n"), "{head:?}: {response}");
        let mut connection = server.connect();
        connection.send(format!("{head}\r\nConnection: close\r\n\r\n"));
        let response = connection.read_to_the_end();
        assert!(response.contains(&format!("Some(\"{host}\")\n")), "{head:?}: {response}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_in_a_form_that_its_method_does_not_allow_is_a_400() {
    let heads = [
        "GET test:80 HTTP/1.1\r\nHost: test:80",
        "GET hello HTTP/1.1\r\nHost: test",
        "GET * HTTP/1.1\r\nHost: test",
        "POST * HTTP/1.1\r\nHost: test",
    ];
    assert_refused_without_closing(&heads, 400, "the request's target is malformed\n").await;
    let server = RunningServer::start().await;
    let response = response_to(&server, "OPTIONS * HTTP/1.1\r\nHost: test");
    assert!(response.starts_with("HTTP/1.1 404 "), "the application handles `*`: {response}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tunnels_and_other_schemes_are_refused() {
    let tunnel = ["CONNECT test:80 HTTP/1.1\r\nHost: test:80"];
    assert_refused_without_closing(&tunnel, 501, "this server is not a proxy\n").await;
    let secure = ["GET https://test/hello HTTP/1.1\r\nHost: test", "GET ftp://test/ HTTP/1.1\r\nHost: test"];
    assert_refused_without_closing(&secure, 421, "this connection is for another scheme\n").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_over_the_limit_is_a_414() {
    let server = RunningServer::start().await;
    let target = |length: usize| format!("GET /{} HTTP/1.1\r\nHost: test", "x".repeat(length - 1));
    assert!(response_to(&server, &target(32 << 10)).starts_with("HTTP/1.1 404 "));
    assert!(response_to(&server, &target((32 << 10) + 1)).starts_with("HTTP/1.1 414 "));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_expectation_is_a_417() {
    let heads = [
        "GET /hello HTTP/1.1\r\nHost: test\r\nExpect: miracles",
        "GET /hello HTTP/1.1\r\nHost: test\r\nExpect: 100-continue, miracles",
        "GET /hello HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nExpect: miracles",
    ];
    assert_refused_without_closing(&heads, 417, "the request's expectation is not supported\n").await;
    let server = RunningServer::start().await;
    for head in [
        "GET /hello HTTP/1.1\r\nHost: test\r\nExpect: 100-Continue",
        "GET /hello HTTP/1.0\r\nHost: test\r\nExpect: miracles",
    ] {
        assert!(response_to(&server, head).contains(" 200 OK\r\n"), "{head:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ambiguous_head_is_a_400_and_closes_the_connection() {
    let server = RunningServer::start().await;
    for head in [
        "GET /hello HTTP/1.1\r\nHost : test",
        "GET /hello HTTP/1.1\r\n Host: test",
        "GET /hello HTTP/1.1\r\nHost: test\r\nX: folded\r\n value",
        "GET /hello HTTP/1.1\r\nHost: test\r\nX: a\rb",
        "GET /hello HTTP/1.1\r\nHost: test\r\nX: a\0b",
        "GET /hello HTTP/1.1\r\nHost: test\r\nno colon",
        "GET /hello HTTP/1.1\r\nHost: test\r\n: no name",
        "GET /hello\rHTTP/1.1\r\nHost: test",
        "GET /hel lo HTTP/1.1\r\nHost: test",
        "GET /hello HTTP/2.0\r\nHost: test",
        "GET /hello http/1.1\r\nHost: test",
        "GET /hello",
    ] {
        let mut connection = server.connect();
        connection.send(format!("{head}\r\n\r\nGET /hello HTTP/1.1\r\nHost: test\r\n\r\n"));
        let response = connection.read_to_the_end();
        assert!(response.starts_with("HTTP/1.1 400 "), "{head:?}: {response}");
        assert_eq!(response.matches("HTTP/1.1 ").count(), 1, "{head:?}: {response}");
    }
}
