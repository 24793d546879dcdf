//! The requests on one connection, from the call to the last reply, without the connection itself.

use std::collections::VecDeque;
use std::io::IoSlice;

use lovely_session_memcached::{Failure, Interruption, InvalidReply, PendingReplies, Reply, Request};
use tokio::sync::oneshot;

/// How many requests are written at once. The system takes at most 1024 pieces (`IOV_MAX`), and what does not fit the
/// buffers of the connection is written again.
const PIECES: usize = 64;

/// This many unsent bytes count as much as one command without a reply.
const BYTES_PER_LOAD: usize = 4096;

/// How a request has ended.
#[derive(Debug)]
pub(super) struct Completion {
    /// The replies to the first commands, in their order; to all of them unless there is an interruption.
    pub(super) replies: Vec<Reply>,
    /// Why replies are missing.
    pub(super) interruption: Option<Interruption>,
}

impl Completion {
    /// The end of a request whose replies were interrupted.
    pub(super) fn interrupted(replies: Vec<Reply>, interruption: Interruption) -> Self {
        Self { replies, interruption: Some(interruption) }
    }
}

/// Names a request on its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RequestId(u64);

struct PendingRequest {
    id: RequestId,
    /// Empty when the request was sent in full.
    bytes: Vec<u8>,
    replies: PendingReplies,
    /// `None` when the caller has given up.
    caller: Option<oneshot::Sender<Completion>>,
}

impl PendingRequest {
    fn complete(mut self, interruption: Option<Interruption>) {
        if let Some(caller) = self.caller {
            // The caller may have given up.
            let _ = caller.send(Completion { replies: self.replies.take(), interruption });
        }
    }
}

/// The requests of a connection: first those that were sent and wait for replies, then those that wait to be sent.
#[derive(Default)]
pub(super) struct Pipeline {
    requests: VecDeque<PendingRequest>,
    /// How many requests were sent in full.
    sent: usize,
    /// How many bytes were sent of the request after those.
    begun: usize,
    next_id: u64,
    load: usize,
}

impl Pipeline {
    /// Adds a request behind the others.
    pub(super) fn push(&mut self, request: Request) -> (RequestId, oneshot::Receiver<Completion>) {
        let id = RequestId(self.next_id);
        self.next_id += 1;
        let (caller, completion) = oneshot::channel();
        self.load += request.commands + request.bytes.len() / BYTES_PER_LOAD;
        let replies = PendingReplies::to(&request);
        self.requests.push_back(PendingRequest { id, bytes: request.bytes, replies, caller: Some(caller) });
        (id, completion)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// Whether bytes wait to be sent.
    pub(super) fn has_unsent(&self) -> bool {
        self.sent < self.requests.len()
    }

    /// Whether a caller waits for a reply.
    pub(super) fn is_awaited(&self) -> bool {
        self.requests.iter().any(|request| request.caller.is_some())
    }

    /// How much there is to do, in commands.
    pub(super) fn load(&self) -> usize {
        self.load
    }

    /// The bytes to send next, as many as are written at once.
    pub(super) fn unsent(&self) -> Vec<IoSlice<'_>> {
        let mut begun = self.begun;
        let rest = |request: &'_ PendingRequest| (std::mem::take(&mut begun), request.bytes.len());
        let unsent = self.requests.iter().skip(self.sent).take(PIECES);
        let ranges: Vec<_> = unsent.clone().map(rest).collect();
        unsent
            .zip(ranges)
            .map(|(request, (from, to))| IoSlice::new(request.bytes.get(from..to).unwrap_or_default()))
            .collect()
    }

    /// Records that this many more bytes were sent.
    pub(super) fn advance(&mut self, mut bytes: usize) {
        while let Some(request) = self.requests.get_mut(self.sent) {
            let rest = request.bytes.len().saturating_sub(self.begun);
            if bytes < rest {
                self.begun += bytes;
                return;
            }
            bytes -= rest;
            self.begun = 0;
            self.sent += 1;
            self.load -= request.bytes.len() / BYTES_PER_LOAD;
            request.bytes = Vec::new();
            if bytes == 0 {
                return;
            }
        }
    }

    /// Adds the next reply, and returns whether it completed a request.
    ///
    /// # Errors
    ///
    /// When it is not the reply to the next command.
    pub(super) fn deliver(&mut self, reply: Reply) -> Result<bool, InvalidReply> {
        let is_sent = self.sent > 0;
        // The first commands of a long request are replied to while the rest is on its way.
        let request = self.requests.front_mut().filter(|_| is_sent || self.begun > 0).ok_or(InvalidReply)?;
        if !is_sent && request.replies.missing() == 1 {
            return Err(InvalidReply);
        }
        request.replies.push(reply)?;
        self.load -= 1;
        let is_complete = request.replies.missing() == 0;
        if is_complete && let Some(request) = self.requests.pop_front() {
            self.sent -= 1;
            request.complete(None);
        }
        Ok(is_complete)
    }

    /// Gives up a request whose deadline has passed, or whose caller is gone. `None` when it is complete already.
    pub(super) fn give_up(&mut self, id: RequestId) -> Option<Completion> {
        let position = self.requests.binary_search_by_key(&id, |request| request.id).ok()?;
        if self.is_unsent(position)
            && let Some(request) = self.requests.remove(position)
        {
            self.load -= request.replies.missing() + request.bytes.len() / BYTES_PER_LOAD;
            return Some(Completion::interrupted(Vec::new(), Interruption::Unsent(Failure::TimedOut)));
        }
        let request = self.requests.get_mut(position)?;
        request.caller = None;
        let replies = request.replies.take();
        Some(Completion::interrupted(replies, Interruption::NoReply(Failure::TimedOut)))
    }

    /// Ends all requests, because the connection is closed.
    pub(super) fn interrupt(&mut self, failure: &Failure) {
        let ended = std::mem::take(self);
        let unsent_from = ended.sent + usize::from(ended.begun > 0);
        for (position, request) in ended.requests.into_iter().enumerate() {
            let failure = failure.clone();
            request.complete(Some(match position >= unsent_from {
                true => Interruption::Unsent(failure),
                false => Interruption::NoReply(failure),
            }));
        }
    }

    fn is_unsent(&self, position: usize) -> bool {
        position >= self.sent + usize::from(self.begun > 0)
    }
}

#[cfg(test)]
mod tests {
    use lovely_session_memcached::ReplyBuffer;

    use super::*;

    fn request(first_opaque: u32, commands: usize, bytes: &[u8]) -> Request {
        Request { bytes: bytes.to_vec(), first_opaque, commands }
    }

    /// The reply in this line.
    fn reply(line: &str) -> Reply {
        let mut received = ReplyBuffer::new(0);
        received.receive(format!("{line}\r\n").as_bytes());
        received.next_reply().unwrap().unwrap()
    }

    fn done(opaque: u32) -> Reply {
        reply(&format!("HD O{opaque}"))
    }

    fn unsent(pipeline: &Pipeline) -> Vec<u8> {
        pipeline.unsent().iter().flat_map(|piece| piece.to_vec()).collect()
    }

    fn broken() -> Failure {
        Failure::Broken(std::io::ErrorKind::ConnectionReset)
    }

    #[test]
    fn a_request_that_was_sent_in_part_is_continued_where_it_stopped() {
        let mut pipeline = Pipeline::default();
        for bytes in [&b"abc"[..], b"de", b"f"] {
            drop(pipeline.push(request(0, 1, bytes)));
        }
        for (bytes, rest) in [(0, "abcdef"), (1, "bcdef"), (3, "ef"), (1, "f"), (1, "")] {
            pipeline.advance(bytes);
            assert_eq!(unsent(&pipeline), rest.as_bytes());
        }
        assert!(!pipeline.has_unsent());
    }

    #[test]
    fn the_first_replies_may_come_before_all_commands_are_sent() {
        let mut pipeline = Pipeline::default();
        let (_, mut waiting) = pipeline.push(request(0, 2, b"abcd"));
        pipeline.advance(3);
        assert_eq!(pipeline.deliver(done(0)), Ok(false));
        pipeline.advance(1);
        assert_eq!(pipeline.deliver(done(1)), Ok(true));
        assert_eq!(waiting.try_recv().unwrap().replies.len(), 2);
        assert_eq!(pipeline.load(), 0);
    }

    #[test]
    fn no_request_is_complete_before_it_was_sent_in_full() {
        let mut pipeline = Pipeline::default();
        let (_, mut waiting) = pipeline.push(request(0, 1, b"ab"));
        pipeline.advance(1);
        assert_eq!(pipeline.deliver(done(0)), Err(InvalidReply));
        assert!(waiting.try_recv().is_err());
    }

    #[test]
    fn each_request_gets_its_own_replies() {
        let mut pipeline = Pipeline::default();
        let (_, mut two) = pipeline.push(request(u32::MAX, 2, b"ab"));
        let (_, mut one) = pipeline.push(request(1, 1, b"c"));
        pipeline.advance(3);
        assert_eq!(pipeline.deliver(done(u32::MAX)), Ok(false));
        assert!(two.try_recv().is_err());
        assert_eq!(pipeline.deliver(done(0)), Ok(true));
        assert_eq!(two.try_recv().unwrap().replies.len(), 2);
        assert_eq!(pipeline.deliver(done(1)), Ok(true));
        assert!(one.try_recv().unwrap().interruption.is_none());
        assert!(pipeline.is_empty());
        assert_eq!(pipeline.load(), 0);
    }

    #[test]
    fn a_reply_to_another_command_is_invalid() {
        let mut pipeline = Pipeline::default();
        assert_eq!(pipeline.deliver(done(0)), Err(InvalidReply), "there is no request");
        drop(pipeline.push(request(7, 1, b"a")));
        assert_eq!(pipeline.deliver(done(7)), Err(InvalidReply), "nothing was sent");
        pipeline.advance(1);
        assert_eq!(pipeline.deliver(done(8)), Err(InvalidReply));
        assert_eq!(pipeline.deliver(reply("HD")), Err(InvalidReply), "it repeats no opaque");
    }

    #[test]
    fn a_broken_connection_completes_each_request_by_itself() {
        let mut pipeline = Pipeline::default();
        let mut completions: Vec<_> = [&b"aa"[..], b"b", b"cc", b"d"]
            .map(|bytes| pipeline.push(request(0, bytes.len(), bytes)).1)
            .into();
        pipeline.advance(4);
        pipeline.deliver(done(0)).unwrap();
        pipeline.interrupt(&broken());
        let ends: Vec<_> = completions.iter_mut().map(|completion| completion.try_recv().unwrap()).collect();
        assert!(
            matches!(&ends[0], Completion { replies, interruption: Some(Interruption::NoReply(_)) } if replies.len() == 1)
        );
        assert!(
            matches!(&ends[1], Completion { replies, interruption: Some(Interruption::NoReply(_)) } if replies.is_empty())
        );
        assert!(matches!(&ends[2].interruption, Some(Interruption::NoReply(_))), "a part of it was sent");
        assert!(matches!(&ends[3].interruption, Some(Interruption::Unsent(_))));
    }

    #[test]
    fn a_request_that_is_given_up_before_it_is_sent_is_not_sent() {
        let mut pipeline = Pipeline::default();
        let (first, _first) = pipeline.push(request(0, 1, b"a"));
        let (second, _second) = pipeline.push(request(1, 1, b"b"));
        assert!(matches!(pipeline.give_up(first).unwrap().interruption, Some(Interruption::Unsent(_))));
        assert_eq!(unsent(&pipeline), b"b");
        assert!(pipeline.is_awaited());
        assert!(matches!(pipeline.give_up(second).unwrap().interruption, Some(Interruption::Unsent(_))));
        assert!(pipeline.is_empty());
        assert_eq!(pipeline.load(), 0);
    }

    #[test]
    fn the_replies_to_a_request_that_was_given_up_reach_no_other() {
        let mut pipeline = Pipeline::default();
        let (late, _late) = pipeline.push(request(0, 2, b"aa"));
        let (_, mut next) = pipeline.push(request(2, 1, b"b"));
        pipeline.advance(3);
        pipeline.deliver(done(0)).unwrap();
        let completion = pipeline.give_up(late).unwrap();
        assert!(
            matches!(completion, Completion { replies, interruption: Some(Interruption::NoReply(_)) } if replies.len() == 1)
        );
        pipeline.deliver(done(1)).unwrap();
        pipeline.deliver(done(2)).unwrap();
        assert!(next.try_recv().unwrap().interruption.is_none());
        assert!(pipeline.give_up(late).is_none());
    }
}
