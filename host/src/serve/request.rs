//! Handles one request, from its head to the response.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::EXPECT;
use hyper::{Request, Response};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tracing::Instrument;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use super::application::Application;
use super::cookies::join_cookies;
use super::head::{Scheme, check_head};
use super::instance::{Instance, Sent};
use super::limits::Limits;
use super::load::{Counted, Load};
use super::observer::Observer;
use super::queue::{Queue, count};
use super::recorder::Recorder;
use super::refusal::Refusal;
use super::reload::Current;
use super::response::{LogLine, ResponseBody};
use super::run::{Progress, Run};
use super::streams::Stream;
use super::trace_context::{TRACEPARENT, TraceContext};
use crate::log_targets::APPLICATION;
use crate::turns::Turns;

/// How long the rest of a body that is too large is read and discarded. A client
/// whose connection is closed while it sends would not see the response.
const DISCARD_TIME: Duration = Duration::from_secs(1);

/// Kept by each running request, so that the server can wait until all are dropped. Nothing is ever sent.
pub(super) type Running = mpsc::Sender<Infallible>;

/// Handles requests with an application.
pub(super) struct Handler {
    current: Arc<Current>,
    limits: Arc<Limits>,
    queue: Queue,
    /// The places of requests of HTTP/2. Those of HTTP/1.1 have the places of their connections.
    places: Arc<Semaphore>,
    turns: Turns,
    running: Running,
    computing: Handle,
    observer: OnceLock<Arc<dyn Observer>>,
    load: Load,
}

impl Handler {
    /// A handler that runs the current application with the store of `turns`. It clones
    /// `running` for each run. Applications that compute for long continue on `computing`.
    pub(super) fn new(current: Arc<Current>, turns: Turns, running: Running, computing: Handle) -> Self {
        let limits = Arc::new(current.application().limits().clone());
        let places = Arc::new(Semaphore::new(count(limits.connections.max(1))));
        let (queue, observer, load) = (Queue::new(&limits), OnceLock::new(), Load::default());
        Self { current, queue, limits, places, turns, running, computing, observer, load }
    }

    /// Reports the requests from now on. Only the first observer is used.
    pub(super) fn observe(&self, observer: Arc<dyn Observer>) {
        let _is_first = self.observer.set(observer);
    }

    /// What runs and waits now.
    pub(super) fn load(&self) -> &Load {
        &self.load
    }

    /// What new requests and connections use.
    pub(super) fn current(&self) -> &Arc<Current> {
        &self.current
    }

    /// The limits of the server.
    pub(super) fn limits(&self) -> &Arc<Limits> {
        &self.limits
    }

    /// The turns of the requests.
    pub(super) fn turns(&self) -> &Turns {
        &self.turns
    }

    /// Handles one request of a connection with this scheme. There is always a response.
    pub(super) async fn handle(&self, request: Request<Incoming>, scheme: Scheme) -> Response<ResponseBody> {
        // Without the query and the headers: they can hold secrets.
        let span = tracing::info_span!("request", method = %request.method(), path = request.uri().path());
        let recorder = self.observer.get().map(|observer| {
            let trace = TraceContext::of(request.headers());
            Arc::new(Recorder::begin(Arc::clone(observer), request.method().clone(), trace))
        });
        let log_line = LogLine::begin(span.clone(), recorder.clone());
        let result = self.respond(request, scheme, recorder).instrument(span).await;
        let (response, progress) = result.unwrap_or_else(|refusal| (refusal.into_response(), Arc::default()));
        log_line.follow(response, progress, self.limits.response_ahead)
    }

    async fn respond(
        &self,
        request: Request<Incoming>,
        scheme: Scheme,
        recorder: Option<Arc<Recorder>>,
    ) -> Result<(Response<HyperOutgoingBody>, Arc<Progress>), Refusal> {
        check_head(&request, scheme)?;
        if let Some(stream) = Stream::current() {
            stream.keep(self.queue.wait_for(&self.places).await?);
        }
        let mut request = receive(request, &self.limits).await?;
        join_cookies(request.headers_mut());
        if let Some(header) = recorder.as_ref().and_then(|recorder| recorder.trace().header()) {
            request.headers_mut().insert(TRACEPARENT, header);
        }
        let application = self.current.application();
        let slot = self.wait_for_slot(&application).await?;
        let (sender, receiver) = oneshot::channel();
        let progress = Arc::<Progress>::default();
        let work = Work {
            application,
            sessions: self.turns.clone(),
            _running: self.running.clone(),
            slot,
            progress: Arc::clone(&progress),
            _counted: self.load.count_running(),
            recorder,
        };
        // It outlives this future: the application may continue after its response, and
        // it continues when the client disconnects, so that no commit is interrupted.
        let run = Run::new(work.run(request, scheme, sender), Arc::clone(&progress), self.computing.clone());
        Ok((response_of(receiver, run).await?, progress))
    }

    async fn wait_for_slot(&self, application: &Application) -> Result<OwnedSemaphorePermit, Refusal> {
        let _counted = self.load.count_waiting();
        Ok(self.queue.wait_for(application.slots()).await?)
    }
}

/// What a run of the application does and needs for one request.
struct Work {
    application: Application,
    sessions: Turns,
    _running: Running,
    slot: OwnedSemaphorePermit,
    progress: Arc<Progress>,
    _counted: Counted,
    recorder: Option<Arc<Recorder>>,
}

impl Work {
    fn instance(&self) -> wasmtime::Result<Instance> {
        let sessions = self.sessions.context();
        let Some(recorder) = &self.recorder else {
            return Instance::new(&self.application, sessions, &self.progress);
        };
        recorder.started();
        let sessions = sessions.with_call_log(recorder.calls().clone());
        let instance = Instance::new(&self.application, sessions, &self.progress)?;
        Ok(instance.traced(recorder.trace().header()))
    }

    /// Runs the application until it returns or its time limit is over.
    async fn run(
        self,
        request: Request<Full<Bytes>>,
        scheme: Scheme,
        sender: oneshot::Sender<Sent>,
    ) -> Result<(), Refusal> {
        let mut instance = self.instance().map_err(|error| {
            tracing::error!(target: APPLICATION, "the application could not be started: {error:#}");
            Refusal::ApplicationFailed
        })?;
        let time = self.application.limits().request_time;
        let run = run(&mut instance, request, scheme, sender, self.recorder.as_deref());
        let result = timeout(time, run).await;
        let outcome = log_failure(result, instance.memory_limit_reached());
        if let Some(recorder) = &self.recorder {
            recorder.ended(instance.memory_used());
        }
        // Before the instance is dropped: that ends the body of the response.
        if outcome.is_err() {
            self.progress.fail();
        }
        drop(instance);
        // After the instance: the slot stands for its memory.
        drop(self.slot);
        outcome
    }
}

/// Runs the application, and records what became of its transactions.
async fn run(
    instance: &mut Instance,
    request: Request<Full<Bytes>>,
    scheme: Scheme,
    sender: oneshot::Sender<Sent>,
    recorder: Option<&Recorder>,
) -> wasmtime::Result<()> {
    let run = instance.run(request, scheme, sender).await?;
    if let Some(recorder) = recorder {
        recorder.transactions(instance.reports(&run).await?);
    }
    Ok(())
}

/// Logs how a run failed, if it did.
fn log_failure(
    result: Result<wasmtime::Result<()>, Elapsed>,
    memory_limit_reached: bool,
) -> Result<(), Refusal> {
    match result {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            let hint = if memory_limit_reached { ", after it had reached its memory limit" } else { "" };
            tracing::error!(target: APPLICATION, "the application failed{hint}: {error:#}");
            Err(Refusal::ApplicationFailed)
        }
        Err(Elapsed { .. }) => {
            tracing::error!(target: APPLICATION, "the application was stopped, because its time limit was over");
            Err(Refusal::TimedOut)
        }
    }
}

/// Waits for the response of a run, or for its end.
async fn response_of(
    mut receiver: oneshot::Receiver<Sent>,
    mut run: Run,
) -> Result<Response<HyperOutgoingBody>, Refusal> {
    tokio::select! {
        // First, because the receiver gets what it sends.
        biased;
        end = &mut run => match (receiver.try_recv(), end) {
            (Ok(sent), _) => check_sent(sent),
            (Err(_), Err(refusal)) => Err(refusal),
            (Err(_), Ok(())) => {
                tracing::error!(target: APPLICATION, "the application sent no response");
                Err(Refusal::ApplicationFailed)
            }
        },
        Ok(sent) = &mut receiver => check_sent(sent),
    }
}

fn check_sent(sent: Sent) -> Result<Response<HyperOutgoingBody>, Refusal> {
    match sent {
        // Not a final response: the client would wait for another one, or for another protocol.
        Ok(response) if response.status().is_informational() => {
            let status = response.status();
            tracing::error!(target: APPLICATION, "the application sent the status {status}, which is not a final one");
        }
        Ok(response) => return Ok(response),
        Err(code) => {
            tracing::error!(target: APPLICATION, "the application sent an error instead of a response: {code}");
        }
    }
    Err(Refusal::ApplicationFailed)
}

/// Reads the whole body before an instance is made for the request, so that a slow
/// client occupies a buffer but no instance.
async fn receive(request: Request<Incoming>, limits: &Limits) -> Result<Request<Full<Bytes>>, Refusal> {
    let waits_for_continue = request.headers().contains_key(EXPECT);
    let (head, mut body) = request.into_parts();
    let result = timeout(limits.request_time, read_up_to(&mut body, limits.body)).await;
    let read = result.unwrap_or(Err(Refusal::BodyTooSlow));
    if read == Err(Refusal::BodyTooLarge) && !waits_for_continue {
        let _at_most = timeout(DISCARD_TIME, async { while let Some(Ok(_)) = body.frame().await {} }).await;
    }
    Ok(Request::from_parts(head, Full::new(read?)))
}

async fn read_up_to(body: &mut Incoming, limit: usize) -> Result<Bytes, Refusal> {
    if body.size_hint().lower() > limit as u64 {
        return Err(Refusal::BodyTooLarge);
    }
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::BodyTooLarge),
        Err(_) => Err(Refusal::BodyBroken),
    }
}
