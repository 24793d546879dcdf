//! Takes answers out of the bytes that a server sends.

use std::io;

use bytes::{Buf, BufMut, BytesMut};
use lovely_session_memcached::{Answer, Answered, LINE_END, Line, MAX_LINE_BYTES, NotUnderstood, parse_line};
use tokio::net::TcpStream;

/// How much is read at once, when it is not the rest of a value.
const PIECE_BYTES: usize = 64 * 1024;

/// How much room a value gets before it comes: that of the largest one that memcached allows unless told otherwise.
/// For more, room is made as the bytes arrive: a server can announce what it does not have.
const RESERVED_BYTES: usize = 1024 * 1024;

/// The bytes that have come, and are not yet taken as answers.
pub(super) struct Incoming {
    buffer: BytesMut,
    /// The answer whose value is not yet complete.
    partial: Option<Partial>,
    max_value_bytes: usize,
}

/// An answer and its value as far as it has come, with the end of its line.
struct Partial {
    answer: Answer,
    bytes: Vec<u8>,
    size: usize,
}

impl Partial {
    fn missing(&self) -> usize {
        (self.size + LINE_END.len()).saturating_sub(self.bytes.len())
    }
}

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
            if partial.bytes.len() == partial.bytes.capacity() {
                // At least doubles, so that what has come is moved few times.
                partial.bytes.reserve(missing.min(RESERVED_BYTES));
            }
            return stream.try_read_buf(&mut (&mut partial.bytes).limit(missing));
        }
        self.buffer.reserve(PIECE_BYTES);
        stream.try_read_buf(&mut self.buffer)
    }

    /// The next answer that has come in full.
    pub(super) fn next(&mut self) -> Result<Option<Answered>, NotUnderstood> {
        if self.partial.is_none() {
            let Some(line) = self.line()? else { return Ok(None) };
            let (answer, size) = match parse_line(&line)? {
                Line::Complete(answered) => return Ok(Some(answered)),
                Line::Value(_, size) if size > self.max_value_bytes => return Err(NotUnderstood),
                Line::Value(answer, size) => (answer, size),
            };
            let bytes = Vec::with_capacity((size + LINE_END.len()).min(RESERVED_BYTES));
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

    /// Moves what has come of a value to it, and gives the answer when that was all.
    fn complete(&mut self) -> Result<Option<Answered>, NotUnderstood> {
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
    use lovely_session_memcached::{Code, Complaint};

    use super::*;

    /// What is understood of bytes that come in pieces of this size.
    fn understood(bytes: &[u8], piece: usize) -> Result<Vec<Answered>, NotUnderstood> {
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
            let [Ok(found), Ok(missed), Err(Complaint::Server(text)), Ok(empty), Ok(done)] = &answers[..]
            else {
                panic!("in pieces of {piece}: {answers:?}");
            };
            assert_eq!(
                (found.value.as_deref(), found.cas, found.ttl),
                (Some(&b"a\r\nb\n"[..]), Some(7), Some(-1))
            );
            assert_eq!((missed.code, missed.opaque), (Code::En, Some(2)));
            assert_eq!(text, "out of memory");
            assert_eq!((empty.value.as_deref(), empty.cas), (Some(&b""[..]), Some(8)));
            assert_eq!((done.code, done.cas), (Code::Hd, Some(9)));
        }
    }

    #[test]
    fn a_value_gets_no_more_room_than_has_arrived_of_it() {
        let mut incoming = Incoming::new(1 << 30);
        incoming.buffer.extend_from_slice(b"VA 1073741824 c7\r\nand so on");
        assert_eq!(incoming.next(), Ok(None));
        let room = incoming.partial.unwrap().bytes.capacity();
        assert!(room <= RESERVED_BYTES, "{room} bytes");
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
