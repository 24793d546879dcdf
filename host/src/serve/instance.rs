//! One instance of the application, made for one request.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Request, Response};
use tokio::sync::oneshot;
use wasmtime::Store;
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Scheme};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use super::application::Application;
use super::engine::interrupt_at_ticks;
use super::state::RequestState;
use crate::KeyValueCtx;

/// For how many bytes of its memory a request may have a handle. What the host keeps for one, beside what is counted
/// in [`held`](super::held), is less than a quarter of that.
const HANDLE: usize = 4 << 10;

/// How many handles a request may have whatever its memory is.
const FEWEST_HANDLES: usize = 1 << 10;

/// What an application gives as its answer.
pub(super) type Answer = Result<Response<HyperOutgoingBody>, ErrorCode>;

/// What one request runs in. Dropping it frees all that the request used, and
/// ends the body of its answer.
pub(super) struct Instance {
    prepared: ProxyPre<RequestState>,
    store: Store<RequestState>,
}

impl Instance {
    /// Makes room for one request, which reaches its sessions through `sessions`.
    pub(super) fn new(application: &Application, sessions: KeyValueCtx) -> wasmtime::Result<Self> {
        let prepared = application.prepared().clone();
        let memory = application.limits().memory;
        let mut store = Store::try_new(prepared.engine(), RequestState::new(sessions, memory))?;
        store.limiter(|state| state);
        store.set_max_component_handles((memory / HANDLE).max(FEWEST_HANDLES));
        // Lists can overlap in the guest's memory, so that a small memory says a lot.
        store.set_hostcall_fuel(memory / 2);
        interrupt_at_ticks(&mut store);
        Ok(Self { prepared, store })
    }

    /// Hands the request to the application, and waits until it is done with
    /// it. The answer is sent when the application gives it, which may be long
    /// before that; without one, the sender is dropped with the instance.
    pub(super) async fn run(
        &mut self,
        request: Request<Full<Bytes>>,
        answer: oneshot::Sender<Answer>,
    ) -> wasmtime::Result<()> {
        let mut http = self.store.data_mut().http();
        let request = http.new_incoming_request(Scheme::Http, request)?;
        let answer = http.new_response_outparam(answer)?;
        let proxy = self.prepared.instantiate_async(&mut self.store).await?;
        proxy.wasi_http_incoming_handler().call_handle(&mut self.store, request, answer).await
    }

    /// Whether the application ever asked for more memory than it may have.
    pub(super) fn memory_limit_reached(&self) -> bool {
        self.store.data().memory_limit_reached()
    }
}
