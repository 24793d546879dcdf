//! Accepts connections, and stops when it is asked to.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::application::Application;
use super::bounded_store::BoundedStore;
use super::limits::Limits;
use super::request::Handler;
use crate::{KeyValue, Turns, TurnsOptions};

/// The most bytes that the head of a request may have.
const LARGEST_HEAD: usize = 64 << 10;

/// How long to wait before accepting again after accepting failed. It fails
/// when the process runs out of file descriptors, and then at once each time.
const PAUSE: Duration = Duration::from_millis(100);

/// An HTTP/1.1 server that answers with an application.
///
/// It listens from the moment it exists: clients that connect before
/// [`Server::run`] wait until it runs.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    handler: Arc<Handler>,
    running: mpsc::Receiver<Infallible>,
}

/// A server cannot listen at an address.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on `{address}`{}", advice(source))]
pub struct ListenError {
    /// The address, as it was given.
    pub address: String,
    /// What the operating system says.
    pub source: io::Error,
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            ", where another program listens already; stop that one, or choose another port"
        }
        io::ErrorKind::PermissionDenied => "; choose a port from 1024 on",
        io::ErrorKind::AddrNotAvailable => ", which is no address of this machine",
        _ => "; give an address and a port, such as 127.0.0.1:8080",
    }
}

impl Server {
    /// Listens at `address`, such as `127.0.0.1:8080`; port 0 means any free
    /// one, which [`Server::local_addr`] tells. Sessions are kept in `store`.
    ///
    /// # Errors
    ///
    /// Fails when the address is no address, is not this machine's, or is in use.
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

    /// The address at which it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The turns that requests for one session take. Clone it to see its statistics while the server runs.
    pub fn turns(&self) -> &Turns {
        self.handler.turns()
    }

    /// Serves until `shutdown` is done; then stops accepting, closes idle
    /// connections, and waits for the requests that run, up to the limit
    /// `shutdown_time`.
    ///
    /// Answers how many connections it had to break off after that: 0 when
    /// everything was finished.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) -> usize {
        let patience = self.handler.application().limits().shutdown_time;
        let (stop, stopping) = watch::channel(false);
        let mut connections = JoinSet::new();
        self.accept_until(shutdown, &mut connections, &stopping).await;
        // From here on, new connections are refused.
        drop(self.listener);
        stop.send_replace(true);
        let finish = async {
            while connections.join_next().await.is_some() {}
            // Applications may go on after their answers. Nothing is ever sent:
            // this ends when the last sender, of the last run, is gone.
            drop(self.handler);
            self.running.recv().await;
        };
        let _in_time = timeout(patience, finish).await;
        let broken_off = connections.len();
        connections.shutdown().await;
        broken_off
    }

    async fn accept_until(
        &self,
        shutdown: impl Future<Output = ()>,
        connections: &mut JoinSet<()>,
        stopping: &watch::Receiver<bool>,
    ) {
        let most = self.handler.application().limits().connections.max(1);
        let places = Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(Semaphore::MAX_PERMITS)));
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => return,
                Some(_) = connections.join_next() => {}
                (place, stream) = accept(&self.listener, &places) => {
                    let connection = serve(stream, self.handler.clone(), stopping.clone());
                    connections.spawn(async move {
                        connection.await;
                        drop(place);
                    });
                }
            }
        }
    }
}

/// A request that waits for its turn in vain still has half of its time to do its work.
fn turns(store: Arc<dyn KeyValue>, limits: &Limits) -> Turns {
    let patience = limits.request_time / 2;
    let store = Arc::new(BoundedStore::new(store, limits.memory));
    Turns::new(store).with_options(TurnsOptions { patience, ..TurnsOptions::default() })
}

type Place = Option<OwnedSemaphorePermit>;

/// Waits for a place, then for a connection.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> (Place, TcpStream) {
    // Nobody closes the semaphore, so there is always a place in the end.
    let place = places.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _client)) => return (place, stream),
            Err(error) => {
                tracing::warn!("cannot accept a connection: {error}");
                sleep(PAUSE).await;
            }
        }
    }
}

/// Serves one connection until it closes; when the server stops, until the
/// request that runs is answered.
async fn serve(stream: TcpStream, handler: Arc<Handler>, mut stopping: watch::Receiver<bool>) {
    // Answers are written whole: waiting for more to send would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("cannot turn off delays of a connection: {error}");
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
        tracing::debug!("a connection ended early: {error}");
    }
}
