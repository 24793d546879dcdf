//! An instance of the application for one request.

use std::sync::Arc;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use hyper::{Request, Response};
use tokio::sync::oneshot;
use wasmtime::Store;
use wasmtime::component::InstancePre;
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use super::application::{Application, Exports};
use super::engine::interrupt_at_ticks;
use super::head::Scheme;
use super::observer::TransactionReport;
use super::run::Progress;
use super::state::RequestState;
use crate::context::KeyValueCtx;

/// A request may have one handle for each of these bytes of its memory limit. The host keeps less than a quarter of
/// that for one, in addition to what [`held`](super::held) counts.
const HANDLE: usize = 4 << 10;

/// The number of handles that a request may have with any memory limit.
const FEWEST_HANDLES: usize = 1 << 10;

/// The result that an application sends.
pub(super) type Sent = Result<Response<HyperOutgoingBody>, ErrorCode>;

/// An instance for one request. Dropping it frees everything that the request used,
/// and ends the body of its response.
pub(super) struct Instance {
    prepared: InstancePre<RequestState>,
    exports: Arc<Exports>,
    store: Store<RequestState>,
}

impl Instance {
    /// Prepares an instance that uses `sessions` as its store, and tells `progress` if it computes for long.
    pub(super) fn new(
        application: &Application,
        sessions: KeyValueCtx,
        progress: &Arc<Progress>,
    ) -> wasmtime::Result<Self> {
        let prepared = application.prepared().clone();
        let memory = application.limits().memory;
        let mut store = Store::try_new(prepared.engine(), RequestState::new(sessions, application)?)?;
        store.limiter(|state| state);
        store.set_max_component_handles((memory / HANDLE).max(FEWEST_HANDLES));
        // Lists can overlap in the guest's memory, so that a small memory can hold a large parameter.
        store.set_hostcall_fuel(memory / 2);
        interrupt_at_ticks(&mut store, Arc::clone(progress));
        Ok(Self { prepared, exports: Arc::clone(application.exports()), store })
    }

    /// The same instance, whose outgoing requests have this header `traceparent`, unless the guest gives them one.
    pub(super) fn traced(mut self, traceparent: Option<HeaderValue>) -> Self {
        traceparent.into_iter().for_each(|header| self.store.data_mut().trace(header));
        self
    }

    /// Passes the request to the application, and waits until the application
    /// returns. It may send its response long before that. Without a response, the
    /// sender is dropped with the instance.
    pub(super) async fn run(
        &mut self,
        request: Request<Full<Bytes>>,
        scheme: Scheme,
        sender: oneshot::Sender<Sent>,
    ) -> wasmtime::Result<wasmtime::component::Instance> {
        let mut http = self.store.data_mut().http();
        let request = http.new_incoming_request(scheme.into(), request)?;
        let response = http.new_response_outparam(sender)?;
        let instance = self.prepared.instantiate_async(&mut self.store).await?;
        let proxy = self.exports.handler.load(&mut self.store, &instance)?;
        proxy.wasi_http_incoming_handler().call_handle(&mut self.store, request, response).await?;
        Ok(instance)
    }

    /// What became of the transactions of a run.
    pub(super) async fn reports(
        &mut self,
        instance: &wasmtime::component::Instance,
    ) -> wasmtime::Result<Vec<TransactionReport>> {
        let Some(observed) = &self.exports.observed else { return Ok(Vec::new()) };
        let observed = observed.load(&mut self.store, instance)?;
        let reports = observed.lovely_session_observation().call_take_reports(&mut self.store).await?;
        Ok(reports.into_iter().map(TransactionReport::from).collect())
    }

    /// The bytes of memory that it uses.
    pub(super) fn memory_used(&self) -> usize {
        self.store.data().memory_used()
    }

    /// Whether the application ever requested more memory than its limit.
    pub(super) fn memory_limit_reached(&self) -> bool {
        self.store.data().memory_limit_reached()
    }
}
