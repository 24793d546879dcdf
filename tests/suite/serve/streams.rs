//! HTTP/2, with clients that break or strain the rules: their frames are written by hand.

use std::time::{Duration, Instant};

use lovely_session_host::serve::Limits;

use super::raw::RawConnection;
use super::running::{RunningServer, limits};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const END_STREAM_AND_HEADERS: u8 = 5;
const END_STREAM: u8 = 1;

/// The setting of the bytes that the server may send on a stream before it is permitted more.
const INITIAL_WINDOW_SIZE: u16 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A GET. The numbers are those of HPACK's static table.
fn get(stream: u32, flags: u8, path: &str) -> Vec<u8> {
    let mut block = vec![0x82, 0x86, 0x04, u8::try_from(path.len()).unwrap()];
    block.extend(path.bytes());
    block.extend([0x01, 4]);
    block.extend(b"test");
    frame(HEADERS, flags, stream, &block)
}

fn begin(server: &RunningServer, settings: &[u8]) -> RawConnection {
    let mut connection = server.connect();
    connection.send([PREFACE, &frame(SETTINGS, 0, 0, settings)].concat());
    connection
}

/// Settings under which the server may send no body.
fn no_window() -> Vec<u8> {
    [&INITIAL_WINDOW_SIZE.to_be_bytes()[..], &[0; 4]].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_resets_many_requests_is_disconnected() {
    let server = RunningServer::start().await;
    let mut connection = begin(&server, &[]);
    // One at a time, so that hyper has begun each of them before it is reset.
    let mut sent = 0;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) && !connection.is_closed() {
        let stream = 2 * sent + 1;
        let reset = frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes());
        if connection.try_send([get(stream, END_STREAM_AND_HEADERS, "/slow"), reset].concat()).is_err() {
            break;
        }
        sent += 1;
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(connection.is_closed(), "{sent} requests were reset");
    assert!(sent < 1_000, "{sent} requests were reset");
    assert_eq!(server.get("/hello").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_completes_its_head_is_disconnected() {
    let header_time = Duration::from_millis(300);
    let server = RunningServer::start_with(Limits { header_time, ..limits() }).await;
    let mut silent = server.connect();
    silent.send(&PREFACE[..10]);
    let mut without_settings = server.connect();
    without_settings.send(PREFACE);
    let mut half = begin(&server, &[]);
    half.send(get(1, END_STREAM, "/hello"));
    for connection in [&mut silent, &mut without_settings, &mut half] {
        connection.discard_to_the_end();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_permits_no_body_is_disconnected() {
    let send_time = Duration::from_millis(400);
    let server = RunningServer::start_with(Limits { send_time, ..limits() }).await;
    for path in ["/hello", "/half-a-mebibyte", "/eight-mebibytes"] {
        let mut connection = begin(&server, &no_window());
        connection.send(get(1, END_STREAM_AND_HEADERS, path));
        let begun = Instant::now();
        // The stream of a long response is reset, and the connection closes when it is idle.
        connection.read_until(|bytes| {
            let reset = frame(RST_STREAM, 0, 1, &8_u32.to_be_bytes());
            bytes.windows(reset.len()).any(|part| part == reset)
        });
        assert!(begun.elapsed() > send_time / 2, "{path}: {:?}", begun.elapsed());
    }
    assert_eq!(server.get("/hello").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_does_not_wait_for_a_client_that_does_not_confirm_it() {
    let server = RunningServer::start().await;
    let mut connection = begin(&server, &[]);
    connection.send(get(1, END_STREAM_AND_HEADERS, "/hello"));
    connection.read_until(|bytes| bytes.windows(6).any(|part| part == b"hello\n"));
    let begun = Instant::now();
    let end = server.stop();
    connection.discard_to_the_end();
    assert_eq!(end.await.unwrap(), 0);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
