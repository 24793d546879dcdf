//! Where a request ends: RFC 9112, sections 6 and 7. A server that disagrees with the proxy in front of it about that
//! lets one client forge another's request.

use super::running::RunningServer;

/// Sends a request and another one behind it. Returns all responses until the server closes the connection.
fn responses_to(server: &RunningServer, request: &str) -> String {
    let mut connection = server.connect();
    connection.send(format!("{request}GET /hello HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"));
    connection.read_to_the_end()
}

/// Checks that each of these requests gets a 400, and that nothing behind it is read as a request.
async fn assert_ends_with_400(requests: &[&str]) {
    let server = RunningServer::start().await;
    for request in requests {
        let responses = responses_to(&server, request);
        assert!(
            responses.starts_with("HTTP/1.1 400 ") || responses.starts_with("HTTP/1.0 400 "),
            "{request:?}: {responses}"
        );
        assert!(!responses.contains(" 200 "), "{request:?}: {responses}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_or_repeated_length_is_a_400_and_closes_the_connection() {
    let lengths = [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 6",
        "Content-Length: +5",
        "Content-Length: -5",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length: five",
        "Content-Length:",
        "Content-Length: 18446744073709551621",
    ];
    let requests =
        lengths.map(|length| format!("POST /length HTTP/1.1\r\nHost: test\r\n{length}\r\n\r\nfive."));
    assert_ends_with_400(&requests.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_without_chunked_as_its_last_coding_is_a_400_and_closes_the_connection() {
    assert_ends_with_400(&[
        "POST /length HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
        "POST /length HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        "POST /length HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
        "POST /length HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST /length HTTP/1.0\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coding_before_chunked_is_a_501() {
    let server = RunningServer::start().await;
    for codings in [
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: identity, chunked",
    ] {
        let mut connection = server.connect();
        connection
            .send(format!("POST /length HTTP/1.1\r\nHost: test\r\n{codings}\r\n\r\n5\r\nfive.\r\n0\r\n\r\n"));
        let response = connection.read_response();
        assert!(response.starts_with("HTTP/1.1 501 "), "{codings:?}: {response}");
        assert!(
            response.ends_with("the request's transfer coding is not supported\n"),
            "{codings:?}: {response}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn chunked_takes_precedence_over_a_length_and_closes_the_connection() {
    let server = RunningServer::start().await;
    for fields in [
        "Content-Length: 3\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 3",
        "Transfer-Encoding: chunked\r\nContent-Length: none",
    ] {
        let request =
            format!("POST /length HTTP/1.1\r\nHost: test\r\n{fields}\r\n\r\n5\r\nfive.\r\n0\r\n\r\n");
        let responses = responses_to(&server, &request);
        assert!(
            responses.starts_with("HTTP/1.1 200 ") && responses.contains("\r\n5\n"),
            "{fields:?}: {responses}"
        );
        assert_eq!(responses.matches("HTTP/1.1 ").count(), 1, "{fields:?}: {responses}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_chunks_are_a_400_and_close_the_connection() {
    let chunks = [
        "ffffffffffffffff1\r\nx\r\n0\r\n\r\n",
        "-1\r\nx\r\n0\r\n\r\n",
        "5\r\nfive.x\r\n0\r\n\r\n",
        " 1\r\nx\r\n0\r\n\r\n",
    ];
    let requests = chunks.map(|chunks| {
        format!("POST /length HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}")
    });
    assert_ends_with_400(&requests.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn extensions_of_chunks_and_trailers_are_ignored() {
    let server = RunningServer::start().await;
    let request = "POST /length HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n\
                   5;name=\"value\"\r\nfive.\r\n0;last\r\nTrailer: value\r\n\r\n";
    let responses = responses_to(&server, request);
    assert!(responses.contains("\r\n5\n") && responses.contains("hello\n"), "{responses}");
    assert_eq!(responses.matches("HTTP/1.1 200 ").count(), 2, "{responses}");
}
