//! HTTP by hand, for what no decent client does.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A connection whose bytes the test writes and reads itself. It blocks its thread: the server needs another one.
pub struct RawConnection {
    stream: TcpStream,
}

impl RawConnection {
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self { stream }
    }

    /// The server's end of it.
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

    /// Reads one answer, to the end of its body and no further, as text.
    pub fn read_answer(&mut self) -> String {
        let mut answer = String::new();
        while !is_whole(&answer) {
            let mut byte = [0];
            self.stream.read_exact(&mut byte).unwrap();
            answer.push(char::from(byte[0]));
        }
        answer
    }

    /// Reads until the server closes the connection, and gives what it sent until then.
    pub fn read_to_the_end(&mut self) -> String {
        let mut bytes = Vec::new();
        match self.stream.read_to_end(&mut bytes) {
            Ok(_) => {}
            // A server that closes while we send is heard like this.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("the connection is still open: {error}"),
        }
        String::from_utf8(bytes).unwrap()
    }
}

fn is_whole(answer: &str) -> bool {
    let Some((head, body)) = answer.split_once("\r\n\r\n") else { return false };
    let head = head.to_ascii_lowercase();
    match head.split("content-length: ").nth(1) {
        Some(length) => body.len() == length.lines().next().unwrap().parse::<usize>().unwrap(),
        None if head.contains("transfer-encoding: chunked") => body.ends_with("0\r\n\r\n"),
        None => true,
    }
}
