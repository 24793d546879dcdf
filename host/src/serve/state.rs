//! The host's data of one running request.

use hyper::header::HeaderValue;
use wasmtime::ResourceLimiter;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::application::Application;
use super::guest_output::GuestOutput;
use super::held::{LARGEST_FIELDS, held_in};
use super::hooks::Hooks;
use super::memory::{Growth, HeldTooMuch, MemoryBudget};
use crate::context::KeyValueCtx;
use crate::linker::KeyValueView;

/// The data of one request's instance. Nothing in it outlives the request, and it
/// shares only the store with others.
pub(super) struct RequestState {
    /// Dropped before the table, so that the bodies in it that the guest has not finished are known as such.
    hooks: Hooks,
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    key_value: KeyValueCtx,
    memory: MemoryBudget,
}

impl RequestState {
    /// A state with what the application was granted: by default without environment, arguments, files or network.
    ///
    /// # Errors
    ///
    /// When something that was granted is not there.
    pub(super) fn new(key_value: KeyValueCtx, application: &Application) -> wasmtime::Result<Self> {
        let (limits, grants) = (application.limits(), application.grants());
        let mut wasi = WasiCtx::builder();
        let output = application.output_limit();
        wasi.stdout(GuestOutput::stdout(output)).stderr(GuestOutput::stderr(output));
        wasi.max_random_size(limits.memory as u64);
        grants.prepare(&mut wasi)?;
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(LARGEST_FIELDS);
        let outgoing = usize::try_from(limits.outgoing_requests).unwrap_or(usize::MAX);
        Ok(Self {
            hooks: Hooks::new(grants.hooks(), outgoing),
            table: ResourceTable::new(),
            wasi: wasi.build(),
            http,
            key_value,
            memory: MemoryBudget::new(limits.memory),
        })
    }

    /// Takes bytes from the memory budget for a resource.
    pub(super) fn hold(&mut self, bytes: usize) -> Result<(), HeldTooMuch> {
        self.memory.hold(bytes, || held_in(&mut self.table).saturating_add(self.hooks.held()))
    }

    /// Gives outgoing requests this header `traceparent`, unless the guest gives them one.
    pub(super) fn trace(&mut self, traceparent: HeaderValue) {
        self.hooks.trace(traceparent);
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
        let held = || held_in(&mut self.table).saturating_add(self.hooks.held());
        Ok(self.memory.grow(Growth { current, desired, maximum }, held))
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
