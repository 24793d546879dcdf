//! The bytes that are sent and received on a connection in one call, without the connection.

use lovely_session_memcached::{
    BatchResult, Epoch, Failure, HANDSHAKE, Interruption, PendingReplies, ReplyBuffer, Request, ServerInfo,
    handshake_end, is_rejection,
};

/// The handshake with a server that is not known yet, commands, or both.
pub struct Exchange {
    outgoing: Vec<u8>,
    sent: usize,
    /// The length of the outgoing handshake, which comes before the commands.
    handshake_bytes: usize,
    /// The replies to the handshake, while they are incomplete.
    handshake: Vec<u8>,
    info: Option<ServerInfo>,
    /// The replies to the commands, after the handshake.
    received: Option<ReplyBuffer>,
    replies: PendingReplies,
    failure: Option<Failure>,
}

impl Exchange {
    /// An exchange with a server of which `info` is known. When it is `None`, the handshake is sent first, and `request`
    /// along with it: it must not change anything then.
    pub fn new(info: Option<ServerInfo>, request: Option<Request>) -> Self {
        let request = request.unwrap_or_default();
        let handshake = if info.is_none() { HANDSHAKE } else { &[] };
        Self {
            outgoing: [handshake, &request.bytes].concat(),
            sent: 0,
            handshake_bytes: handshake.len(),
            handshake: Vec::new(),
            info,
            received: info.map(|info| ReplyBuffer::new(info.item_size_max)),
            replies: PendingReplies::to(&request),
            failure: None,
        }
    }

    /// The bytes that are still to be sent.
    pub fn unsent(&self) -> &[u8] {
        self.outgoing.get(self.sent..).unwrap_or_default()
    }

    /// Records that this many more bytes were sent.
    pub fn advance(&mut self, bytes: usize) {
        self.sent += bytes;
    }

    /// Adds bytes that have come.
    pub fn receive(&mut self, bytes: &[u8]) {
        if let Err(failure) = self.try_receive(bytes) {
            self.fail(failure);
        }
    }

    /// Ends the exchange, unless it is over.
    pub fn fail(&mut self, failure: Failure) {
        if !self.is_over() {
            self.failure = Some(failure);
        }
    }

    /// Whether all replies have come, or no more will.
    pub fn is_over(&self) -> bool {
        self.failure.is_some() || (self.info.is_some() && self.replies.missing() == 0)
    }

    /// What is known of the server.
    pub fn info(&self) -> Option<ServerInfo> {
        self.info
    }

    /// Why replies are missing.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// The result of the commands, which were encoded for a process of this epoch.
    pub fn into_result(mut self, epoch: Option<Epoch>) -> BatchResult {
        // From the first byte on, commands may be done.
        let is_begun = self.sent > self.handshake_bytes;
        let interruption = self.failure.map(|failure| match is_begun {
            true => Interruption::NoReply(failure),
            false => Interruption::Unsent(failure),
        });
        BatchResult { epoch, replies: self.replies.take(), interruption }
    }

    fn try_receive(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if let Some(received) = &mut self.received {
            received.receive(bytes);
        } else {
            self.handshake.extend_from_slice(bytes);
            self.finish_handshake()?;
        }
        let Some(received) = &mut self.received else { return Ok(()) };
        while let Some(reply) = received.next_reply()? {
            let is_rejection = is_rejection(&reply);
            self.replies.push(reply)?;
            if is_rejection {
                self.failure = Some(Failure::InvalidReply);
                break;
            }
        }
        Ok(())
    }

    fn finish_handshake(&mut self) -> Result<(), Failure> {
        let Some(end) = handshake_end(&self.handshake) else { return Ok(()) };
        let (handshake, rest) = self.handshake.split_at_checked(end).unwrap_or_default();
        let info = ServerInfo::from_handshake(handshake).map_err(Failure::Unsuitable)?;
        let mut received = ReplyBuffer::new(info.item_size_max);
        received.receive(rest);
        (self.info, self.received) = (Some(info), Some(received));
        self.handshake = Vec::new();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::time::Duration;

    use lovely_session_memcached::{Batch, Generations, HandshakeError};

    use super::*;

    const GOOD: &[u8] = b"VERSION 1.6.18\r\n\
        STAT pid 4711\r\nSTAT uptime 100\r\nSTAT time 1700000100\r\nEND\r\n\
        STAT item_size_max 100\r\nSTAT cas_enabled yes\r\nEND\r\n\
        EN O0\r\nNF O1\r\nNF c0 O2\r\nMN\r\n";
    const REPLIES: &[u8] = b"VA 5 c7 t-1 O4\r\na\r\nb\n\r\nEN O5\r\nVA 0 c8 t9 O6\r\n\r\n";
    const EPOCH: Epoch = Epoch(1);

    fn batch(commands: usize) -> Batch {
        let keys = (0..commands).map(|number| format!("k{number}"));
        Batch::of_reads(keys, None, Duration::ZERO, |_| 4).unwrap()
    }

    fn request(commands: usize) -> Request {
        batch(commands).encode(EPOCH).unwrap()
    }

    fn known() -> ServerInfo {
        ServerInfo::from_handshake(GOOD).unwrap()
    }

    /// An exchange of this many commands, after bytes that came in chunks of this size.
    fn received(info: Option<ServerInfo>, commands: usize, bytes: &[u8], chunk: usize) -> Exchange {
        let mut exchange = Exchange::new(info, Some(request(commands)));
        bytes.chunks(chunk).for_each(|chunk| exchange.receive(chunk));
        exchange
    }

    #[test]
    fn the_commands_to_an_unknown_server_are_sent_in_one_packet_with_the_handshake() {
        let request = || request(1);
        let exchange = Exchange::new(None, Some(request()));
        assert_eq!(exchange.unsent(), [HANDSHAKE, &request().bytes].concat());
        assert_eq!(Exchange::new(Some(known()), Some(request())).unsent(), request().bytes);
    }

    #[test]
    fn replies_are_understood_in_whatever_chunks_they_come() {
        let bytes = [GOOD, REPLIES].concat();
        for chunk in 1..=bytes.len() {
            let exchange = received(None, 3, &bytes, chunk);
            assert!(exchange.is_over() && exchange.failure().is_none(), "in chunks of {chunk}");
            let result = exchange.into_result(Some(EPOCH));
            let entries = batch(3).into_entries(result, "h:1", &mut Generations::default()).unwrap();
            let values: Vec<_> =
                entries.iter().map(|entry| entry.as_ref().map(|entry| &entry.value[..])).collect();
            assert_eq!(values, [Some(&b"a\r\nb\n"[..]), None, Some(b"")], "in chunks of {chunk}");
        }
    }

    #[test]
    fn the_handshake_may_be_cut_anywhere() {
        for cut in 0..GOOD.len() {
            let exchange = received(None, 1, &GOOD[..cut], 9);
            assert!(!exchange.is_over() && exchange.info().is_none(), "cut at {cut}");
        }
    }

    #[test]
    fn a_server_that_cannot_keep_sessions_ends_the_exchange() {
        let failure = |bytes: &[u8]| received(None, 1, bytes, 64).failure().cloned();
        let no_cas = String::from_utf8_lossy(GOOD).replace("cas_enabled yes", "cas_enabled no");
        assert_eq!(failure(no_cas.as_bytes()), Some(Failure::Unsuitable(HandshakeError::CasDisabled)));
        let denied = failure(b"CLIENT_ERROR unauthenticated\r\n");
        assert_eq!(denied, Some(Failure::Unsuitable(HandshakeError::Denied)));
    }

    #[test]
    fn commands_are_begun_by_their_first_byte() {
        let interrupted = |bytes| {
            let mut exchange = Exchange::new(None, Some(request(1)));
            exchange.advance(bytes);
            exchange.fail(Failure::TimedOut);
            exchange.into_result(None).interruption
        };
        assert_eq!(interrupted(HANDSHAKE.len()), Some(Interruption::Unsent(Failure::TimedOut)));
        assert_eq!(interrupted(HANDSHAKE.len() + 1), Some(Interruption::NoReply(Failure::TimedOut)));
    }

    #[test]
    fn replies_that_came_before_a_failure_are_kept() {
        let mut exchange = received(Some(known()), 3, &REPLIES[..REPLIES.len() - 1], 7);
        assert!(!exchange.is_over());
        exchange.fail(Failure::Broken(io::ErrorKind::UnexpectedEof));
        assert_eq!(exchange.into_result(Some(EPOCH)).replies.len(), 2);
    }

    #[test]
    fn an_invalid_reply_ends_the_exchange() {
        let invalid: [&[u8]; 5] =
            [b"XX\r\n", b"HD O5\r\n", b"HD\r\n", b"VA 101 O4\r\n", b"HD O4\r\nHD O5\r\nHD O6\r\n"];
        for bytes in invalid {
            assert!(received(Some(known()), 2, bytes, bytes.len()).is_over(), "{bytes:?}");
        }
        let rejected = received(Some(known()), 2, b"CLIENT_ERROR bad data chunk\r\n", 64);
        assert_eq!(rejected.failure(), Some(&Failure::InvalidReply));
        assert_eq!(rejected.into_result(Some(EPOCH)).replies.len(), 1);
    }
}
