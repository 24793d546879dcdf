//! HTTP/2, with a client that keeps the rules.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use lovely_session_host::serve::Limits;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};

use super::running::{RunningServer, limits};

/// A client with one connection.
#[derive(Clone)]
pub struct Client {
    sender: SendRequest<Full<Bytes>>,
}

impl Client {
    /// By prior knowledge. The task ends with the connection.
    pub async fn connect(server: SocketAddr) -> (Self, JoinHandle<()>) {
        Self::on(TcpStream::connect(server).await.unwrap()).await
    }

    pub async fn on<S>(stream: S) -> (Self, JoinHandle<()>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        let running = tokio::spawn(async {
            // A server that has said its GOAWAY may have gone when the client says its own, which is an error here.
            let _closed = connection.await;
        });
        (Self { sender }, running)
    }

    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> hyper::Result<(StatusCode, String)> {
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        Ok((status, String::from_utf8(body.to_vec()).unwrap()))
    }

    pub async fn get(&mut self, url: &str) -> (u16, String) {
        let (status, body) = self.send(request(url).body(Full::default()).unwrap()).await.unwrap();
        (status.as_u16(), body)
    }
}

fn request(url: &str) -> hyper::http::request::Builder {
    Request::builder().uri(url)
}

#[tokio::test]
async fn a_client_may_speak_http_2_by_prior_knowledge() {
    let server = RunningServer::start().await;
    let (mut client, _connection) = Client::connect(server.address()).await;
    assert_eq!(client.get("http://shop.test:81/host").await, (200, "Some(\"shop.test:81\")\n".into()));
    assert_eq!(client.get("http://shop.test/scheme").await, (200, "Some(Scheme::Http)\n".into()));
    let body = Full::from(vec![b'x'; 1_000_000]);
    let posted = client.send(request("http://shop.test/length").method("POST").body(body).unwrap());
    assert_eq!(posted.await.unwrap(), (StatusCode::OK, "1000000\n".into()));
    assert_eq!(client.get("http://shop.test/half-a-mebibyte").await.1.len(), 512 << 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_streams_are_served_at_once() {
    let limits = Limits { concurrent_requests: 100, ..limits() };
    let server = RunningServer::start_with(limits).await;
    let (client, _connection) = Client::connect(server.address()).await;
    let begun = Instant::now();
    let mut streams = JoinSet::new();
    for _ in 0..80 {
        let mut client = client.clone();
        streams.spawn(async move { client.get("http://shop.test/slow").await });
    }
    while let Some(response) = streams.join_next().await {
        assert_eq!(response.unwrap(), (200, "slow\n".into()));
    }
    // One after the other would take a minute.
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn heads_are_refused_as_in_http_1() {
    let server = RunningServer::start_with(Limits { body: 1000, ..limits() }).await;
    let (mut client, _connection) = Client::connect(server.address()).await;
    let get = |url: &str| request(url);
    let long = format!("http://shop.test/{}", "x".repeat(33 << 10));
    let mut fields = get("http://shop.test/hello");
    for number in 0..101 {
        fields = fields.header(format!("x-{number}"), "x");
    }
    let large = get("http://shop.test/hello").header("x", "x".repeat(65 << 10));
    for (request, status, reason) in [
        (get("https://shop.test/hello"), 421, "this connection is for another scheme\n"),
        (get(&long), 414, "the request's target is too long\n"),
        (
            get("http://shop.test/hello").header("host", "other.test"),
            400,
            "the request names more than one host\n",
        ),
        (get("http://user@shop.test/hello"), 400, "the request's host is malformed\n"),
        (
            get("http://shop.test/hello").header("expect", "a reply"),
            417,
            "the request's expectation is not supported\n",
        ),
        (fields, 431, "the request has too many header fields\n"),
        (large, 431, ""),
    ] {
        let response = client.send(request.body(Full::default()).unwrap()).await.unwrap();
        assert_eq!(response, (StatusCode::from_u16(status).unwrap(), reason.to_owned()));
    }
    let posted = request("http://shop.test/length").method("POST").body(Full::from(vec![0; 1001])).unwrap();
    assert_eq!(client.send(posted).await.unwrap().0, 413);
    let same_host = get("http://shop.test/hello").header("host", "Shop.test");
    assert_eq!(client.send(same_host.body(Full::default()).unwrap()).await.unwrap().0, 200);
}

#[tokio::test]
async fn an_application_that_fails_half_way_resets_the_stream_and_not_the_connection() {
    let server = RunningServer::start().await;
    let (mut client, _connection) = Client::connect(server.address()).await;
    let half = request("http://shop.test/half").body(Full::default()).unwrap();
    assert!(client.send(half).await.is_err());
    assert_eq!(client.get("http://shop.test/hello").await.0, 200);
}

#[tokio::test]
async fn a_connection_without_a_request_is_closed_after_the_time_limit() {
    let header_time = Duration::from_millis(300);
    let server = RunningServer::start_with(Limits { header_time, ..limits() }).await;
    let (mut client, connection) = Client::connect(server.address()).await;
    assert_eq!(client.get("http://shop.test/slow").await.0, 200);
    let begun = Instant::now();
    connection.await.unwrap();
    assert!(
        begun.elapsed() > header_time / 2 && begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn a_server_that_stops_completes_the_requests_and_says_goaway() {
    let server = RunningServer::start().await;
    let (mut client, connection) = Client::connect(server.address()).await;
    let mut other = client.clone();
    let slow = tokio::spawn(async move { other.get("http://shop.test/slow").await });
    assert_eq!(client.get("http://shop.test/hello").await.0, 200);
    let (idle, idle_connection) = Client::connect(server.address()).await;
    let end = server.stop();
    assert_eq!(slow.await.unwrap(), (200, "slow\n".into()));
    connection.await.unwrap();
    idle_connection.await.unwrap();
    assert_eq!(end.await.unwrap(), 0);
    drop(idle);
}

#[tokio::test]
async fn the_requests_of_all_connections_have_as_many_places_as_there_are_connections() {
    let limits = Limits { connections: 2, waiting: 0, ..limits() };
    let server = RunningServer::start_with(limits).await;
    let (client, _connection) = Client::connect(server.address()).await;
    let responses = (0..3).map(|_| {
        let mut client = client.clone();
        async move { client.get("http://shop.test/slow").await.0 }
    });
    let mut responses = futures_join(responses).await;
    responses.sort_unstable();
    assert_eq!(responses, [200, 200, 503]);
}

/// Runs all of these at once.
async fn futures_join<F>(futures: impl Iterator<Item = F>) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let tasks: Vec<_> = futures.map(tokio::spawn).collect();
    let mut outputs = Vec::new();
    for task in tasks {
        outputs.push(task.await.unwrap());
    }
    outputs
}
