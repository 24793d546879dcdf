//! Clients that read their responses slowly, or not at all.

use std::time::{Duration, Instant};

use lovely_session_host::serve::Limits;

use super::running::{RunningServer, limits};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_its_response_is_disconnected() {
    let send_time = Duration::from_millis(500);
    let server = RunningServer::start_with(Limits { send_time, ..limits() }).await;
    let mut connection = server.connect();
    let begun = Instant::now();
    connection.send_request("/eight-mebibytes");
    // The request has begun.
    connection.read_up_to("\r\n\r\n");
    // The server has more to send than the system takes, and closes the connection in spite of that.
    let end = server.stop();
    assert_eq!(end.await.unwrap(), 0);
    assert!(
        begun.elapsed() >= send_time && begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    assert!(connection.count_to_the_end() < 8 << 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_slowly_and_steadily_gets_its_whole_response() {
    let send_time = Duration::from_secs(1);
    let server = RunningServer::start_with(Limits { send_time, ..limits() }).await;
    let mut connection = server.connect();
    connection.send("GET /eight-mebibytes HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
    let begun = Instant::now();
    let mut read = 0;
    while let count @ 1.. = connection.read_some(64 << 10) {
        read += count;
        std::thread::sleep(Duration::from_millis(25));
    }
    assert!(read > 8 << 20, "{read}");
    assert!(begun.elapsed() > 2 * send_time, "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_holds_no_instance() {
    let limits = Limits { concurrent_requests: 1, response_ahead: 16 << 20, ..limits() };
    let server = RunningServer::start_with(limits).await;
    let mut readers: Vec<_> = (0..4).map(|_| server.connect()).collect();
    for reader in &mut readers {
        reader.send_request("/eight-mebibytes");
        reader.read_up_to("\r\n\r\n");
        // There is only one slot, and the limits for sending and for requests are much longer than this test.
        let begun = Instant::now();
        assert_eq!(server.get("/hello").await.0, 200);
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }
    assert!(readers.iter_mut().all(|reader| !reader.is_closed()));
}
