//! What an application may use beside its sessions.

use std::sync::Arc;

use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi_http::WasiHttpHooks;

type PrepareWasi = dyn Fn(&mut WasiCtxBuilder) -> wasmtime::Result<()> + Send + Sync;
type MakeHooks = dyn Fn() -> Box<dyn WasiHttpHooks> + Send + Sync;

/// What every instance of an application gets. By default it gets nothing.
#[derive(Clone, Default)]
pub(super) struct Grants {
    wasi: Option<Arc<PrepareWasi>>,
    outgoing_http: Option<Arc<MakeHooks>>,
}

impl Grants {
    pub(super) fn set_wasi(
        &mut self,
        prepare: impl Fn(&mut WasiCtxBuilder) -> wasmtime::Result<()> + Send + Sync + 'static,
    ) {
        self.wasi = Some(Arc::new(prepare));
    }

    pub(super) fn set_outgoing_http(
        &mut self,
        make: impl Fn() -> Box<dyn WasiHttpHooks> + Send + Sync + 'static,
    ) {
        self.outgoing_http = Some(Arc::new(make));
    }

    /// Gives the context of an instance what it may use.
    pub(super) fn prepare(&self, wasi: &mut WasiCtxBuilder) -> wasmtime::Result<()> {
        self.wasi.as_ref().map_or(Ok(()), |prepare| prepare(wasi))
    }

    /// The hooks for the outgoing requests of one instance; none if these are denied.
    pub(super) fn hooks(&self) -> Option<Box<dyn WasiHttpHooks>> {
        self.outgoing_http.as_ref().map(|make| make())
    }
}
