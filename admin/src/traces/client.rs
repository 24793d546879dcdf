//! How spans are sent to the collector.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::TraceError;

/// The largest response of a collector. What it says is an error message at most.
const LARGEST_RESPONSE: usize = 64 << 10;

/// A client for a collector. The exporter calls it on a thread without a runtime, so it brings one.
#[derive(Clone)]
pub(super) struct Client {
    inner: HyperClient<HttpsConnector<HttpConnector>, Full<Bytes>>,
    runtime: Handle,
    patience: Duration,
}

impl Client {
    /// A client on the current runtime.
    pub(super) fn for_endpoint(endpoint: &str, patience: Duration) -> Result<Self, TraceError> {
        let invalid = || TraceError::InvalidEndpoint(endpoint.to_owned());
        let uri: Uri = endpoint.parse().map_err(|_| invalid())?;
        uri.host().ok_or_else(invalid)?;
        let roots = match uri.scheme_str() {
            Some("https") => roots_of_the_system()?,
            Some("http") => RootCertStore::empty(),
            _ => return Err(invalid()),
        };
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(TraceError::Tls)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
        let inner = HyperClient::builder(TokioExecutor::new()).build(connector);
        Ok(Self { inner, runtime: Handle::current(), patience })
    }
}

/// The certificates by which a collector is verified.
fn roots_of_the_system() -> Result<RootCertStore, TraceError> {
    let loaded = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _ignored) = roots.add_parsable_certificates(loaded.certs);
    if added == 0 { Err(TraceError::NoCertificates) } else { Ok(roots) }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (inner, patience) = (self.inner.clone(), self.patience);
        let send = async move {
            let response = inner.request(request.map(Full::new)).await?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, LARGEST_RESPONSE).collect().await?.to_bytes();
            Ok::<_, HttpError>(Response::from_parts(head, body))
        };
        // Within the runtime, which has the timer.
        self.runtime.spawn(async move { timeout(patience, send).await }).await??
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}
