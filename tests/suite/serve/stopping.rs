//! How a server stops.

use std::time::{Duration, Instant};

use lovely_session_host::serve::Limits;

use super::running::{RunningServer, limits};

/// How long a slow response takes.
const SLOW: Duration = Duration::from_millis(700);

#[tokio::test(flavor = "multi_thread")]
async fn a_running_request_is_completed_first() {
    let server = RunningServer::start().await;
    let mut connection = server.connect();
    connection.send_request("/pause");
    connection.read_up_to("before the pause, ");
    let end = server.stop();
    let rest = connection.read_to_the_end();
    assert!(rest.contains("after it\n"), "{rest}");
    assert_eq!(end.await.unwrap(), 0);
}

#[tokio::test]
async fn new_connections_are_refused_while_a_request_runs() {
    let server = RunningServer::start().await;
    let address = server.connect().address();
    let running = server.begin_request("/slow");
    tokio::time::sleep(Duration::from_millis(200)).await;
    let end = server.stop();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!end.is_finished());
    assert!(std::net::TcpStream::connect(address).is_err());
    assert_eq!(running.await.unwrap().unwrap().status(), 200);
    assert_eq!(end.await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_are_closed_at_once() {
    let server = RunningServer::start().await;
    let (mut fresh, mut used) = (server.connect(), server.connect());
    used.send_request("/hello");
    used.read_response();
    let begun = Instant::now();
    let end = server.stop();
    assert_eq!([fresh.read_to_the_end(), used.read_to_the_end()], ["", ""]);
    assert_eq!(end.await.unwrap(), 0);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_application_that_continues_after_its_response_is_waited_for() {
    let server = RunningServer::start().await;
    let begun = Instant::now();
    assert_eq!(server.get("/works-on").await.0, 200);
    assert!(begun.elapsed() < SLOW, "the response comes at once");
    assert_eq!(server.stop().await.unwrap(), 0);
    assert!(begun.elapsed() >= SLOW, "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_exceeds_the_limit_is_interrupted() {
    let shutdown_time = Duration::from_millis(200);
    let server = RunningServer::start_with(Limits { shutdown_time, ..limits() }).await;
    let mut connection = server.connect();
    connection.send_request("/pause");
    connection.read_up_to("before the pause, ");
    assert_eq!(server.stop().await.unwrap(), 1);
    let rest = connection.read_to_the_end();
    assert!(!rest.contains("after it"), "{rest}");
}
