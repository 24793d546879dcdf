//! A network between a server and its store: a TCP proxy that delays what passes.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream as Socket};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

use crate::punctual;
use crate::spread::{Samples, Spread};

/// The distances, as the time of a round trip.
pub const DISTANCES: [(&str, Duration); 2] =
    [("200 µs", Duration::from_micros(200)), ("5 ms", Duration::from_millis(5))];

/// How servers with a store at a distance are measured.
pub const HOW: &str = "Clients add to carts of about 1 KB, as over HTTP, while what goes to memcached and back passes a \
proxy, which delays it by half of a round trip in each direction, and forwards pipelined commands together. The proxy, \
the clients, memcached and the server share the processors.";

/// The most bytes that are forwarded together.
const PIECE_BYTES: usize = 16 * 1024;

/// The number of round trips that are measured.
const ROUND_TRIPS: usize = 200;

/// A way to a server that takes time: half of a round trip in each direction, for each piece of data alone, so that
/// those that follow each other closely arrive so, too. It ends with its connections when this is dropped.
pub struct Distance {
    address: SocketAddr,
    _running: Runtime,
}

impl Distance {
    /// Puts a server at a distance.
    pub fn to(server: &str, round_trip: Duration) -> Self {
        let running = Builder::new_multi_thread().worker_threads(1).enable_io().build().expect("a thread");
        let listener = running.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let (on_their_way, arriving) = channel();
        thread::spawn(move || deliver(&arriving));
        let server = server.parse().expect("a server has an address");
        running.spawn(accept(listener, server, Way { takes: round_trip / 2, on_their_way }));
        Self { address, _running: running }
    }

    /// The address at this end of the way.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The store at the end of the way, for `--store`.
    pub fn store(&self) -> String {
        format!("memcached://{}", self.address)
    }

    /// The real time of a round trip, in microseconds.
    pub fn round_trip(&self) -> Spread {
        let mut socket = Socket::connect(self.address).expect("the proxy accepts connections");
        socket.set_nodelay(true).expect("a connection can be told not to wait");
        let mut replies = BufReader::new(socket.try_clone().expect("a socket can be shared")).lines();
        let mut round_trip = || {
            let begun = Instant::now();
            socket.write_all(b"mn\r\n").expect("memcached takes a command");
            assert!(replies.next().is_some_and(|reply| reply.is_ok()), "memcached replies");
            begun.elapsed().as_secs_f64() * 1e6
        };
        Samples((0..ROUND_TRIPS).map(|_| round_trip()).collect()).spread()
    }
}

/// One direction, as its connections use it.
#[derive(Clone)]
struct Way {
    takes: Duration,
    on_their_way: Sender<Piece>,
}

/// Data on its way to a socket; nothing, if there will be no more.
struct Piece {
    arrives: Instant,
    to: Arc<Socket>,
    bytes: Vec<u8>,
}

async fn accept(listener: TcpListener, server: SocketAddr, way: Way) {
    loop {
        let (near, _) = listener.accept().await.expect("a connection can be accepted");
        let far = TcpStream::connect(server).await.expect("the server accepts connections");
        let (near, to_near) = with_socket(near);
        let (far, to_far) = with_socket(far);
        tokio::spawn(carry(near, to_far, way.clone()));
        tokio::spawn(carry(far, to_near, way.clone()));
    }
}

/// A stream for reading, and its socket for writing from the thread that delivers.
fn with_socket(stream: TcpStream) -> (TcpStream, Arc<Socket>) {
    stream.set_nodelay(true).expect("a connection can be told not to wait");
    let socket = stream.into_std().expect("a stream has a socket");
    let other = socket.try_clone().expect("a socket can be shared");
    (TcpStream::from_std(socket).expect("a socket does not block"), Arc::new(other))
}

async fn carry(mut from: impl AsyncRead + Unpin, to: Arc<Socket>, way: Way) {
    loop {
        let mut bytes = Vec::with_capacity(PIECE_BYTES);
        let ended = matches!(from.read_buf(&mut bytes).await, Ok(0) | Err(_));
        let piece = Piece { arrives: Instant::now() + way.takes, to: Arc::clone(&to), bytes };
        if way.on_their_way.send(piece).is_err() || ended {
            return;
        }
    }
}

/// Delivers pieces when they arrive. All are on their way for the same time, so they arrive in the order in which they
/// were sent.
fn deliver(pieces: &Receiver<Piece>) {
    for piece in pieces {
        punctual::wait_until(piece.arrives);
        if piece.bytes.is_empty() {
            // Fails when the connection is closed already.
            let _closed = piece.to.shutdown(Shutdown::Write);
        } else {
            write(&piece.to, &piece.bytes);
        }
    }
}

/// Writes to a socket that does not block. Who has closed it misses nothing.
fn write(mut to: &Socket, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match to.write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::yield_now(),
            Err(_) => return,
        }
    }
}
