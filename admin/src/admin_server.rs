//! The HTTP server for operators.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use lovely_session_host::serve::ListenError;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::errors::RecentErrors;
use crate::metrics::Metrics;
use crate::page;
use crate::readiness::Readiness;
use crate::refusal::{Refusal, check};
use crate::status::Status;

/// How many connections are open at the same time; more wait to be accepted. Requests here must not take what the
/// application needs.
const MAX_CONNECTIONS: usize = 32;

/// How long a client has for the head of a request; also how long an idle connection is kept.
const HEADER_TIME: Duration = Duration::from_secs(10);

/// How long a connection may last in all.
const CONNECTION_TIME: Duration = Duration::from_secs(300);

/// The pause after accepting a connection failed.
const PAUSE: Duration = Duration::from_millis(100);

/// The page loads its own files, and asks this server, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves health checks, metrics and the page. It listens from [`AdminServer::bind`] on, and answers from
/// [`AdminServer::run`] on.
#[derive(Debug)]
pub struct AdminServer {
    listener: TcpListener,
    address: SocketAddr,
    names: Vec<String>,
}

/// What the admin server shows.
#[derive(Debug)]
pub struct Shown {
    /// Whether requests can be served.
    pub readiness: Readiness,
    /// The metrics.
    pub metrics: Arc<Metrics>,
    /// What the server is.
    pub status: Status,
    /// The latest warnings and errors.
    pub errors: RecentErrors,
}

impl AdminServer {
    /// Listens on `address`. Whoever can reach it can read everything that is shown, so it should be a loopback address or
    /// one of a network of operators.
    ///
    /// A request has to name the host by an address, as `localhost`, or by one of `names`: a page of another site could
    /// read the metrics otherwise.
    ///
    /// # Errors
    ///
    /// Fails when `address` is invalid, is not an address of this machine, is in use, or may not be used by this user.
    pub async fn bind(address: &str, names: Vec<String>) -> Result<Self, ListenError> {
        let fail = |source| ListenError { address: address.to_owned(), source };
        let listener = TcpListener::bind(address).await.map_err(fail)?;
        let address = listener.local_addr().map_err(fail)?;
        Ok(Self { listener, address, names })
    }

    /// The address on which it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Serves until it is dropped.
    pub async fn run(self, shown: Shown) {
        let pages = Arc::new(Pages { shown, names: self.names });
        let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let mut connections = JoinSet::new();
        loop {
            // The semaphore is never closed.
            let slot = slots.clone().acquire_owned().await.ok();
            while connections.try_join_next().is_some() {}
            match self.listener.accept().await {
                Ok((stream, _client)) => {
                    let pages = Arc::clone(&pages);
                    connections.spawn(async move {
                        let _in_time = timeout(CONNECTION_TIME, serve(stream, pages)).await;
                        drop(slot);
                    });
                }
                Err(error) => {
                    tracing::warn!("cannot accept a connection for the admin server: {error}");
                    sleep(PAUSE).await;
                }
            }
        }
    }
}

async fn serve(stream: TcpStream, pages: Arc<Pages>) {
    let service = service_fn(|request| {
        let pages = Arc::clone(&pages);
        async move { Ok::<_, Infallible>(pages.respond(&request).await) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER_TIME);
    if let Err(error) = builder.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!("a connection to the admin server failed: {error}");
    }
}

struct Pages {
    shown: Shown,
    names: Vec<String>,
}

/// A page, before it becomes a response.
struct Page {
    status: StatusCode,
    content_type: &'static str,
    content: Bytes,
}

impl Page {
    fn new(content_type: &'static str, content: impl Into<Bytes>) -> Self {
        Self { status: StatusCode::OK, content_type, content: content.into() }
    }

    fn text(status: StatusCode, text: &str) -> Self {
        Self { status, content_type: TEXT, content: format!("{text}\n").into() }
    }
}

impl Pages {
    async fn respond(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let page = match check(request.method(), request.headers(), &self.names) {
            Ok(()) => self.page(request.uri().path()).await,
            Err(refusal) => Err(refusal),
        };
        response(page.unwrap_or_else(|refusal| Page::text(refusal.status(), &refusal.to_string())))
    }

    async fn page(&self, path: &str) -> Result<Page, Refusal> {
        match path {
            "/healthz" => Ok(Page::text(StatusCode::OK, "the process runs")),
            "/readyz" => Ok(match self.shown.readiness.check().await {
                Ok(()) => Page::text(StatusCode::OK, "ready"),
                Err(reason) => Page::text(StatusCode::SERVICE_UNAVAILABLE, &reason.to_string()),
            }),
            "/metrics" => Ok(self
                .shown
                .metrics
                .encode()
                .await
                .map_or_else(|error| failed(&error), |metrics| Page::new(OPEN_METRICS, metrics))),
            "/status" => Ok(self.status().await),
            path => page::file(path)
                .map(|file| Page::new(file.content_type, Bytes::from_static(file.content.as_bytes())))
                .ok_or(Refusal::NotFound),
        }
    }

    async fn status(&self) -> Page {
        let readiness = self.shown.readiness.check().await;
        match self.shown.status.document(&self.shown.errors, readiness) {
            Ok(document) => Page::new(JSON, document),
            Err(error) => failed(&error),
        }
    }
}

fn failed(error: &dyn std::error::Error) -> Page {
    tracing::error!("a page of the admin server cannot be made: {error}");
    Page::text(StatusCode::INTERNAL_SERVER_ERROR, "this cannot be shown; the log has the reason")
}

fn response(page: Page) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(page.content));
    *response.status_mut() = page.status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(page.content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    response
}
