//! The data of the instance that handles the request.

use std::sync::Arc;

use hyper::{Request, Response};
use lovely_session_host::{KeyValue, KeyValueCtx, KeyValueView};
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

/// The state of this host: the contexts of WASI and of the sessions.
pub struct State {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    network: NoNetwork,
    sessions: KeyValueCtx,
}

impl State {
    /// A state with its sessions in this store.
    pub fn new(sessions: Arc<dyn KeyValue>) -> Self {
        Self {
            table: ResourceTable::new(),
            wasi: WasiCtx::builder().inherit_stderr().build(),
            http: WasiHttpCtx::new(),
            network: NoNetwork,
            sessions: KeyValueCtx::new(sessions),
        }
    }
}

impl KeyValueView for State {
    fn key_value(&mut self) -> &mut KeyValueCtx {
        &mut self.sessions
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.network }
    }
}

/// Denies the outgoing requests of applications.
struct NoNetwork;

type Sending = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for NoNetwork {
    fn send_request(
        &mut self,
        _request: Request<WasiBody>,
        _options: Option<RequestOptions>,
        _outcome: Sending,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Sending), Error>> + Send> {
        Box::new(std::future::ready(Err(Error::HttpRequestDenied)))
    }
}
