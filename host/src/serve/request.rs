//! One request: from its head to the answer.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{EXPECT, HOST};
use hyper::{Request, Response};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tracing::Instrument;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use super::answer::{AnswerBody, Failed, LogLine};
use super::application::Application;
use super::bounded_store::BoundedStore;
use super::instance::{Answer, Instance};
use super::limits::Limits;
use super::log_targets::APPLICATION;
use super::refusal::Refusal;
use crate::KeyValue;

/// How long the rest of a body that is too large is read and thrown away. A
/// client that is cut off while it sends would not see why.
const PATIENCE: Duration = Duration::from_secs(1);

/// Exists as long as a request runs, and does nothing else.
pub(super) type Running = mpsc::Sender<Infallible>;

/// Answers requests with an application.
pub(super) struct Handler {
    application: Application,
    store: Arc<dyn KeyValue>,
    running: Running,
}

impl Handler {
    /// A handler that runs `application` on `store`. It clones `running` for
    /// each run of the application.
    pub(super) fn new(application: Application, store: Arc<dyn KeyValue>, running: Running) -> Self {
        let store = Arc::new(BoundedStore::new(store, application.limits().memory));
        Self { application, store, running }
    }

    /// The application that answers.
    pub(super) fn application(&self) -> &Application {
        &self.application
    }

    /// Answers one request; whatever happens, there is an answer.
    pub(super) async fn handle(&self, request: Request<Incoming>) -> Response<AnswerBody> {
        // Neither the query nor a header: they can hold secrets.
        let span = tracing::info_span!("request", method = %request.method(), path = request.uri().path());
        let log_line = LogLine::begin(span.clone());
        let answered = self.answer(request).instrument(span).await;
        let (answer, failed) =
            answered.unwrap_or_else(|refusal| (refusal.into_response(), Failed::default()));
        log_line.follow(answer, failed)
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
    ) -> Result<(Response<HyperOutgoingBody>, Failed), Refusal> {
        check_host(&request)?;
        let request = receive(request, self.application.limits()).await?;
        let slot = self.wait_for_turn().await?;
        let (sender, receiver) = oneshot::channel();
        let failed = Failed::default();
        let run = Run {
            application: self.application.clone(),
            sessions: self.store.clone(),
            _running: self.running.clone(),
            slot,
            failed: failed.clone(),
        };
        // A task of its own: it may go on after its answer, and it goes on when
        // the client leaves, so that a commit under way is not cut in two.
        let run = tokio::spawn(run.run(request, sender).in_current_span());
        Ok((first_answer(receiver, run).await?, failed))
    }

    async fn wait_for_turn(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let slot = self.application.slots().clone().acquire_owned();
        match timeout(self.application.limits().request_time, slot).await {
            Ok(Ok(slot)) => Ok(slot),
            Ok(Err(_)) | Err(_) => Err(Refusal::Busy),
        }
    }
}

/// A run of the application for one request.
struct Run {
    application: Application,
    sessions: Arc<dyn KeyValue>,
    _running: Running,
    slot: OwnedSemaphorePermit,
    failed: Failed,
}

impl Run {
    /// Runs until the application is done, and no longer than it may take.
    async fn run(
        self,
        request: Request<Full<Bytes>>,
        answer: oneshot::Sender<Answer>,
    ) -> Result<(), Refusal> {
        let mut instance = Instance::new(&self.application, self.sessions).map_err(|error| {
            tracing::error!(target: APPLICATION, "the application could not be started: {error:#}");
            Refusal::ApplicationFailed
        })?;
        let time = self.application.limits().request_time;
        let result = timeout(time, instance.run(request, answer)).await;
        let outcome = judge(result, instance.memory_limit_reached());
        // Before the instance is dropped: that ends the body of its answer.
        self.failed.store(outcome.is_err(), Ordering::Release);
        drop(instance);
        // After it: the slot stands for the room that it took.
        drop(self.slot);
        outcome
    }
}

/// Tells the log how a run failed, if it did.
fn judge(result: Result<wasmtime::Result<()>, Elapsed>, memory_limit_reached: bool) -> Result<(), Refusal> {
    match result {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            let hint = if memory_limit_reached { "; it had reached its memory limit" } else { "" };
            tracing::error!(target: APPLICATION, "the application failed{hint}: {error:#}");
            Err(Refusal::ApplicationFailed)
        }
        Err(Elapsed { .. }) => {
            tracing::error!(target: APPLICATION, "the application was stopped at its time limit");
            Err(Refusal::TimedOut)
        }
    }
}

async fn first_answer(
    receiver: oneshot::Receiver<Answer>,
    run: JoinHandle<Result<(), Refusal>>,
) -> Result<Response<HyperOutgoingBody>, Refusal> {
    match receiver.await {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(code)) => {
            tracing::error!(target: APPLICATION, "the application answered with an error: {code}")
        }
        Err(_) => match run.await {
            Ok(Ok(())) => tracing::error!(target: APPLICATION, "the application gave no answer"),
            Ok(Err(refusal)) => return Err(refusal),
            Err(error) => tracing::error!(target: APPLICATION, "running the application failed: {error}"),
        },
    }
    Err(Refusal::ApplicationFailed)
}

fn check_host(request: &Request<Incoming>) -> Result<(), Refusal> {
    let in_header = || request.headers().get(HOST).is_some_and(|host| host.to_str().is_ok());
    if request.uri().authority().is_some() || in_header() { Ok(()) } else { Err(Refusal::NoHost) }
}

/// Reads the whole body before an instance is made for the request: a client
/// that sends slowly occupies a buffer, and no instance.
async fn receive(request: Request<Incoming>, limits: &Limits) -> Result<Request<Full<Bytes>>, Refusal> {
    let waits_for_permission = request.headers().contains_key(EXPECT);
    let (head, mut body) = request.into_parts();
    let result = timeout(limits.request_time, read_up_to(&mut body, limits.body)).await;
    let read = result.unwrap_or(Err(Refusal::BodyTooSlow));
    if read == Err(Refusal::BodyTooLarge) && !waits_for_permission {
        let _at_most = timeout(PATIENCE, async { while let Some(Ok(_)) = body.frame().await {} }).await;
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
