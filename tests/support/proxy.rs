//! A network that fails: a TCP proxy before a server, which cuts, delays or swallows what passes.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The most bytes that are passed on at once.
const PIECE_BYTES: usize = 64 * 1024;

/// What happens to the traffic, on every connection, until something else is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: everything passes.
    None,
    /// A connection breaks once so many bytes of requests have passed on it since this was set.
    CutRequests {
        /// The bytes that still reach the server.
        after: usize,
    },
    /// A connection breaks once so many bytes of answers have passed on it since this was set.
    CutAnswers {
        /// The bytes that still reach the client.
        after: usize,
    },
    /// Requests pass, and every piece of an answer comes so much later.
    DelayAnswers(Duration),
    /// Requests pass, and answers never come: neither these nor, on connections that have lost any, later ones.
    DropAnswers,
}

/// A proxy on a free port. It ends, with its connections, when this is dropped.
pub struct Proxy {
    address: SocketAddr,
    line: Arc<Line>,
    running: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy before the server at `server`, which lets everything pass.
    ///
    /// # Panics
    ///
    /// When it cannot listen.
    pub async fn before(server: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("there is a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let server: SocketAddr = server.parse().expect("a server has an address");
        let line = Arc::new(Line::default());
        let running = tokio::spawn(accept(listener, server, Arc::clone(&line)));
        Self { address, line, running }
    }

    /// Where it listens, as `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Lets this happen from now on.
    ///
    /// # Panics
    ///
    /// When a connection has panicked.
    pub fn set(&self, fault: Fault) {
        let mut weather = self.line.weather.lock().expect("no connection panics");
        *weather = Weather { fault, number: weather.number + 1 };
    }

    /// How many exchanges there were: a client that sends something, and again after it was answered, has
    /// made two.
    #[must_use]
    pub fn exchanges(&self) -> usize {
        self.line.exchanges.load(Ordering::SeqCst)
    }

    /// How many connections were cut.
    #[must_use]
    pub fn cuts(&self) -> usize {
        self.line.cuts.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.running.abort();
    }
}

/// What all connections share.
#[derive(Default)]
struct Line {
    weather: Mutex<Weather>,
    exchanges: AtomicUsize,
    cuts: AtomicUsize,
}

/// A fault and its number: two equal ones, one after the other, are still two.
#[derive(Clone, Copy)]
struct Weather {
    fault: Fault,
    number: usize,
}

impl Default for Weather {
    fn default() -> Self {
        Self { fault: Fault::None, number: 0 }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Requests,
    Answers,
}

async fn accept(listener: TcpListener, server: SocketAddr, line: Arc<Line>) {
    // Dropping the set ends the connections.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        connections.spawn(connect(client, server, Arc::clone(&line)));
        while connections.try_join_next().is_some() {}
    }
}

/// Serves one connection until either side ends it, or it is cut. Both sides see it break then.
async fn connect(client: TcpStream, server: SocketAddr, line: Arc<Line>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    if client.set_nodelay(true).and(server.set_nodelay(true)).is_err() {
        return;
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // The first request is as if it came after an answer.
    let answered = AtomicBool::new(true);
    let pump = |direction| Pump {
        direction,
        line: &line,
        answered: &answered,
        number: 0,
        passed: 0,
        is_lost: false,
    };
    // What is an error here is how a connection ends.
    tokio::select! {
        _ = pump(Direction::Requests).run(from_client, to_server) => {}
        _ = pump(Direction::Answers).run(from_server, to_client) => {}
    }
}

/// One direction of a connection.
struct Pump<'a> {
    direction: Direction,
    line: &'a Line,
    answered: &'a AtomicBool,
    /// The fault that was met last.
    number: usize,
    /// The bytes that passed since it was set.
    passed: usize,
    /// Bytes were lost on the way. TCP lets nothing pass that comes after them.
    is_lost: bool,
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
                self.line.cuts.fetch_add(1, Ordering::SeqCst);
                return Ok(());
            }
        }
    }

    fn count(&self) {
        match self.direction {
            Direction::Requests if self.answered.swap(false, Ordering::SeqCst) => {
                self.line.exchanges.fetch_add(1, Ordering::SeqCst);
            }
            Direction::Requests => {}
            Direction::Answers => self.answered.store(true, Ordering::SeqCst),
        }
    }

    /// How many of `length` bytes may pass, and whether the connection breaks then; waits if they come later.
    async fn allowed(&mut self, length: usize) -> (usize, bool) {
        let weather = *self.line.weather.lock().expect("no connection panics");
        if self.number != weather.number {
            self.number = weather.number;
            self.passed = 0;
        }
        let (limit, delay) = match (weather.fault, self.direction) {
            (Fault::CutRequests { after }, Direction::Requests)
            | (Fault::CutAnswers { after }, Direction::Answers) => (Some(after), Duration::ZERO),
            (Fault::DelayAnswers(delay), Direction::Answers) => (None, delay),
            (Fault::DropAnswers, Direction::Answers) => {
                self.is_lost = true;
                (None, Duration::ZERO)
            }
            _ => (None, Duration::ZERO),
        };
        if self.is_lost {
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
