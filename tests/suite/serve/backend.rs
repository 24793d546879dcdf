//! A server that the application under test calls.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Body, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What a backend has seen.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Seen {
    pub connections: usize,
    /// The method and the target of each request.
    pub requests: Vec<String>,
    /// The length of the body of each complete request.
    pub complete: Vec<usize>,
    /// The number of requests whose body broke off.
    pub broken: usize,
}

/// A server on a free port. It ends when this is dropped.
pub struct Backend {
    pub address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

impl Backend {
    pub async fn start() -> Self {
        Self::serve(None).await
    }

    /// A backend with TLS.
    pub async fn with_tls(acceptor: TlsAcceptor) -> Self {
        Self::serve(Some(acceptor)).await
    }

    async fn serve(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::<Mutex<Seen>>::default();
        let task = tokio::spawn(accept(listener, tls, Arc::clone(&seen)));
        Self { address, seen, task }
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until `condition` holds.
    pub async fn wait_until(&self, condition: impl Fn(&Seen) -> bool) {
        let waiting = async {
            while !condition(&self.seen()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        assert!(in_time.is_ok(), "{:?}", self.seen());
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, seen: Arc<Mutex<Seen>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        seen.lock().unwrap().connections += 1;
        match tls.clone() {
            None => drop(tokio::spawn(serve(stream, Arc::clone(&seen)))),
            Some(tls) => {
                let seen = Arc::clone(&seen);
                tokio::spawn(async move {
                    // A client that refuses the certificate closes the connection.
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, seen).await;
                    }
                });
            }
        }
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, seen: Arc<Mutex<Seen>>) {
    let service = service_fn(move |request| respond(request, Arc::clone(&seen)));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new());
    // A client may close its connection at any time.
    let _closed = builder.serve_connection(TokioIo::new(stream), service).await;
}

type Reply = Response<BoxBody<Bytes, Infallible>>;

async fn respond(request: Request<Incoming>, seen: Arc<Mutex<Seen>>) -> Result<Reply, Infallible> {
    let target = request.uri().path_and_query().unwrap().to_string();
    seen.lock().unwrap().requests.push(format!("{} {target}", request.method()));
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    if path == "/does-not-read" {
        return Ok(reply(Empty::new().boxed()));
    }
    let fields = format!("{:?} {:?}", request.headers().get("host"), request.headers());
    match request.into_body().collect().await {
        Ok(body) => seen.lock().unwrap().complete.push(body.to_bytes().len()),
        Err(_) => seen.lock().unwrap().broken += 1,
    }
    Ok(match path {
        "/hello" => reply(text("hello from the backend")),
        "/fields" => reply(text(&fields)),
        "/redirect" => {
            let mut redirect = reply(text("over there"));
            *redirect.status_mut() = hyper::StatusCode::FOUND;
            redirect.headers_mut().insert("location", query.parse().unwrap());
            redirect
        }
        "/large" => reply(Full::from(vec![b'x'; query.parse().unwrap()]).boxed()),
        "/endless" => reply(Endless.boxed()),
        "/stalls" => reply(Stalls(Some(Bytes::from_static(b"the beginning"))).boxed()),
        "/silent" => std::future::pending().await,
        _ => {
            let mut missing = reply(text("nothing here"));
            *missing.status_mut() = hyper::StatusCode::NOT_FOUND;
            missing
        }
    })
}

fn reply(body: BoxBody<Bytes, Infallible>) -> Reply {
    Response::new(body)
}

fn text(text: &str) -> BoxBody<Bytes, Infallible> {
    Full::from(text.to_owned()).boxed()
}

/// A body that has always more.
struct Endless;

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; 8192])))))
    }
}

/// A body that sends something, and then nothing more.
struct Stalls(Option<Bytes>);

impl Body for Stalls {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.take().map_or(Poll::Pending, |bytes| Poll::Ready(Some(Ok(Frame::data(bytes)))))
    }
}
