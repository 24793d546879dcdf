//! The requests on one connection, from their call to their last answer, without the connection itself.

use std::collections::VecDeque;
use std::io::IoSlice;

use lovely_session_memcached::{Answered, NotUnderstood, Request};
use tokio::sync::oneshot;

use super::failure::Failure;

/// How many requests are handed to the system at once. It takes no more than 1024 pieces (`IOV_MAX`), and
/// what is too much for the connection's buffers is handed over again.
const PIECES: usize = 64;

/// So many bytes that are not yet sent count as much as one command that is not yet answered.
const BYTES_LIKE_A_COMMAND: usize = 4096;

/// What became of a request.
#[derive(Debug)]
pub(super) struct Settled {
    /// The answers to the first commands, in their order; to all of them unless something is lost.
    pub(super) answers: Vec<Answered>,
    /// Why there are no more answers.
    pub(super) lost: Option<Lost>,
}

/// How far a request came that was not answered.
#[derive(Debug, Clone)]
pub(super) enum Lost {
    /// No byte of it was handed to the system: it was not done, and will not be.
    Unsent(Failure),
    /// It may be done, or not, or later.
    Unanswered(Failure),
}

impl Lost {
    /// Why it was not answered.
    pub(super) fn failure(&self) -> &Failure {
        match self {
            Self::Unsent(failure) | Self::Unanswered(failure) => failure,
        }
    }
}

impl Settled {
    pub(super) fn unsent(failure: Failure) -> Self {
        Self { answers: Vec::new(), lost: Some(Lost::Unsent(failure)) }
    }

    pub(super) fn unanswered(answers: Vec<Answered>, failure: Failure) -> Self {
        Self { answers, lost: Some(Lost::Unanswered(failure)) }
    }
}

/// Names a request on its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number(u64);

/// A request on its way.
struct Exchange {
    number: Number,
    request: Request,
    answers: Vec<Answered>,
    /// Who waits for the answers; nobody, when the caller has given up.
    caller: Option<oneshot::Sender<Settled>>,
}

impl Exchange {
    fn missing(&self) -> usize {
        self.request.commands.saturating_sub(self.answers.len())
    }

    fn tell(self, settled: impl FnOnce(Vec<Answered>) -> Settled) {
        if let Some(caller) = self.caller {
            // A caller that is gone does not want to know.
            let _ = caller.send(settled(self.answers));
        }
    }
}

/// The requests of a connection: first those that wait for answers, then those that wait to be sent.
#[derive(Default)]
pub(super) struct Pipeline {
    exchanges: VecDeque<Exchange>,
    /// How many of them were handed to the system in full.
    sent: usize,
    /// How many bytes were, of the one after those.
    begun: usize,
    next_number: u64,
    load: usize,
}

impl Pipeline {
    /// Adds a request behind the others.
    pub(super) fn push(&mut self, request: Request) -> (Number, oneshot::Receiver<Settled>) {
        let number = Number(self.next_number);
        self.next_number += 1;
        let (caller, settled) = oneshot::channel();
        self.load += request.commands + request.bytes.len() / BYTES_LIKE_A_COMMAND;
        let answers = Vec::with_capacity(request.commands);
        self.exchanges.push_back(Exchange { number, request, answers, caller: Some(caller) });
        (number, settled)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.exchanges.is_empty()
    }

    /// Whether something waits to be sent.
    pub(super) fn has_unsent(&self) -> bool {
        self.sent < self.exchanges.len()
    }

    /// Whether somebody waits for an answer.
    pub(super) fn is_awaited(&self) -> bool {
        self.exchanges.iter().any(|exchange| exchange.caller.is_some())
    }

    /// How much there is to do, in commands.
    pub(super) fn load(&self) -> usize {
        self.load
    }

    /// The bytes that come next, as much as is handed over at once.
    pub(super) fn unsent(&self) -> Vec<IoSlice<'_>> {
        let unsent = self.exchanges.iter().skip(self.sent).take(PIECES);
        let mut begun = self.begun;
        let rest = |exchange: &'_ Exchange| -> (usize, usize) {
            (std::mem::take(&mut begun), exchange.request.bytes.len())
        };
        let ranges: Vec<_> = unsent.clone().map(rest).collect();
        unsent
            .zip(ranges)
            .map(|(exchange, (from, to))| {
                IoSlice::new(exchange.request.bytes.get(from..to).unwrap_or_default())
            })
            .collect()
    }

    /// Takes in that so many more bytes were handed over.
    pub(super) fn advance(&mut self, mut bytes: usize) {
        while let Some(exchange) = self.exchanges.get_mut(self.sent) {
            let rest = exchange.request.bytes.len().saturating_sub(self.begun);
            if bytes < rest {
                self.begun += bytes;
                return;
            }
            bytes -= rest;
            self.begun = 0;
            self.sent += 1;
            self.load -= exchange.request.bytes.len() / BYTES_LIKE_A_COMMAND;
            // Only the answers matter from here on.
            exchange.request.bytes = Vec::new();
            if bytes == 0 {
                return;
            }
        }
    }

    /// Takes in the next answer, and tells whether it completed a request.
    ///
    /// # Errors
    ///
    /// When it answers nothing that was asked.
    pub(super) fn deliver(&mut self, answer: Answered) -> Result<bool, NotUnderstood> {
        let is_sent = self.sent > 0;
        // Of a long request the first commands are answered while the rest is on its way.
        let exchange =
            self.exchanges.front_mut().filter(|_| is_sent || self.begun > 0).ok_or(NotUnderstood)?;
        let expected = exchange.request.first_token.wrapping_add(exchange.answers.len() as u32);
        // A complaint repeats no token.
        if answer.as_ref().is_ok_and(|answer| answer.opaque != Some(expected)) {
            return Err(NotUnderstood);
        }
        if !is_sent && exchange.missing() == 1 {
            return Err(NotUnderstood);
        }
        exchange.answers.push(answer);
        self.load -= 1;
        let is_complete = exchange.missing() == 0;
        if is_complete && let Some(exchange) = self.exchanges.pop_front() {
            self.sent -= 1;
            exchange.tell(|answers| Settled { answers, lost: None });
        }
        Ok(is_complete)
    }

    /// Ends the waiting for a request that is taking too long, or whose caller is gone. `None` when it is
    /// settled already.
    pub(super) fn give_up(&mut self, number: Number) -> Option<Settled> {
        let place = self.exchanges.binary_search_by_key(&number, |exchange| exchange.number).ok()?;
        let is_unsent = place > self.sent || (place == self.sent && self.begun == 0);
        if is_unsent && let Some(exchange) = self.exchanges.remove(place) {
            self.load -= exchange.request.commands + exchange.request.bytes.len() / BYTES_LIKE_A_COMMAND;
            return Some(Settled::unsent(Failure::TimedOut));
        }
        let exchange = self.exchanges.get_mut(place)?;
        exchange.caller = None;
        let answers = exchange.answers.drain(..).collect::<Vec<_>>();
        exchange.request.commands -= answers.len();
        exchange.request.first_token = exchange.request.first_token.wrapping_add(answers.len() as u32);
        Some(Settled::unanswered(answers, Failure::TimedOut))
    }

    /// Ends all requests: the connection is no more. Each is told how far it came.
    pub(super) fn break_off(&mut self, failure: &Failure) {
        let (sent, begun) = (self.sent, self.begun);
        for (place, exchange) in std::mem::take(self).exchanges.into_iter().enumerate() {
            let is_unsent = place > sent || (place == sent && begun == 0);
            exchange.tell(|answers| match is_unsent {
                true => Settled::unsent(failure.clone()),
                false => Settled::unanswered(answers, failure.clone()),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use lovely_session_memcached::{Line, parse_line};

    use super::*;

    fn request(first_token: u32, commands: usize, bytes: &[u8]) -> Request {
        Request { bytes: bytes.to_vec(), first_token, commands }
    }

    fn answered(line: &str) -> Answered {
        match parse_line(line.as_bytes()) {
            Ok(Line::Complete(answered)) => answered,
            line => panic!("{line:?}"),
        }
    }

    fn answer(token: u32) -> Answered {
        answered(&format!("HD O{token}"))
    }

    fn unsent(pipeline: &Pipeline) -> Vec<u8> {
        pipeline.unsent().iter().flat_map(|piece| piece.to_vec()).collect()
    }

    fn broken() -> Failure {
        Failure::Broken(std::io::ErrorKind::ConnectionReset)
    }

    #[test]
    fn what_was_only_handed_over_in_part_is_continued_where_it_stopped() {
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
    fn the_first_of_many_commands_may_be_answered_while_the_others_are_still_on_their_way() {
        let mut pipeline = Pipeline::default();
        let (_, mut waiting) = pipeline.push(request(0, 2, b"abcd"));
        pipeline.advance(3);
        assert_eq!(pipeline.deliver(answer(0)), Ok(false));
        pipeline.advance(1);
        assert_eq!(pipeline.deliver(answer(1)), Ok(true));
        assert_eq!(waiting.try_recv().unwrap().answers.len(), 2);
        assert_eq!(pipeline.load(), 0);
    }

    #[test]
    fn nothing_is_answered_in_full_before_it_was_asked_in_full() {
        let mut pipeline = Pipeline::default();
        let (_, mut waiting) = pipeline.push(request(0, 1, b"ab"));
        pipeline.advance(1);
        assert_eq!(pipeline.deliver(answer(0)), Err(NotUnderstood));
        assert!(waiting.try_recv().is_err());
    }

    #[test]
    fn each_request_gets_its_own_answers() {
        let mut pipeline = Pipeline::default();
        let (_, mut two) = pipeline.push(request(u32::MAX, 2, b"ab"));
        let (_, mut one) = pipeline.push(request(1, 1, b"c"));
        pipeline.advance(3);
        assert_eq!(pipeline.deliver(answer(u32::MAX)), Ok(false));
        assert!(two.try_recv().is_err());
        assert_eq!(pipeline.deliver(answer(0)), Ok(true));
        assert_eq!(two.try_recv().unwrap().answers.len(), 2);
        assert_eq!(pipeline.deliver(answer(1)), Ok(true));
        assert!(one.try_recv().unwrap().lost.is_none());
        assert!(pipeline.is_empty());
        assert_eq!(pipeline.load(), 0);
    }

    #[test]
    fn an_answer_to_something_else_is_refused() {
        let mut pipeline = Pipeline::default();
        assert_eq!(pipeline.deliver(answer(0)), Err(NotUnderstood), "nothing was asked");
        drop(pipeline.push(request(7, 1, b"a")));
        assert_eq!(pipeline.deliver(answer(7)), Err(NotUnderstood), "nothing was sent");
        pipeline.advance(1);
        assert_eq!(pipeline.deliver(answer(8)), Err(NotUnderstood));
        assert_eq!(pipeline.deliver(answered("HD")), Err(NotUnderstood), "it repeats no number");
    }

    #[test]
    fn a_broken_connection_settles_each_request_by_itself() {
        let mut pipeline = Pipeline::default();
        let mut settled: Vec<_> = [&b"aa"[..], b"b", b"cc", b"d"]
            .map(|bytes| pipeline.push(request(0, bytes.len(), bytes)).1)
            .into();
        pipeline.advance(4);
        pipeline.deliver(answer(0)).unwrap();
        pipeline.break_off(&broken());
        let ends: Vec<_> = settled.iter_mut().map(|settled| settled.try_recv().unwrap()).collect();
        assert!(
            matches!(&ends[0], Settled { answers, lost: Some(Lost::Unanswered(_)) } if answers.len() == 1)
        );
        assert!(
            matches!(&ends[1], Settled { answers, lost: Some(Lost::Unanswered(_)) } if answers.is_empty())
        );
        assert!(matches!(&ends[2].lost, Some(Lost::Unanswered(_))), "a part of it was sent");
        assert!(matches!(&ends[3].lost, Some(Lost::Unsent(_))));
    }

    #[test]
    fn a_request_that_is_given_up_before_it_is_sent_is_not_sent() {
        let mut pipeline = Pipeline::default();
        let (first, _first) = pipeline.push(request(0, 1, b"a"));
        let (second, _second) = pipeline.push(request(1, 1, b"b"));
        assert!(matches!(pipeline.give_up(first).unwrap().lost, Some(Lost::Unsent(_))));
        assert_eq!(unsent(&pipeline), b"b");
        assert!(pipeline.is_awaited());
        assert!(matches!(pipeline.give_up(second).unwrap().lost, Some(Lost::Unsent(_))));
        assert!(pipeline.is_empty());
        assert_eq!(pipeline.load(), 0);
    }

    #[test]
    fn the_answers_to_a_request_that_was_given_up_reach_nobody_else() {
        let mut pipeline = Pipeline::default();
        let (late, _late) = pipeline.push(request(0, 2, b"aa"));
        let (_, mut next) = pipeline.push(request(2, 1, b"b"));
        pipeline.advance(3);
        pipeline.deliver(answer(0)).unwrap();
        let settled = pipeline.give_up(late).unwrap();
        assert!(
            matches!(settled, Settled { answers, lost: Some(Lost::Unanswered(_)) } if answers.len() == 1)
        );
        pipeline.deliver(answer(1)).unwrap();
        pipeline.deliver(answer(2)).unwrap();
        assert!(next.try_recv().unwrap().lost.is_none());
        assert!(pipeline.give_up(late).is_none());
    }
}
