//! The host's data of one running request.

use hyper::{Request, Response};
use wasmtime::ResourceLimiter;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

use super::guest_output::GuestOutput;
use super::held::{BODY_CHUNK, LARGEST_FIELDS, held_in};
use super::memory::{Growth, HeldTooMuch, MemoryBudget};
use crate::context::KeyValueCtx;
use crate::linker::KeyValueView;

/// The data of one request's instance. Nothing in it outlives the request, and it
/// shares only the store with others.
pub(super) struct RequestState {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    hooks: Hooks,
    key_value: KeyValueCtx,
    memory: MemoryBudget,
}

impl RequestState {
    /// A state without environment, arguments, files or network.
    pub(super) fn new(key_value: KeyValueCtx, memory: usize) -> Self {
        let mut wasi = WasiCtx::builder();
        wasi.stdout(GuestOutput::stdout()).stderr(GuestOutput::stderr());
        wasi.max_random_size(memory as u64);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(LARGEST_FIELDS);
        Self {
            table: ResourceTable::new(),
            wasi: wasi.build(),
            http,
            hooks: Hooks,
            key_value,
            memory: MemoryBudget::new(memory),
        }
    }

    /// Takes bytes from the memory budget for a resource.
    pub(super) fn hold(&mut self, bytes: usize) -> Result<(), HeldTooMuch> {
        self.memory.hold(bytes, || held_in(&mut self.table))
    }

    /// The bytes of the memory budget that are used.
    pub(super) fn memory_used(&self) -> usize {
        self.memory.used()
    }

    /// Whether the guest ever requested more memory than its limit.
    pub(super) fn memory_limit_reached(&self) -> bool {
        self.memory.was_exceeded()
    }
}

impl ResourceLimiter for RequestState {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(self.memory.grow(Growth { current, desired, maximum }, || held_in(&mut self.table)))
    }

    fn table_growing(
        &mut self,
        _current: usize,
        _desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // The pool limits the size of tables.
        Ok(true)
    }
}

impl WasiView for RequestState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for RequestState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.hooks }
    }
}

impl KeyValueView for RequestState {
    fn key_value(&mut self) -> &mut KeyValueCtx {
        &mut self.key_value
    }
}

/// Denies the outgoing HTTP requests of applications, and limits how much of a response waits to be sent.
struct Hooks;

type Sending = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for Hooks {
    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        BODY_CHUNK
    }

    fn send_request(
        &mut self,
        _request: Request<WasiBody>,
        _options: Option<RequestOptions>,
        _outcome: Sending,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Sending), Error>> + Send> {
        Box::new(std::future::ready(Err(Error::HttpRequestDenied)))
    }
}
