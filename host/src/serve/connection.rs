//! One connection of a client.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::head::{LARGEST_HEAD, Scheme};
use super::http2;
use super::preface::{Protocol, Rewound, read_preface};
use super::request::Handler;
use super::steady::Steady;
use super::workers::{Phase, Signal};

/// What a connection is served with.
#[derive(Clone)]
pub(super) struct Serving {
    pub(super) handler: Arc<Handler>,
    pub(super) signal: watch::Receiver<Signal>,
}

impl Serving {
    /// Completes when the connection should close after its running requests: when the server stops, or needs the place
    /// of an idle connection for another one.
    pub(super) async fn told_to_close(mut self, is_idle: impl Fn() -> bool) {
        let mut seen = self.signal.borrow().calls;
        let is_told = |signal: &Signal| {
            let is_called = std::mem::replace(&mut seen, signal.calls) != signal.calls;
            signal.phase != Phase::Serving || is_called && is_idle()
        };
        // Also if the server was dropped.
        let _told = self.signal.wait_for(is_told).await;
    }
}

/// Serves one connection until it closes or, when the server stops, until the
/// running requests have their responses.
pub(super) async fn serve(stream: std::net::TcpStream, mut serving: Serving) {
    let stream = match prepare(stream) {
        Ok(stream) => stream,
        Err(error) => return tracing::warn!("cannot serve a connection: {error}"),
    };
    let _counted = serving.handler.load().count_connection();
    let limits = serving.handler.limits();
    let stream = Steady::new(stream, limits.send_time);
    let greeting = timeout(limits.header_time, greet(stream, serving.handler.current().tls()));
    let greeted = tokio::select! {
        greeted = greeting => greeted,
        _ = serving.signal.wait_for(|signal| signal.phase != Phase::Serving) => return,
    };
    match greeted {
        Ok(Ok(client)) => client.serve(serving).await,
        Ok(Err(error)) => tracing::debug!("a connection is closed before its first request: {error}"),
        Err(_) => tracing::debug!("a connection is closed, because the client sends nothing"),
    }
}

/// Makes a connection known to the runtime of this thread.
fn prepare(stream: std::net::TcpStream) -> io::Result<TcpStream> {
    // Responses are written at once, so Nagle's algorithm would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("cannot set TCP_NODELAY on a connection: {error}");
    }
    TcpStream::from_std(stream)
}

/// A client whose protocol is known.
enum Client {
    Plain(Protocol, Rewound<Steady>),
    Tls(Protocol, Box<TlsStream<Steady>>),
}

/// Finds out what a client speaks: with TLS by ALPN, without by its first bytes.
async fn greet(stream: Steady, tls: Option<Arc<ServerConfig>>) -> io::Result<Client> {
    let Some(config) = tls else {
        let (protocol, stream) = read_preface(stream).await?;
        return Ok(Client::Plain(protocol, stream));
    };
    let stream = TlsAcceptor::from(config).accept(stream).await.map_err(in_handshake)?;
    let chosen = stream.get_ref().1.alpn_protocol();
    let protocol = if chosen == Some(b"h2") { Protocol::Http2 } else { Protocol::Http1 };
    Ok(Client::Tls(protocol, Box::new(stream)))
}

fn in_handshake(error: io::Error) -> io::Error {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    let text = match cause {
        Some(rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType)) => {
            "the client does not speak TLS".to_owned()
        }
        _ => format!("the TLS handshake failed: {error}"),
    };
    io::Error::new(error.kind(), text)
}

impl Client {
    async fn serve(self, serving: Serving) {
        match self {
            Self::Plain(Protocol::Http1, stream) => serve_http1(stream, serving, Scheme::Http).await,
            Self::Plain(Protocol::Http2, stream) => http2::serve(stream, serving, Scheme::Http).await,
            Self::Tls(Protocol::Http1, stream) => serve_http1(stream, serving, Scheme::Https).await,
            Self::Tls(Protocol::Http2, stream) => http2::serve(stream, serving, Scheme::Https).await,
        }
    }
}

async fn serve_http1<S>(stream: S, serving: Serving, scheme: Scheme)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let handler = Arc::clone(&serving.handler);
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(handler.limits().header_time)
        .max_header_size(LARGEST_HEAD);
    let running = Arc::new(());
    let is_idle = {
        let running = Arc::downgrade(&running);
        move || running.strong_count() <= 1
    };
    let service = service_fn(move |request| {
        let (handler, running) = (Arc::clone(&handler), Arc::clone(&running));
        async move {
            let response = handler.handle(request, scheme).await;
            drop(running);
            Ok::<_, Infallible>(response)
        }
    });
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = serving.told_to_close(is_idle) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!("a connection failed: {error}");
    }
}
