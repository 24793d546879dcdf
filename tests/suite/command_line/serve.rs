//! The process of `serve`: its log, and its end.

use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use super::binary::Serving;
use lovely_session_tests::client::client;

async fn get(serving: &Serving, path: &str) -> u16 {
    client().get(serving.url(path)).send().await.unwrap().status().as_u16()
}

/// Begins a request of 0.7 seconds, and waits until it runs.
async fn begin_slow_request(
    serving: &Serving,
) -> tokio::task::JoinHandle<reqwest::Result<reqwest::Response>> {
    let request = tokio::spawn(client().get(serving.url("/slow")).send());
    tokio::time::sleep(Duration::from_millis(200)).await;
    request
}

#[tokio::test]
async fn sigterm_and_sigint_let_running_requests_finish_and_exit_with_0() {
    for signal in ["TERM", "INT"] {
        let serving = Serving::start();
        let request = begin_slow_request(&serving).await;
        serving.signal(signal);
        assert_eq!(request.await.unwrap().unwrap().text().await.unwrap(), "slow\n");
        let (status, log) = serving.wait();
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(log.contains("stopping after the running requests") && log.contains(" stopped"), "{log}");
    }
}

#[tokio::test]
async fn a_second_signal_stops_at_once() {
    let serving = Serving::start();
    let request = tokio::spawn(client().get(serving.url("/loop")).send());
    tokio::time::sleep(Duration::from_millis(200)).await;
    let begun = Instant::now();
    serving.signal("TERM");
    tokio::time::sleep(Duration::from_millis(200)).await;
    serving.signal("TERM");
    let (status, log) = serving.wait();
    assert_eq!((status.code(), status.signal()), (Some(0), None), "{log}");
    assert!(log.contains("stopped at once"), "{log}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert!(request.await.unwrap().is_err());
}

#[tokio::test]
async fn the_log_has_a_line_for_each_request_without_its_secrets() {
    let serving = Serving::start();
    assert_eq!(get(&serving, "/hello?token=secret-query").await, 200);
    let client = client();
    let with_cookie = client.get(serving.url("/trap")).header("cookie", "sid=secret-cookie");
    assert_eq!(with_cookie.send().await.unwrap().status(), 500);
    serving.signal("TERM");
    let (_, log) = serving.wait();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("request served")).collect();
    assert_eq!(lines.len(), 2, "{log}");
    for (line, request, status) in
        [(lines[0], "path=\"/hello\"", "status=200"), (lines[1], "path=\"/trap\"", "status=500")]
    {
        assert!(line.contains("method=GET") && line.contains(request) && line.contains(status), "{line}");
        assert!(line.contains(" ms=") && line.contains(" bytes="), "{line}");
    }
    assert!(log.contains("the application failed") && log.contains("unreachable"), "{log}");
    assert!(!log.contains("secret"), "{log}");
}

#[tokio::test]
async fn the_output_of_the_application_is_escaped_in_the_log() {
    let serving = Serving::start();
    assert_eq!(get(&serving, "/print").await, 200);
    serving.signal("TERM");
    let (_, log) = serving.wait();
    for wanted in
        ["stdout=\"a line\"", "stdout=\"and \\u{1b}[31manother\"", "stderr=\"a complaint without an end\""]
    {
        assert!(log.contains(wanted), "{wanted} is not in:\n{log}");
    }
    assert!(!log.contains('\u{1b}'), "{log}");
}
