//! The threads of a server, one for each processor.

use std::thread::available_parallelism;
use std::time::Duration;

use lovely_session_host::serve::Limits;

use super::raw::RawConnection;
use super::running::{RunningServer, limits};

/// More connections than the machine has processors.
fn several() -> usize {
    2 * available_parallelism().map_or(1, usize::from)
}

fn roomy() -> Limits {
    Limits { concurrent_requests: u32::try_from(3 * several()).unwrap(), ..limits() }
}

/// Requests responses with a pause in them, and waits until all have begun.
fn begin_pauses(connections: &mut [RawConnection]) {
    connections.iter_mut().for_each(|connection| connection.send_request("/pause"));
    connections.iter_mut().for_each(|connection| connection.read_up_to("before the pause, "));
}

#[tokio::test]
async fn connections_are_served_while_the_runtime_of_the_server_is_blocked() {
    let server = RunningServer::start().await;
    let mut connections: Vec<_> = (0..several()).map(|_| server.connect()).collect();
    // Connections are accepted in their order, so those before this one are accepted when it has its response.
    assert_eq!(server.get("/hello").await.0, 200);
    // From here on, the test does not let its runtime run.
    for connection in &mut connections {
        connection.send_request("/hello");
    }
    for connection in &mut connections {
        assert!(connection.read_response().starts_with("HTTP/1.1 200 "));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn applications_that_compute_do_not_keep_other_connections_from_being_served() {
    let server = RunningServer::start_with(roomy()).await;
    let mut connections: Vec<_> = (0..several()).map(|_| server.connect()).collect();
    let mut computing: Vec<_> = (0..several()).map(|_| server.connect()).collect();
    for connection in &mut computing {
        connection.send_request("/loop");
    }
    for _ in 0..20 {
        for connection in &mut connections {
            connection.send_request("/hello");
            assert!(connection.read_response().starts_with("HTTP/1.1 200 "));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_computes_is_stopped_at_its_time_limit() {
    let request_time = Duration::from_millis(500);
    let server = RunningServer::start_with(Limits { request_time, ..roomy() }).await;
    let mut computing: Vec<_> = (0..several()).map(|_| server.connect()).collect();
    for connection in &mut computing {
        connection.send_request("/loop");
    }
    for connection in &mut computing {
        assert!(connection.read_response().starts_with("HTTP/1.1 504 "));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_requests_of_all_threads_are_completed_before_the_server_stops() {
    let server = RunningServer::start_with(roomy()).await;
    let mut connections: Vec<_> = (0..several()).map(|_| server.connect()).collect();
    begin_pauses(&mut connections);
    let end = server.stop();
    for connection in &mut connections {
        let rest = connection.read_to_the_end();
        assert!(rest.contains("after it\n"), "{rest}");
    }
    assert_eq!(end.await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connections_of_all_threads_are_counted_when_they_are_aborted() {
    let shutdown_time = Duration::from_millis(100);
    let server = RunningServer::start_with(Limits { shutdown_time, ..roomy() }).await;
    let mut connections: Vec<_> = (0..several()).map(|_| server.connect()).collect();
    begin_pauses(&mut connections);
    assert_eq!(server.stop().await.unwrap(), several());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_whose_end_lets_the_server_end_was_not_aborted() {
    for _ in 0..200 {
        let server = RunningServer::start().await;
        let mut connection = server.connect();
        connection.send_request("/hello");
        connection.read_response();
        assert_eq!(server.stop().await.unwrap(), 0);
    }
}
