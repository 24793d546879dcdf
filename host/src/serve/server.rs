//! Accepts connections until it is stopped.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use lovely_session_key_value::KeyValue;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::application::Application;
use super::bounded_store::BoundedStore;
use super::limits::Limits;
use super::request::Handler;
use crate::turn_queues::TurnsOptions;
use crate::turns::Turns;

/// The largest head of a request, in bytes.
const LARGEST_HEAD: usize = 64 << 10;

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
        let handler = Arc::new(Handler::new(application, turns, sender));
        Ok(Self { listener, address, handler, running })
    }

    /// The address on which it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The turns of the requests. Clone it to read its statistics while the server runs.
    pub fn turns(&self) -> &Turns {
        self.handler.turns()
    }

    /// Serves until `shutdown` completes. Then it stops accepting, closes idle
    /// connections, and waits for the running requests, for at most
    /// [`Limits::shutdown_time`].
    ///
    /// Returns the number of connections that it closed before their requests were
    /// complete: 0 if all requests completed.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) -> usize {
        let shutdown_time = self.handler.application().limits().shutdown_time;
        let (stop, stopping) = watch::channel(false);
        let mut connections = JoinSet::new();
        self.accept_until(shutdown, &mut connections, &stopping).await;
        // From here on, new connections are refused.
        drop(self.listener);
        stop.send_replace(true);
        let finish = async {
            while connections.join_next().await.is_some() {}
            // Applications may continue after their responses. Nothing is ever sent:
            // this ends when the last run drops its sender.
            drop(self.handler);
            self.running.recv().await;
        };
        let _in_time = timeout(shutdown_time, finish).await;
        let unfinished = connections.len();
        connections.shutdown().await;
        unfinished
    }

    async fn accept_until(
        &self,
        shutdown: impl Future<Output = ()>,
        connections: &mut JoinSet<()>,
        stopping: &watch::Receiver<bool>,
    ) {
        let max = self.handler.application().limits().connections.max(1);
        let slots = Arc::new(Semaphore::new(usize::try_from(max).unwrap_or(Semaphore::MAX_PERMITS)));
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => return,
                Some(_) = connections.join_next() => {}
                (slot, stream) = accept(&self.listener, &slots) => {
                    let connection = serve(stream, self.handler.clone(), stopping.clone());
                    connections.spawn(async move {
                        connection.await;
                        drop(slot);
                    });
                }
            }
        }
    }
}

/// Turns on `store`. A request that gets no turn still has half of its time limit for its work.
fn turns(store: Arc<dyn KeyValue>, limits: &Limits) -> Turns {
    let max_wait = limits.request_time / 2;
    let store = Arc::new(BoundedStore::new(store, limits.memory));
    Turns::new(store).with_options(TurnsOptions { max_wait, ..TurnsOptions::default() })
}

type Slot = Option<OwnedSemaphorePermit>;

/// Waits for a slot, then for a connection.
async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> (Slot, TcpStream) {
    // The semaphore is never closed, so this always returns a slot.
    let slot = slots.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _client)) => return (slot, stream),
            Err(error) => {
                tracing::warn!("cannot accept a connection: {error}");
                sleep(PAUSE).await;
            }
        }
    }
}

/// Serves one connection until it closes or, when the server stops, until the
/// running request has its response.
async fn serve(stream: TcpStream, handler: Arc<Handler>, mut stopping: watch::Receiver<bool>) {
    // Responses are written at once, so Nagle's algorithm would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("cannot set TCP_NODELAY on a connection: {error}");
    }
    let header_time = handler.application().limits().header_time;
    let service = service_fn(move |request| {
        let handler = handler.clone();
        async move { Ok::<_, Infallible>(handler.handle(request).await) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(header_time).max_header_size(LARGEST_HEAD);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let stopped = async { stopping.wait_for(|stop| *stop).await.is_ok() };
    let result = tokio::select! {
        result = connection.as_mut() => result,
        _ = stopped => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!("a connection failed: {error}");
    }
}
