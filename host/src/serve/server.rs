//! A server, from listening to its end.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use lovely_session_key_value::KeyValue;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::accept::Entrance;
use super::application::Application;
use super::bounded_store::BoundedStore;
use super::connection::Serving;
use super::limits::Limits;
use super::load::Load;
use super::observer::Observer;
use super::reload::{Current, Reloader};
use super::request::Handler;
use super::workers::{Phase, Signal, Workers};
use crate::turn_queues::TurnsOptions;
use crate::turns::Turns;

/// A server for an application, for HTTP/1.1 and HTTP/2.
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
        let current = Arc::new(Current::new(application));
        let handler = Arc::new(Handler::new(current, turns, sender, Handle::current()));
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

    /// Speaks only TLS, with this configuration: that of [`TlsFiles::load`](super::TlsFiles::load), or one of your own
    /// with the protocols `h2` and `http/1.1` for ALPN, of which it may leave out one. A client that chooses no protocol
    /// is served with HTTP/1.1.
    ///
    /// The application then sees the scheme `https`.
    #[must_use]
    pub fn with_tls(self, config: Arc<ServerConfig>) -> Self {
        self.handler.current().set_tls(config);
        self
    }

    /// A handle that replaces the application and the certificate while the server runs.
    pub fn reloader(&self) -> Reloader {
        Reloader::new(Arc::clone(self.handler.current()), Arc::clone(self.handler.limits()))
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
    /// connections, sends GOAWAY on those of HTTP/2, and waits for the running requests, for at most
    /// [`Limits::shutdown_time`].
    ///
    /// Connections are served on threads of the server, one for each processor. Applications that compute for more than
    /// some milliseconds continue on the runtime of [`Server::bind`], so that the other requests of their thread need not
    /// wait for them.
    ///
    /// Returns the number of connections that it closed before their requests were
    /// complete: 0 if all requests completed.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) -> usize {
        let limits = Arc::clone(self.handler.limits());
        let (signal, receiver) = watch::channel(Signal { phase: Phase::Serving, calls: 0 });
        let load = self.handler.load().clone();
        let uses_tls = self.handler.current().tls().is_some();
        let entrance = Entrance::new(&limits, load, signal.clone(), uses_tls);
        let workers = Workers::start(&Serving { handler: self.handler.clone(), signal: receiver });
        entrance.accept_until(shutdown, &self.listener, &workers).await;
        // From here on, new connections are refused.
        drop(self.listener);
        drop(self.handler);
        signal.send_modify(|signal| signal.phase = Phase::Stopping);
        let finishing = workers.finish();
        // Nothing is ever sent: this ends when the last connection and the last run have dropped their senders.
        // Applications may continue after their responses.
        let _in_time = timeout(limits.shutdown_time, self.running.recv()).await;
        signal.send_modify(|signal| signal.phase = Phase::Ending);
        finishing.aborted().await
    }
}

/// Turns on `store`. A request that gets no turn still has half of its time limit for its work.
fn turns(store: Arc<dyn KeyValue>, limits: &Limits) -> Turns {
    let max_wait = limits.request_time / 2;
    let store = Arc::new(BoundedStore::new(store, limits.memory));
    Turns::new(store).with_options(TurnsOptions { max_wait, ..TurnsOptions::default() })
}
