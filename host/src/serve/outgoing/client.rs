//! The pools of connections to backends.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use tokio::runtime::{Handle, Id};
use wasmtime_wasi_http::WasiBody;

use crate::serve::held::BODY_CHUNK;

/// How long a connection without a request is kept.
const IDLE: Duration = Duration::from_secs(10);

/// The most connections without a request to one origin, for each runtime.
const MOST_IDLE: usize = 32;

/// The most header fields of a response.
const MOST_FIELDS: usize = 100;

pub(super) type Client = legacy::Client<HttpsConnector<HttpConnector>, WasiBody>;

/// A client for each async runtime. The tasks of its connections run there: a connection does not end with another
/// runtime, nor wait for one that is busy.
pub(super) struct Clients {
    tls: ClientConfig,
    stalled: Duration,
    by_runtime: Mutex<HashMap<Id, Client>>,
}

impl Clients {
    /// Connections to which nothing can be written for the time `stalled` are closed.
    pub(super) fn new(mut tls: ClientConfig, stalled: Duration) -> Self {
        // The builder of the connector panics otherwise.
        tls.alpn_protocols.clear();
        Self { tls, stalled, by_runtime: Mutex::default() }
    }

    /// The client of the current runtime.
    pub(super) fn current(&self) -> Client {
        let mut clients = self.by_runtime.lock().unwrap_or_else(PoisonError::into_inner);
        clients.entry(Handle::current().id()).or_insert_with(|| self.make()).clone()
    }

    fn make(&self) -> Client {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(self.tls.clone())
            .https_or_http()
            .enable_http1()
            .wrap_connector(self.tcp());
        let mut builder = legacy::Client::builder(TokioExecutor::new());
        builder.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE).pool_max_idle_per_host(MOST_IDLE);
        builder.http1_max_buf_size(BODY_CHUNK).http1_max_headers(MOST_FIELDS);
        builder.build(connector)
    }

    fn tcp(&self) -> HttpConnector {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        // A body that a backend does not read would be kept, also after the end of the application.
        #[cfg(target_os = "linux")]
        tcp.set_tcp_user_timeout(Some(self.stalled));
        tcp
    }
}
