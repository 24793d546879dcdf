//! Outgoing HTTP requests of applications, to the origins that the operator allows.

mod client;
mod failure;
mod origin;
mod response;
mod send;
mod trust;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use hyper::header::{HOST, HeaderValue};
use hyper::http::uri::{PathAndQuery, Uri};
use hyper::{Request, Response};
use rustls::ClientConfig;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use self::client::Clients;
pub use self::origin::{Origin, OriginError};
use self::send::{Times, send};
pub use self::trust::TrustError;

/// The limits of outgoing HTTP requests.
///
/// A guest can set shorter times for a request, with `wasi:http/types.request-options`. Everything ends with the time
/// limit of the request that the guest handles, [`Limits::request_time`](super::Limits::request_time).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingHttpOptions {
    /// The time for a connection: finding the address, TCP and TLS. 10 seconds by default.
    pub connect_time: Duration,
    /// The time from the connection to the head of the response, which includes sending the request. 10 seconds by
    /// default.
    pub first_byte_time: Duration,
    /// The longest time that a guest waits for the next bytes of a response. 10 seconds by default.
    pub between_bytes_time: Duration,
    /// The most bytes of the body of a response, which is never in memory as a whole. 16 MiB by default.
    pub max_response: u64,
}

impl Default for OutgoingHttpOptions {
    fn default() -> Self {
        Self {
            connect_time: Duration::from_secs(10),
            first_byte_time: Duration::from_secs(10),
            between_bytes_time: Duration::from_secs(10),
            max_response: 16 << 20,
        }
    }
}

/// Sends the outgoing HTTP requests of guests to some origins, and denies all others.
///
/// A request to an origin that is not allowed fails with `HTTP-request-denied`, and so does `CONNECT`. Redirects are
/// not followed: the guest gets them as responses, and following one is a request like any other. Requests are sent
/// with HTTP/1.1; a connection is used by one request at a time, and is kept for the next one for 10 seconds. Each
/// async runtime has connections of its own.
///
/// It is cheap to clone, and clones share their connections. Give it to an application with
/// [`Application::with_outgoing_http`](super::Application::with_outgoing_http).
#[derive(Clone)]
pub struct OutgoingHttp {
    shared: Arc<Shared>,
}

struct Shared {
    origins: HashSet<Origin>,
    options: OutgoingHttpOptions,
    clients: Clients,
}

impl OutgoingHttp {
    /// Allows requests to these origins. Certificates of `https` origins are checked with the system's root
    /// certificates, or those in the file that the variable `SSL_CERT_FILE` names. They are read now.
    ///
    /// # Errors
    ///
    /// When an origin has the scheme `https` and there are no root certificates.
    pub fn new(
        origins: impl IntoIterator<Item = Origin>,
        options: OutgoingHttpOptions,
    ) -> Result<Self, TrustError> {
        let origins: HashSet<Origin> = origins.into_iter().collect();
        let tls = trust::system_roots(origins.iter().any(Origin::is_https))?;
        Ok(Self::with_tls(origins, options, tls))
    }

    /// Allows requests to these origins, with another configuration of TLS: its root certificates, or a certificate
    /// for the client. The protocols for ALPN in it are ignored.
    pub fn with_tls(
        origins: impl IntoIterator<Item = Origin>,
        options: OutgoingHttpOptions,
        tls: ClientConfig,
    ) -> Self {
        let clients = Clients::new(tls, options.between_bytes_time);
        Self { shared: Arc::new(Shared { origins: origins.into_iter().collect(), options, clients }) }
    }

    /// Checks a request, and gives it the normal form of its origin, so that there is one pool of connections for each.
    fn admit(&self, request: &mut Request<WasiBody>) -> Result<(), Error> {
        let origin = Origin::of(request.uri()).filter(|origin| self.shared.origins.contains(origin));
        let Some(origin) = origin else { return Err(Error::HttpRequestDenied) };
        // It would make a tunnel of the connection.
        if request.method() == Method::CONNECT {
            return Err(Error::HttpRequestDenied);
        }
        let path = request.uri().path_and_query().cloned();
        let path = path.unwrap_or_else(|| PathAndQuery::from_static("/"));
        let authority = origin.authority();
        let uri = Uri::builder().scheme(origin.scheme()).authority(authority.as_str()).path_and_query(path);
        *request.uri_mut() = uri.build().map_err(|_| Error::HttpRequestUriInvalid)?;
        let host = HeaderValue::try_from(authority).map_err(|_| Error::HttpRequestUriInvalid)?;
        request.headers_mut().insert(HOST, host);
        Ok(())
    }
}

type Sending = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for OutgoingHttp {
    fn send_request(
        &mut self,
        mut request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _outcome: Sending,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Sending), Error>> + Send> {
        let admitted = self.admit(&mut request);
        let shared = Arc::clone(&self.shared);
        Box::new(async move {
            admitted?;
            let times = Times::new(&shared.options, options.unwrap_or_default());
            let client = shared.clients.current();
            let response = send(client, request, times, shared.options.max_response).await?;
            // The client has tasks of its own for the connections.
            let nothing_left: Sending = Box::new(std::future::ready(Ok(())));
            Ok((response, nothing_left))
        })
    }
}
