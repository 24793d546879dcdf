//! How answers are written: where they end, and when the connection does (RFC 9112, sections 6 and 9).

use super::running::RunningServer;

/// Sends requests for these, all at once, of which the last one closes the connection; gives what comes back.
async fn answers_to(requests: &[&str]) -> String {
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
async fn answers_that_have_no_body_end_with_their_heads() {
    for (request, status) in [("HEAD /hello", 200), ("GET /no-content", 204), ("GET /not-modified", 304)] {
        let answers = answers_to(&[request, "GET /hello"]).await;
        let (head, rest) = answers.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answers}");
        assert!(rest.starts_with("HTTP/1.1 200 OK\r\n"), "{request}: {answers}");
        if status == 204 {
            assert!(!head.contains("content-length") && !head.contains("transfer-encoding"), "{head}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_sent_at_once_are_answered_in_their_order() {
    let answers = answers_to(&["GET /slow", "GET /unknown", "GET /hello"]).await;
    let place = |text| answers.find(text).unwrap_or_else(|| panic!("{text:?} is not in:\n{answers}"));
    assert!(place("slow\n") < place("no such behaviour\n"));
    assert!(place("no such behaviour\n") < place("hello\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_closes_gets_its_answer_and_the_end() {
    let answers = answers_to(&["GET /hello"]).await;
    assert!(answers.starts_with("HTTP/1.1 200 OK\r\n"), "{answers}");
    assert!(answers.to_ascii_lowercase().contains("\r\nconnection: close\r\n"), "{answers}");
    assert!(answers.to_ascii_lowercase().contains("\r\ndate: "), "{answers}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_http_1_0_gets_no_chunks_and_the_end() {
    let server = RunningServer::start().await;
    let mut connection = server.connect();
    connection.send("GET /hello HTTP/1.0\r\nHost: test\r\n\r\n");
    let answer = connection.read_to_the_end();
    assert!(answer.contains(" 200 OK\r\n") && answer.ends_with("\r\n\r\nhello\n"), "{answer}");
    assert!(!answer.to_ascii_lowercase().contains("transfer-encoding"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_cannot_switch_to_another_protocol() {
    let answers = answers_to(&["GET /switch", "GET /hello"]).await;
    assert!(answers.starts_with("HTTP/1.1 500 "), "{answers}");
    assert!(answers.contains("the application failed\n"), "{answers}");
    assert!(answers.contains("hello\n"), "{answers}");
}
