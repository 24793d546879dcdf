//! What the host keeps for one running request.

use hyper::{Request, Response};
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

use super::guest_output::GuestOutput;
use super::memory::MemoryBudget;
use crate::{KeyValueCtx, KeyValueView};

/// The data of one request's instance. Nothing in it outlives the request, and
/// the store is all that it shares with others.
pub(super) struct RequestState {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outgoing: NoOutgoingRequests,
    key_value: KeyValueCtx,
    pub(super) memory: MemoryBudget,
}

impl RequestState {
    /// A state without environment, arguments, files or network.
    pub(super) fn new(key_value: KeyValueCtx, memory: usize) -> Self {
        let wasi = WasiCtx::builder().stdout(GuestOutput::Stdout).stderr(GuestOutput::Stderr).build();
        Self {
            table: ResourceTable::new(),
            wasi,
            http: WasiHttpCtx::new(),
            outgoing: NoOutgoingRequests,
            key_value,
            memory: MemoryBudget::new(memory),
        }
    }
}

impl WasiView for RequestState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for RequestState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.outgoing }
    }
}

impl KeyValueView for RequestState {
    fn key_value(&mut self) -> &mut KeyValueCtx {
        &mut self.key_value
    }
}

/// Refuses every HTTP request that an application wants to send.
struct NoOutgoingRequests;

type Sending = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for NoOutgoingRequests {
    fn send_request(
        &mut self,
        _request: Request<WasiBody>,
        _options: Option<RequestOptions>,
        _outcome: Sending,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Sending), Error>> + Send> {
        Box::new(std::future::ready(Err(Error::HttpRequestDenied)))
    }
}
