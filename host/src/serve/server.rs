//! Accepts connections until it is stopped.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use lovely_session_key_value::KeyValue;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{sleep, timeout};

use super::application::Application;
use super::bounded_store::BoundedStore;
use super::limits::Limits;
use super::load::Load;
use super::observer::Observer;
use super::request::Handler;
use super::workers::{Phase, Slot, Workers};
use crate::turn_queues::TurnsOptions;
use crate::turns::Turns;

/// The pause after accepting a connection failed. When the process is out of file
/// descriptors, it fails at once each time.
const PAUSE: Duration = Duration::from_millis(100);

/// An HTTP/1.1 server for an application.
///
/// It listens from [`Server::bind`] on. Clients that connect before [`Server::run`]
/// wait.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    handler: Arc<Handler>,
    running: mpsc::Receiver<Infallible>,
}

/// A server cannot listen on an address.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on `{address}`{}", advice(source))]
pub struct ListenError {
    /// The address, as it was given.
    pub address: String,
    /// The error of the operating system.
    pub source: io::Error,
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            ", because another program listens there; stop that one, or choose another port"
        }
        io::ErrorKind::PermissionDenied => {
            ", because this user may not use the port; choose a port from 1024 on"
        }
        io::ErrorKind::AddrNotAvailable => {
            ", because it is not an address of this machine; choose another address"
        }
        _ => "; give an address and a port, such as 127.0.0.1:8080",
    }
}

impl Server {
    /// Listens on `address`, such as `127.0.0.1:8080`, and keeps sessions in `store`.
    /// Port 0 means any free port; [`Server::local_addr`] returns it.
    ///
    /// # Errors
    ///
    /// Fails when `address` is invalid, is not an address of this machine, is in use, or
    /// may not be used by this user.
    pub async fn bind(
        address: &str,
        application: Application,
        store: Arc<dyn KeyValue>,
    ) -> Result<Self, ListenError> {
        let fail = |source| ListenError { address: address.to_owned(), source };
        let listener = TcpListener::bind(address).await.map_err(fail)?;
        let address = listener.local_addr().map_err(fail)?;
        let (sender, running) = mpsc::channel(1);
        let turns = turns(store, application.limits());
        let handler = Arc::new(Handler::new(application, turns, sender, Handle::current()));
        Ok(Self { listener, address, handler, running })
    }

    /// The same server, which reports each request to `observer`.
    ///
    /// Each request then costs some microseconds more: its calls to the store are timed, and the session component is
    /// asked what became of its transactions. The application sees a header `traceparent` that names the request's own
    /// span.
    #[must_use]
    pub fn with_observer(self, observer: Arc<dyn Observer>) -> Self {
        self.handler.observe(observer);
        self
    }

    /// The address on which it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// What the server does now. Clone it to read it while the server runs.
    pub fn load(&self) -> &Load {
        self.handler.load()
    }

    /// The turns of the requests. Clone it to read its statistics while the server runs.
    pub fn turns(&self) -> &Turns {
        self.handler.turns()
    }

    /// Serves until `shutdown` completes. Then it stops accepting, closes idle
    /// connections, and waits for the running requests, for at most
    /// [`Limits::shutdown_time`].
    ///
    /// Connections are served on threads of the server, one for each processor. Applications that compute for more than
    /// some milliseconds continue on the runtime of [`Server::bind`], so that the other requests of their thread need not
    /// wait for them.
    ///
    /// Returns the number of connections that it closed before their requests were
    /// complete: 0 if all requests completed.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) -> usize {
        let limits = self.handler.application().limits().clone();
        let (phase, receiver) = watch::channel(Phase::Serving);
        let workers = Workers::start(&self.handler, &receiver);
        accept_until(shutdown, &self.listener, limits.connections, &workers).await;
        // From here on, new connections are refused.
        drop(self.listener);
        drop(self.handler);
        phase.send_replace(Phase::Stopping);
        let finishing = workers.finish();
        // Nothing is ever sent: this ends when the last connection and the last run have dropped their senders.
        // Applications may continue after their responses.
        let _in_time = timeout(limits.shutdown_time, self.running.recv()).await;
        phase.send_replace(Phase::Ending);
        finishing.aborted().await
    }
}

/// Accepts connections until `shutdown` completes.
async fn accept_until(
    shutdown: impl Future<Output = ()>,
    listener: &TcpListener,
    max_connections: u32,
    workers: &Workers,
) {
    let slots = usize::try_from(max_connections.max(1)).unwrap_or(Semaphore::MAX_PERMITS);
    let slots = Arc::new(Semaphore::new(slots));
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            (slot, stream) = accept(listener, &slots) => workers.serve(stream, slot),
        }
    }
}

/// Turns on `store`. A request that gets no turn still has half of its time limit for its work.
fn turns(store: Arc<dyn KeyValue>, limits: &Limits) -> Turns {
    let max_wait = limits.request_time / 2;
    let store = Arc::new(BoundedStore::new(store, limits.memory));
    Turns::new(store).with_options(TurnsOptions { max_wait, ..TurnsOptions::default() })
}

/// Waits for a slot, then for a connection.
async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> (Slot, TcpStream) {
    // The semaphore is never closed, so this always returns a slot.
    let slot = slots.clone().acquire_owned().await.ok();
    loop {
        // It is served by another runtime.
        let accepted = listener.accept().await.and_then(|(stream, _client)| stream.into_std());
        match accepted {
            Ok(stream) => return (slot, stream),
            Err(error) => {
                tracing::warn!("cannot accept a connection: {error}");
                sleep(PAUSE).await;
            }
        }
    }
}
