//! Takes replies out of the bytes that a server sends.

use std::str;

use memcache::exp::{Error, MetaCommandResult, MetaResponse, ReturnCode, parse_meta_result};

use crate::reply::{InvalidReply, Reply};

/// The end of a line, and of a value.
const LINE_END: &[u8] = b"\r\n";

/// The longest line that is accepted. A reply's line is a return code and a few short flags.
const MAX_LINE_BYTES: usize = 2048;

/// The space for bytes that are not the rest of a value.
const CHUNK_BYTES: usize = 64 * 1024;

/// The capacity that a value gets before its bytes arrive: the item limit of a memcached with default settings. A larger
/// value gets more as its bytes arrive, because a server can announce a size that it never sends.
const RESERVED_BYTES: usize = 1024 * 1024;

/// The bytes that have come on a connection and are not yet taken as replies.
#[derive(Debug)]
pub struct ReplyBuffer {
    bytes: Vec<u8>,
    /// How many of the bytes are parsed already.
    taken: usize,
    partial: Option<PartialReply>,
    max_value_bytes: usize,
}

/// A reply whose value is incomplete.
#[derive(Debug)]
struct PartialReply {
    result: MetaCommandResult,
    /// The value as far as it has come, with the end of its line.
    bytes: Vec<u8>,
    size: usize,
}

/// The line that a reply begins with.
enum Header {
    Complete(Reply),
    /// A value of this many bytes follows.
    Value(MetaCommandResult, usize),
}

impl PartialReply {
    fn new(result: MetaCommandResult, size: usize) -> Self {
        Self { result, bytes: Vec::with_capacity((size + LINE_END.len()).min(RESERVED_BYTES)), size }
    }

    fn missing(&self) -> usize {
        (self.size + LINE_END.len()).saturating_sub(self.bytes.len())
    }
}

impl ReplyBuffer {
    /// An empty buffer for a connection to a server whose items have at most `item_size_max` bytes. A larger value is
    /// invalid.
    pub fn new(item_size_max: u64) -> Self {
        let max_value_bytes = usize::try_from(item_size_max).unwrap_or(usize::MAX);
        Self { bytes: Vec::new(), taken: 0, partial: None, max_value_bytes }
    }

    /// Adds bytes that have come.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.discard_taken();
        self.bytes.extend_from_slice(bytes);
    }

    /// The vector to append the next bytes to, and at most how many. The rest of a long value is read into the value
    /// itself, without a copy.
    pub fn space(&mut self) -> (&mut Vec<u8>, usize) {
        self.discard_taken();
        match &mut self.partial {
            Some(partial) if self.bytes.is_empty() => {
                let missing = partial.missing();
                if partial.bytes.len() == partial.bytes.capacity() {
                    // At least doubles, so that the bytes are moved few times.
                    partial.bytes.reserve(missing.min(RESERVED_BYTES));
                }
                (&mut partial.bytes, missing)
            }
            _ => {
                self.bytes.reserve(CHUNK_BYTES);
                (&mut self.bytes, usize::MAX)
            }
        }
    }

    /// The next complete reply; `None` until more bytes come.
    ///
    /// # Errors
    ///
    /// When the bytes are not a reply. Close the connection then.
    pub fn next_reply(&mut self) -> Result<Option<Reply>, InvalidReply> {
        if self.partial.is_none() {
            let Some(line) = line(self.bytes.get(self.taken..).unwrap_or_default())? else { return Ok(None) };
            let header = parse_header(line)?;
            self.taken += line.len() + LINE_END.len();
            match header {
                Header::Complete(reply) => return Ok(Some(reply)),
                Header::Value(_, size) if size > self.max_value_bytes => return Err(InvalidReply),
                Header::Value(result, size) => self.partial = Some(PartialReply::new(result, size)),
            }
        }
        self.complete()
    }

    /// Moves bytes to the partial reply, and returns it when its value is complete.
    fn complete(&mut self) -> Result<Option<Reply>, InvalidReply> {
        let Some(mut partial) = self.partial.take() else { return Ok(None) };
        let rest = self.bytes.get(self.taken..).unwrap_or_default();
        let bytes = rest.get(..partial.missing()).unwrap_or(rest);
        partial.bytes.extend_from_slice(bytes);
        self.taken += bytes.len();
        if partial.missing() > 0 {
            self.partial = Some(partial);
            return Ok(None);
        }
        if !partial.bytes.ends_with(LINE_END) {
            return Err(InvalidReply);
        }
        partial.bytes.truncate(partial.size);
        partial.result.value = Some(partial.bytes);
        Ok(Some(Ok(partial.result)))
    }

    fn discard_taken(&mut self) {
        self.bytes.drain(..self.taken);
        self.taken = 0;
    }
}

/// The first line without its end; `None` when its end has not come.
fn line(bytes: &[u8]) -> Result<Option<&[u8]>, InvalidReply> {
    match bytes.iter().take(MAX_LINE_BYTES).position(|&byte| byte == b'\n') {
        Some(end) => {
            bytes.get(..=end).and_then(|line| line.strip_suffix(LINE_END)).map(Some).ok_or(InvalidReply)
        }
        None if bytes.len() < MAX_LINE_BYTES => Ok(None),
        None => Err(InvalidReply),
    }
}

fn parse_header(line: &[u8]) -> Result<Header, InvalidReply> {
    let response = match MetaResponse::parse_header(line) {
        Ok(response) => response,
        Err(error @ (Error::Server(_) | Error::Rejected(_))) => return Ok(Header::Complete(Err(error))),
        Err(_) => return Err(InvalidReply),
    };
    let has_value = response.rc() == ReturnCode::Va;
    let result = parse_meta_result(response).map_err(|_| InvalidReply)?;
    Ok(if has_value { Header::Value(result, data_length(line)?) } else { Header::Complete(Ok(result)) })
}

/// The length of the value that follows a `VA` line. The crate `memcache` checks it and does not expose it.
fn data_length(line: &[u8]) -> Result<usize, InvalidReply> {
    let word = line.split(|&byte| byte == b' ').filter(|word| !word.is_empty()).nth(1);
    word.and_then(|word| str::from_utf8(word).ok()?.parse().ok()).ok_or(InvalidReply)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::opaque;

    const REPLIES: &[u8] =
        b"VA 5 c7 t-1 O1\r\na\r\nb\n\r\nEN O2\r\nSERVER_ERROR out of memory\r\nVA 0 c8\r\n\r\nHD O4 W s5 c9\r\n";

    fn replies(buffer: &mut ReplyBuffer) -> Result<Vec<Reply>, InvalidReply> {
        std::iter::from_fn(|| buffer.next_reply().transpose()).collect()
    }

    /// The replies in bytes that come in chunks of this size.
    fn received(bytes: &[u8], chunk: usize) -> Result<Vec<Reply>, InvalidReply> {
        let mut buffer = ReplyBuffer::new(100);
        let mut all = Vec::new();
        for chunk in bytes.chunks(chunk) {
            buffer.receive(chunk);
            all.extend(replies(&mut buffer)?);
        }
        Ok(all)
    }

    fn assert_are_the_replies(replies: &[Reply]) {
        let [Ok(found), Ok(missed), Err(Error::Server(text)), Ok(empty), Ok(done)] = replies else {
            panic!("{replies:?}");
        };
        assert_eq!(
            (found.rc, found.value.as_deref(), found.cas, found.ttl),
            (ReturnCode::Va, Some(&b"a\r\nb\n"[..]), Some(7), Some(-1))
        );
        assert_eq!((missed.rc, opaque(missed)), (ReturnCode::En, Some(2)));
        assert_eq!(text, "out of memory");
        assert_eq!((empty.value.as_deref(), empty.cas), (Some(&b""[..]), Some(8)));
        assert_eq!((done.rc, done.cas, opaque(done)), (ReturnCode::Hd, Some(9), Some(4)));
    }

    #[test]
    fn replies_are_parsed_in_whatever_chunks_they_come() {
        for chunk in 1..=REPLIES.len() {
            assert_are_the_replies(&received(REPLIES, chunk).unwrap());
        }
    }

    #[test]
    fn bytes_may_be_appended_in_place() {
        for chunk in 1..=REPLIES.len() {
            let mut buffer = ReplyBuffer::new(100);
            let (mut all, mut rest) = (Vec::new(), REPLIES);
            while !rest.is_empty() {
                let (space, limit) = buffer.space();
                let (bytes, later) = rest.split_at(chunk.min(limit).min(rest.len()));
                space.extend_from_slice(bytes);
                rest = later;
                all.extend(replies(&mut buffer).unwrap());
            }
            assert_are_the_replies(&all);
        }
    }

    #[test]
    fn replies_that_are_cut_anywhere_are_those_that_came_in_full() {
        // Where each reply ends.
        let ends = [23, 30, 58, 69, REPLIES.len()];
        for cut in 0..REPLIES.len() {
            let complete = ends.iter().filter(|end| **end <= cut).count();
            assert_eq!(received(&REPLIES[..cut], 7).unwrap().len(), complete, "cut at {cut}");
        }
    }

    #[test]
    fn error_replies_have_the_text_of_the_server() {
        let error = |line: &[u8]| received(line, line.len()).unwrap().remove(0).unwrap_err();
        assert!(
            matches!(error(b"SERVER_ERROR out of memory\r\n"), Error::Server(text) if text == "out of memory")
        );
        let rejected = error(b"CLIENT_ERROR bad data chunk\r\n");
        assert!(matches!(rejected, Error::Rejected(text) if text == "bad data chunk"));
        assert!(matches!(error(b"ERROR\r\n"), Error::Rejected(text) if text == "ERROR"));
    }

    #[test]
    fn a_value_gets_no_more_capacity_than_it_may_need() {
        let mut buffer = ReplyBuffer::new(1 << 30);
        buffer.receive(b"VA 1073741824 c7\r\nand more");
        assert!(buffer.next_reply().unwrap().is_none());
        let (space, limit) = buffer.space();
        assert_eq!(limit, (1 << 30) + LINE_END.len() - b"and more".len());
        assert!(space.capacity() <= RESERVED_BYTES, "{} bytes", space.capacity());
    }

    #[test]
    fn bytes_that_are_not_a_reply_are_invalid() {
        let long_line = [b'x'; MAX_LINE_BYTES];
        let invalid: [&[u8]; 15] = [
            b"XX\r\n",
            b"HD\n",
            b"\r\n",
            b" \r\n",
            b"VA\r\n",
            b"VA x\r\n",
            b"VA -1\r\n",
            b"VA 101\r\n",
            b"VA 1073741825\r\n",
            b"VA 1\r\nab\r\n",
            b"HD cx\r\n",
            b"HD tx\r\n",
            b"HD\xff\r\n",
            b"ERRORS\r\n",
            &long_line,
        ];
        for bytes in invalid {
            assert_eq!(received(bytes, bytes.len()).err(), Some(InvalidReply), "{bytes:?}");
        }
    }
}
