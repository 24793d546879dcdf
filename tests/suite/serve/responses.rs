//! Where responses end, and when the connection closes: RFC 9112, sections 6 and 9.

use super::running::RunningServer;

/// Sends these requests at once, the last one with `Connection: close`. Returns all responses.
async fn responses_to(requests: &[&str]) -> String {
    let server = RunningServer::start().await;
    let mut connection = server.connect();
    let (last, others) = requests.split_last().unwrap();
    for request in others {
        connection.send(format!("{request} HTTP/1.1\r\nHost: test\r\n\r\n"));
    }
    connection.send(format!("{last} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"));
    connection.read_to_the_end()
}

#[tokio::test(flavor = "multi_thread")]
async fn responses_without_a_body_end_with_their_heads() {
    for (request, status) in [("HEAD /hello", 200), ("GET /no-content", 204), ("GET /not-modified", 304)] {
        let responses = responses_to(&[request, "GET /hello"]).await;
        let (head, rest) = responses.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {responses}");
        assert!(rest.starts_with("HTTP/1.1 200 OK\r\n"), "{request}: {responses}");
        if status == 204 {
            assert!(!head.contains("content-length") && !head.contains("transfer-encoding"), "{head}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelined_requests_get_their_responses_in_order() {
    let responses = responses_to(&["GET /slow", "GET /unknown", "GET /hello"]).await;
    let position = |text| responses.find(text).unwrap_or_else(|| panic!("{text:?} is not in:\n{responses}"));
    assert!(position("slow\n") < position("no such behaviour\n"));
    assert!(position("no such behaviour\n") < position("hello\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_close_gets_its_response_and_closes_the_connection() {
    let responses = responses_to(&["GET /hello"]).await;
    assert!(responses.starts_with("HTTP/1.1 200 OK\r\n"), "{responses}");
    assert!(responses.to_ascii_lowercase().contains("\r\nconnection: close\r\n"), "{responses}");
    assert!(responses.to_ascii_lowercase().contains("\r\ndate: "), "{responses}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_http_1_0_gets_no_chunks_and_closes_the_connection() {
    let server = RunningServer::start().await;
    let mut connection = server.connect();
    connection.send("GET /hello HTTP/1.0\r\nHost: test\r\n\r\n");
    let response = connection.read_to_the_end();
    assert!(response.contains(" 200 OK\r\n") && response.ends_with("\r\n\r\nhello\n"), "{response}");
    assert!(!response.to_ascii_lowercase().contains("transfer-encoding"), "{response}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_cannot_switch_to_another_protocol() {
    let responses = responses_to(&["GET /switch", "GET /hello"]).await;
    assert!(responses.starts_with("HTTP/1.1 500 "), "{responses}");
    assert!(responses.contains("the application failed\n"), "{responses}");
    assert!(responses.contains("hello\n"), "{responses}");
}
