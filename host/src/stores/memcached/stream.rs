//! The two halves of a connection, with or without TLS.
//!
//! Without TLS, bytes go straight to the system and come straight from it. With TLS they pass a buffer: bytes that it
//! has accepted count as sent, because the system may send them at any time.

use std::io::{self, BufRead as _, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::BufMut;
use rustls::ClientConnection;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// A connection, on which the handshakes are done.
pub(super) struct Stream {
    pub(super) tcp: TcpStream,
    pub(super) tls: Option<ClientConnection>,
}

/// The half that reads.
pub(super) struct Reader {
    tcp: OwnedReadHalf,
    tls: Option<Session>,
}

/// The half that writes. When it is dropped, the server sees the end of the connection.
pub(super) struct Writer {
    tcp: OwnedWriteHalf,
    tls: Option<Session>,
}

impl Stream {
    pub(super) fn into_split(self) -> (Reader, Writer) {
        let (reader, writer) = self.tcp.into_split();
        let state = |connection| TlsState { connection, is_begun: false };
        let tls = self.tls.map(|connection| Session(Arc::new(Mutex::new(state(connection)))));
        (Reader { tcp: reader, tls: tls.clone() }, Writer { tcp: writer, tls })
    }
}

impl Reader {
    /// Waits for bytes, and appends them; 0 at the end of the connection. Loses nothing when it is dropped.
    pub(super) async fn read(&mut self, space: &mut impl BufMut) -> io::Result<usize> {
        let Some(tls) = &self.tls else { return self.tcp.read_buf(space).await };
        loop {
            if let Some(bytes) = tls.take(space)? {
                return Ok(bytes);
            }
            self.tcp.readable().await?;
            match tls.receive(&self.tcp) {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                _ => {}
            }
        }
    }
}

impl Writer {
    /// Writes as much of these requests as is taken at once, and returns how much that is. With TLS it also writes what
    /// is buffered.
    pub(super) fn try_write_vectored(&self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        match &self.tls {
            None => self.tcp.try_write_vectored(pieces),
            Some(tls) => tls.write(&self.tcp, pieces),
        }
    }

    /// Whether bytes that were taken wait in the buffer of TLS.
    pub(super) fn has_buffered(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.state().connection.wants_write())
    }

    /// Waits until the system takes bytes again.
    pub(super) async fn writable(&self) -> io::Result<()> {
        self.tcp.writable().await
    }

    /// Whether the connection has ended, or bytes have come that nobody has read. With TLS these may be a message of TLS
    /// itself; memcached sends none on an idle connection but that of its end.
    pub(super) fn has_come(&self) -> bool {
        let mut byte = [MaybeUninit::uninit()];
        let peeked = socket2::SockRef::from(self.tcp.as_ref()).peek(&mut byte);
        !peeked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(tls) = &self.tls {
            let mut state = tls.state();
            state.connection.send_close_notify();
            // The server sees the end of the connection in any case.
            let _ = flush(&mut state.connection, &self.tcp);
        }
    }
}

/// The state of TLS, which both halves share. It is locked for no longer than it takes to encrypt or decrypt, and for
/// system calls that do not wait.
#[derive(Clone)]
struct Session(Arc<Mutex<TlsState>>);

struct TlsState {
    connection: ClientConnection,
    /// A part of the next request was accepted already.
    is_begun: bool,
}

/// The most bytes of one record of TLS, which are also the most that memcached reads at once.
const RECORD_BYTES: usize = 16 * 1024;

/// How many bytes at the end of a long request have a record of their own.
const LAST_BYTES: usize = 2;

impl TlsState {
    /// Encrypts as much of a request as fits the buffer.
    ///
    /// memcached waits for the system to announce bytes, also when it has decrypted a record and used only a part of it:
    /// what follows a value there is not seen until another record comes. So no record has bytes of two requests, and the
    /// end of a request that takes several records comes in one of its own.
    fn accept(&mut self, request: &[u8]) -> io::Result<usize> {
        let is_long = self.is_begun || request.len() > RECORD_BYTES;
        let last = if is_long { LAST_BYTES } else { 0 };
        let (most, end) = request.split_at(request.len().saturating_sub(last));
        let mut accepted = self.connection.writer().write(most)?;
        if accepted == most.len() {
            accepted += self.connection.writer().write(end)?;
        }
        self.is_begun = accepted < request.len();
        Ok(accepted)
    }
}

impl Session {
    fn state(&self) -> MutexGuard<'_, TlsState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes bytes that are decrypted already, if there are any; 0 at the end of the connection.
    fn take(&self, space: &mut impl BufMut) -> io::Result<Option<usize>> {
        let mut state = self.state();
        let mut reader = state.connection.reader();
        let decrypted = match reader.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            decrypted => decrypted?,
        };
        let taken = decrypted.len().min(space.remaining_mut());
        space.put_slice(decrypted.get(..taken).unwrap_or_default());
        reader.consume(taken);
        Ok(Some(taken))
    }

    /// Decrypts what has come.
    fn receive(&self, tcp: &OwnedReadHalf) -> io::Result<()> {
        let connection = &mut self.state().connection;
        connection.read_tls(&mut TryRead(tcp))?;
        let processed = connection.process_new_packets();
        processed.map(drop).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    fn write(&self, tcp: &OwnedWriteHalf, requests: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut state = self.state();
        flush(&mut state.connection, tcp)?;
        let mut accepted = 0;
        for request in requests {
            accepted += state.accept(request)?;
            if state.is_begun {
                break;
            }
        }
        match flush(&mut state.connection, tcp) {
            // These bytes count as sent whatever becomes of them. The next call returns the error, if it is one.
            Err(_) if accepted > 0 => Ok(accepted),
            flushed => flushed.map(|()| accepted),
        }
    }
}

/// Writes everything that is encrypted.
fn flush(connection: &mut ClientConnection, tcp: &OwnedWriteHalf) -> io::Result<()> {
    while connection.wants_write() {
        connection.write_tls(&mut TryWrite(tcp))?;
    }
    Ok(())
}

/// Reads what has come, without waiting.
struct TryRead<'a>(&'a OwnedReadHalf);

impl Read for TryRead<'_> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(space)
    }
}

/// Writes what the system takes, without waiting.
struct TryWrite<'a>(&'a OwnedWriteHalf);

impl Write for TryWrite<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write_vectored(pieces)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
