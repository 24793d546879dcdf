//! A network that fails: a TCP proxy in front of a server, which cuts, delays or drops the traffic.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The most bytes that are forwarded at once.
const PIECE_BYTES: usize = 64 * 1024;

/// A fault of the network. It affects every connection until another one is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No fault.
    None,
    /// A connection is cut when it has forwarded `after` bytes of requests since this was set.
    CutRequests {
        /// The bytes that still reach the server.
        after: usize,
    },
    /// A connection is cut when it has forwarded `after` bytes of replies since this was set.
    CutReplies {
        /// The bytes that still reach the client.
        after: usize,
    },
    /// Every piece of a reply is delayed by this time.
    DelayReplies(Duration),
    /// Replies are dropped, and so are all later ones on a connection that has dropped any.
    DropReplies,
}

/// A proxy on a free port. It ends, with its connections, when this is dropped.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    running: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy in front of the server at `server`, without a fault.
    ///
    /// # Panics
    ///
    /// When it cannot listen.
    pub async fn in_front_of(server: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("there is a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let server: SocketAddr = server.parse().expect("a server has an address");
        let shared = Arc::new(Shared::default());
        let running = tokio::spawn(accept(listener, server, Arc::clone(&shared)));
        Self { address, shared, running }
    }

    /// Its address, as `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Sets the fault from now on.
    ///
    /// # Panics
    ///
    /// When a connection has panicked.
    pub fn set(&self, fault: Fault) {
        let mut current = self.shared.current.lock().expect("no connection panics");
        *current = NumberedFault { fault, number: current.number + 1 };
    }

    /// The number of round trips: a client that sends something, and again after a reply, has made two.
    #[must_use]
    pub fn round_trips(&self) -> usize {
        self.shared.round_trips.load(Ordering::SeqCst)
    }

    /// The number of connections that were cut.
    #[must_use]
    pub fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.running.abort();
    }
}

/// What all connections share.
#[derive(Default)]
struct Shared {
    current: Mutex<NumberedFault>,
    round_trips: AtomicUsize,
    cuts: AtomicUsize,
}

/// A fault and its number, which tells two equal faults in sequence apart.
#[derive(Clone, Copy)]
struct NumberedFault {
    fault: Fault,
    number: usize,
}

impl Default for NumberedFault {
    fn default() -> Self {
        Self { fault: Fault::None, number: 0 }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Requests,
    Replies,
}

async fn accept(listener: TcpListener, server: SocketAddr, shared: Arc<Shared>) {
    // Dropping the set ends the connections.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        connections.spawn(connect(client, server, Arc::clone(&shared)));
        while connections.try_join_next().is_some() {}
    }
}

/// Serves one connection until either side closes it or it is cut. Then both sides are closed.
async fn connect(client: TcpStream, server: SocketAddr, shared: Arc<Shared>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    if client.set_nodelay(true).and(server.set_nodelay(true)).is_err() {
        return;
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // The first request counts like one after a reply.
    let replied = AtomicBool::new(true);
    let pump = |direction| Pump {
        direction,
        shared: &shared,
        replied: &replied,
        number: 0,
        passed: 0,
        has_dropped: false,
    };
    // An error means that the connection has ended.
    tokio::select! {
        _ = pump(Direction::Requests).run(from_client, to_server) => {}
        _ = pump(Direction::Replies).run(from_server, to_client) => {}
    }
}

/// One direction of a connection.
struct Pump<'a> {
    direction: Direction,
    shared: &'a Shared,
    replied: &'a AtomicBool,
    /// The number of the last fault.
    number: usize,
    /// The bytes that were forwarded since it was set.
    passed: usize,
    /// Whether bytes were dropped. Later bytes must be dropped as well then, because TCP keeps their order.
    has_dropped: bool,
}

impl Pump<'_> {
    async fn run(mut self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> io::Result<()> {
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let length = from.read(&mut piece).await?;
            if length == 0 {
                return Ok(());
            }
            self.count();
            let (allowed, cut) = self.allowed(length).await;
            to.write_all(piece.get(..allowed).unwrap_or_default()).await?;
            if cut {
                self.shared.cuts.fetch_add(1, Ordering::SeqCst);
                return Ok(());
            }
        }
    }

    fn count(&self) {
        match self.direction {
            Direction::Requests if self.replied.swap(false, Ordering::SeqCst) => {
                self.shared.round_trips.fetch_add(1, Ordering::SeqCst);
            }
            Direction::Requests => {}
            Direction::Replies => self.replied.store(true, Ordering::SeqCst),
        }
    }

    /// How many of `length` bytes are forwarded, and whether the connection is cut after them. Waits if they are
    /// delayed.
    async fn allowed(&mut self, length: usize) -> (usize, bool) {
        let current = *self.shared.current.lock().expect("no connection panics");
        if self.number != current.number {
            self.number = current.number;
            self.passed = 0;
        }
        let (limit, delay) = match (current.fault, self.direction) {
            (Fault::CutRequests { after }, Direction::Requests)
            | (Fault::CutReplies { after }, Direction::Replies) => (Some(after), Duration::ZERO),
            (Fault::DelayReplies(delay), Direction::Replies) => (None, delay),
            (Fault::DropReplies, Direction::Replies) => {
                self.has_dropped = true;
                (None, Duration::ZERO)
            }
            _ => (None, Duration::ZERO),
        };
        if self.has_dropped {
            return (0, false);
        }
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let allowed = limit.map_or(length, |limit| length.min(limit - self.passed.min(limit)));
        self.passed += allowed;
        (allowed, limit.is_some_and(|limit| self.passed >= limit))
    }
}
