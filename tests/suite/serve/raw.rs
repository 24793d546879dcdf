//! HTTP by hand, for requests that HTTP clients do not send.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A connection on which the test writes and reads bytes itself. It blocks its thread, so a server that has yet to accept
/// it needs another one.
pub struct RawConnection {
    stream: TcpStream,
}

impl RawConnection {
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self { stream }
    }

    /// The address of the server.
    pub fn address(&self) -> SocketAddr {
        self.stream.peer_addr().unwrap()
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// Sends a request without a body.
    pub fn send_request(&mut self, path: &str) {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n"));
    }

    /// Reads one response, as text.
    pub fn read_response(&mut self) -> String {
        let mut response = String::new();
        while !is_whole(&response) {
            let mut byte = [0];
            self.stream.read_exact(&mut byte).unwrap();
            response.push(char::from(byte[0]));
        }
        response
    }

    /// Reads until this part of a response has come.
    pub fn read_up_to(&mut self, part: &str) {
        let mut response = String::new();
        while !response.ends_with(part) {
            let mut byte = [0];
            self.stream.read_exact(&mut byte).unwrap();
            response.push(char::from(byte[0]));
        }
    }

    /// Reads until what was read has what is wanted, or the server closes the connection.
    pub fn read_until(&mut self, is_wanted: impl Fn(&[u8]) -> bool) {
        let mut bytes = Vec::new();
        let mut piece = [0; 1024];
        while !is_wanted(&bytes) {
            match self.stream.read(&mut piece) {
                Ok(0) => return,
                Ok(count) => bytes.extend(&piece[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return,
                Err(error) => panic!("it has not come: {error}; {} bytes have", bytes.len()),
            }
        }
    }

    /// Reads at most this many bytes; 0 at the end.
    pub fn read_some(&mut self, most: usize) -> usize {
        self.stream.read(&mut vec![0; most]).unwrap()
    }

    /// Reads until the connection ends, however it does, and returns the number of bytes.
    pub fn count_to_the_end(&mut self) -> usize {
        let mut bytes = Vec::new();
        // A server that gives up resets the connection.
        let _ended = self.stream.read_to_end(&mut bytes);
        bytes.len()
    }

    /// Reads until the server closes the connection.
    pub fn discard_to_the_end(&mut self) {
        self.read_until(|_| false);
    }

    /// Sends what the server may refuse to receive.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.stream.write_all(bytes.as_ref())
    }

    /// Whether the server has closed the connection. Discards what it has sent.
    pub fn is_closed(&mut self) -> bool {
        self.stream.set_nonblocking(true).unwrap();
        let mut piece = [0; 4096];
        let closed = loop {
            match self.stream.read(&mut piece) {
                Ok(0) => break true,
                Ok(_) => {}
                Err(error) => break error.kind() != ErrorKind::WouldBlock,
            }
        };
        self.stream.set_nonblocking(false).unwrap();
        closed
    }

    /// Reads until the server closes the connection. Returns what it has sent.
    pub fn read_to_the_end(&mut self) -> String {
        let mut bytes = Vec::new();
        match self.stream.read_to_end(&mut bytes) {
            Ok(_) => {}
            // A server that closes the connection while the test sends causes this error.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("the connection is still open: {error}"),
        }
        String::from_utf8(bytes).unwrap()
    }
}

fn is_whole(response: &str) -> bool {
    let Some((head, body)) = response.split_once("\r\n\r\n") else { return false };
    let head = head.to_ascii_lowercase();
    match head.split("content-length: ").nth(1) {
        Some(length) => body.len() == length.lines().next().unwrap().parse::<usize>().unwrap(),
        None if head.contains("transfer-encoding: chunked") => body.ends_with("0\r\n\r\n"),
        None => true,
    }
}
