//! Takes answers out of the bytes that a server sends.

use std::io;

use bytes::{Buf, BufMut, BytesMut};
use memcache::exp::{Error as ClientError, MetaCommandResult, MetaResponse, ReturnCode, parse_meta_result};
use tokio::net::TcpStream;

/// How much is read at once, when it is not the rest of a value.
const PIECE_BYTES: usize = 64 * 1024;

/// The longest line that makes sense: a return code and a few short flags.
const MAX_LINE_BYTES: usize = 2048;

/// What a server says to a command: the result, or its complaint ([`ClientError::Server`] or
/// [`ClientError::Rejected`]).
pub(super) type Answer = Result<MetaCommandResult, ClientError>;

/// What came is no answer. Nothing that comes after it can be trusted.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotUnderstood;

/// The bytes that have come, and are not yet taken as answers.
pub(super) struct Incoming {
    buffer: BytesMut,
    /// The answer whose value is not yet complete.
    partial: Option<Partial>,
    max_value_bytes: usize,
}

/// An answer and its value as far as it has come, with the end of its line.
struct Partial {
    answer: MetaCommandResult,
    bytes: Vec<u8>,
    size: usize,
}

impl Partial {
    fn missing(&self) -> usize {
        (self.size + LINE_END.len()).saturating_sub(self.bytes.len())
    }
}

const LINE_END: &[u8] = b"\r\n";

impl Incoming {
    /// Nothing yet, from a server whose items have at most so many bytes.
    pub(super) fn new(item_size_max: u64) -> Self {
        let max_value_bytes = usize::try_from(item_size_max).unwrap_or(usize::MAX);
        Self { buffer: BytesMut::new(), partial: None, max_value_bytes }
    }

    /// Takes what has arrived on a connection, and answers how many bytes that were; 0 at its end.
    ///
    /// # Errors
    ///
    /// Those of the connection, among them [`io::ErrorKind::WouldBlock`] when nothing has arrived.
    pub(super) fn read(&mut self, stream: &TcpStream) -> io::Result<usize> {
        if self.buffer.is_empty()
            && let Some(partial) = &mut self.partial
        {
            // A long value goes where it belongs, without a copy.
            let missing = partial.missing();
            return stream.try_read_buf(&mut (&mut partial.bytes).limit(missing));
        }
        self.buffer.reserve(PIECE_BYTES);
        stream.try_read_buf(&mut self.buffer)
    }

    /// The next answer that has come in full.
    pub(super) fn next(&mut self) -> Result<Option<Answer>, NotUnderstood> {
        if self.partial.is_none() {
            let Some(line) = self.line()? else { return Ok(None) };
            let answer = match MetaResponse::parse_header(&line) {
                Err(complaint @ (ClientError::Server(_) | ClientError::Rejected(_))) => {
                    return Ok(Some(Err(complaint)));
                }
                Err(_) => return Err(NotUnderstood),
                Ok(answer) => answer,
            };
            let size = self.value_size(answer.rc(), &line)?;
            let answer = parse_meta_result(answer).map_err(|_| NotUnderstood)?;
            let Some(size) = size else { return Ok(Some(Ok(answer))) };
            let bytes = Vec::with_capacity(size + LINE_END.len());
            self.partial = Some(Partial { answer, bytes, size });
        }
        self.complete()
    }

    /// Takes a line, without its end.
    fn line(&mut self) -> Result<Option<BytesMut>, NotUnderstood> {
        let Some(end) = self.buffer.iter().take(MAX_LINE_BYTES).position(|&byte| byte == b'\n') else {
            return if self.buffer.len() < MAX_LINE_BYTES { Ok(None) } else { Err(NotUnderstood) };
        };
        let mut line = self.buffer.split_to(end + 1);
        let length = line.strip_suffix(LINE_END).ok_or(NotUnderstood)?.len();
        line.truncate(length);
        Ok(Some(line))
    }

    /// The size of the value that follows a line. The client library checks it, and keeps it to itself.
    fn value_size(&self, code: ReturnCode, line: &[u8]) -> Result<Option<usize>, NotUnderstood> {
        if code != ReturnCode::Va {
            return Ok(None);
        }
        let word = line.split(|&byte| byte == b' ').filter(|word| !word.is_empty()).nth(1);
        let size = word.and_then(|word| std::str::from_utf8(word).ok()?.parse().ok());
        size.filter(|&size| size <= self.max_value_bytes).map(Some).ok_or(NotUnderstood)
    }

    /// Moves what has come of a value to it, and gives the answer when that was all.
    fn complete(&mut self) -> Result<Option<Answer>, NotUnderstood> {
        let Some(mut partial) = self.partial.take() else { return Ok(None) };
        let here = partial.missing().min(self.buffer.len());
        partial.bytes.extend_from_slice(self.buffer.get(..here).unwrap_or_default());
        self.buffer.advance(here);
        if partial.missing() > 0 {
            self.partial = Some(partial);
            return Ok(None);
        }
        if !partial.bytes.ends_with(LINE_END) {
            return Err(NotUnderstood);
        }
        partial.bytes.truncate(partial.size);
        partial.answer.value = Some(partial.bytes);
        Ok(Some(Ok(partial.answer)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is understood of bytes that come in pieces of this size.
    fn understood(bytes: &[u8], piece: usize) -> Result<Vec<Answer>, NotUnderstood> {
        let mut incoming = Incoming::new(100);
        let mut answers = Vec::new();
        for piece in bytes.chunks(piece) {
            incoming.buffer.extend_from_slice(piece);
            while let Some(answer) = incoming.next()? {
                answers.push(answer);
            }
        }
        Ok(answers)
    }

    #[test]
    fn answers_are_understood_in_whatever_pieces_they_come() {
        let bytes =
            b"VA 5 c7 t-1 O1\r\na\r\nb\n\r\nEN O2\r\nSERVER_ERROR out of memory\r\nVA 0 c8\r\n\r\nHD c9\r\n";
        for piece in 1..=bytes.len() {
            let answers = understood(bytes, piece).unwrap();
            let [Ok(found), Ok(missed), Err(ClientError::Server(text)), Ok(empty), Ok(done)] = &answers[..]
            else {
                panic!("in pieces of {piece}: {answers:?}");
            };
            assert_eq!(
                (found.value.as_deref(), found.cas, found.ttl),
                (Some(&b"a\r\nb\n"[..]), Some(7), Some(-1))
            );
            assert_eq!((missed.rc, missed.opaque.as_deref()), (ReturnCode::En, Some(&b"2"[..])));
            assert_eq!(text, "out of memory");
            assert_eq!((empty.value.as_deref(), empty.cas), (Some(&b""[..]), Some(8)));
            assert_eq!((done.rc, done.cas), (ReturnCode::Hd, Some(9)));
        }
    }

    #[test]
    fn what_is_no_answer_is_not_understood() {
        let long_line = vec![b'x'; MAX_LINE_BYTES];
        let bad: [&[u8]; 8] = [
            b"XX\r\n",
            b"HD\n",
            b"\r\n",
            b"VA x\r\n",
            b"VA 101\r\n",
            b"VA 1\r\nab\r\n",
            b"HD cx\r\n",
            &long_line,
        ];
        for bytes in bad {
            assert_eq!(understood(bytes, bytes.len()).err(), Some(NotUnderstood), "{bytes:?}");
        }
    }
}
