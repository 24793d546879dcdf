//! What is said on a connection in one call, without the connection: bytes to send, and bytes that come.

use alloc::vec::Vec;

use lovely_session_memcached::{
    Answer, Answered, Complaint, Facts, LINE_END, Line, MAX_LINE_BYTES, NotUnderstood, QUESTIONS, Request,
    end_of_answers, judge, parse_line,
};

use crate::failure::Failure;

/// Questions to a server that is not yet known, commands, or both.
pub struct Exchange {
    outgoing: Vec<u8>,
    sent: usize,
    /// How many of the outgoing bytes come before the commands.
    before_commands: usize,
    incoming: Incoming,
    facts: Option<Facts>,
    commands: usize,
    first_token: u32,
    answers: Vec<Answered>,
    failure: Option<Failure>,
}

/// The bytes that have come, and are not yet taken as answers.
#[derive(Default)]
struct Incoming {
    bytes: Vec<u8>,
    /// How many of them are taken.
    taken: usize,
    /// The answer whose value is not yet complete, and its size.
    partial: Option<(Answer, usize)>,
}

impl Exchange {
    /// What is asked of a server of which this is known. When it is nothing, the questions go out first, and `request`
    /// along with them: it must not change anything then.
    pub fn new(facts: Option<Facts>, request: Option<Request>) -> Self {
        let mut outgoing = Vec::new();
        if facts.is_none() {
            outgoing.extend_from_slice(QUESTIONS);
        }
        let before_commands = outgoing.len();
        let (commands, first_token) = request.as_ref().map_or((0, 0), |it| (it.commands, it.first_token));
        if let Some(request) = request {
            outgoing.extend_from_slice(&request.bytes);
        }
        Self {
            outgoing,
            sent: 0,
            before_commands,
            incoming: Incoming::default(),
            facts,
            commands,
            first_token,
            answers: Vec::with_capacity(commands),
            failure: None,
        }
    }

    /// What is still to be sent.
    pub fn unsent(&self) -> &[u8] {
        self.outgoing.get(self.sent..).unwrap_or_default()
    }

    /// Takes in that so many more bytes were handed over.
    pub fn advance(&mut self, bytes: usize) {
        self.sent += bytes;
    }

    /// Takes in what has come.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.incoming.bytes.extend_from_slice(bytes);
        if let Err(failure) = self.take() {
            self.fail(failure);
        }
    }

    /// Ends it: there will be no more answers.
    pub fn fail(&mut self, failure: Failure) {
        if !self.is_over() {
            self.failure = Some(failure);
        }
    }

    /// Whether everything is answered, or nothing more will be.
    pub fn is_over(&self) -> bool {
        self.failure.is_some() || (self.facts.is_some() && self.answers.len() == self.commands)
    }

    /// Whether a byte of the commands was handed over, so that they may be done.
    pub fn is_begun(&self) -> bool {
        self.sent > self.before_commands
    }

    /// What is known of the server.
    pub fn facts(&self) -> Option<Facts> {
        self.facts
    }

    /// Why there are no more answers.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// The answers to the first commands, in their order; to all of them unless it has failed.
    pub fn into_answers(self) -> Vec<Answered> {
        self.answers
    }

    fn take(&mut self) -> Result<(), Failure> {
        let facts = match self.facts {
            Some(facts) => facts,
            None => match self.take_facts()? {
                Some(facts) => facts,
                None => return Ok(()),
            },
        };
        while let Some(answered) = self.incoming.next(facts.item_size_max).map_err(not_understood)? {
            self.deliver(answered)?;
        }
        Ok(())
    }

    fn take_facts(&mut self) -> Result<Option<Facts>, Failure> {
        let Some(end) = end_of_answers(&self.incoming.bytes) else { return Ok(None) };
        let answers = self.incoming.bytes.get(..end).unwrap_or_default();
        let facts = judge(answers).map_err(Failure::Unfit)?;
        self.incoming.taken = end;
        self.facts = Some(facts);
        Ok(Some(facts))
    }

    fn deliver(&mut self, answered: Answered) -> Result<(), Failure> {
        let expected = self.first_token.wrapping_add(self.answers.len() as u32);
        let is_expected = match &answered {
            Ok(answer) => answer.opaque == Some(expected),
            // A complaint repeats no number.
            Err(_) => true,
        };
        if self.answers.len() == self.commands || !is_expected {
            return Err(Failure::NotUnderstood);
        }
        let is_rejected = matches!(answered, Err(Complaint::Rejected(_)));
        self.answers.push(answered);
        if is_rejected {
            // The server may not know any more where the next command begins.
            self.failure = Some(Failure::NotUnderstood);
        }
        Ok(())
    }
}

fn not_understood(_: NotUnderstood) -> Failure {
    Failure::NotUnderstood
}

impl Incoming {
    /// The next answer that has come in full.
    fn next(&mut self, max_value_bytes: u64) -> Result<Option<Answered>, NotUnderstood> {
        if self.partial.is_none() {
            let Some(line) = self.line()? else { return Ok(None) };
            match parse_line(line)? {
                Line::Complete(answered) => {
                    self.taken += line.len() + LINE_END.len();
                    return Ok(Some(answered));
                }
                Line::Value(_, size) if size as u64 > max_value_bytes => return Err(NotUnderstood),
                Line::Value(answer, size) => {
                    self.taken += line.len() + LINE_END.len();
                    self.partial = Some((answer, size));
                }
            }
        }
        self.value()
    }

    /// The next line, without its end.
    fn line(&self) -> Result<Option<&[u8]>, NotUnderstood> {
        let rest = self.bytes.get(self.taken..).unwrap_or_default();
        match rest.iter().take(MAX_LINE_BYTES).position(|&byte| byte == b'\n') {
            Some(end) => {
                rest.get(..=end).and_then(|line| line.strip_suffix(LINE_END)).map(Some).ok_or(NotUnderstood)
            }
            None if rest.len() < MAX_LINE_BYTES => Ok(None),
            None => Err(NotUnderstood),
        }
    }

    /// The answer that has waited for its value.
    fn value(&mut self) -> Result<Option<Answered>, NotUnderstood> {
        let Some((mut answer, size)) = self.partial.take() else { return Ok(None) };
        let end = self.taken + size + LINE_END.len();
        let Some(bytes) = self.bytes.get(self.taken..end) else {
            self.partial = Some((answer, size));
            return Ok(None);
        };
        answer.value = Some(bytes.strip_suffix(LINE_END).ok_or(NotUnderstood)?.to_vec());
        // What is taken would otherwise be kept until the last answer has come.
        self.bytes.drain(..end);
        self.taken = 0;
        Ok(Some(Ok(answer)))
    }
}

#[cfg(test)]
mod tests {
    use lovely_session_memcached::{Code, Unfit};

    use super::*;

    const GOOD: &[u8] = b"VERSION 1.6.18\r\n\
        STAT pid 4711\r\nSTAT uptime 100\r\nSTAT time 1700000100\r\nEND\r\n\
        STAT item_size_max 100\r\nSTAT cas_enabled yes\r\nEND\r\n\
        EN O0\r\nNF O1\r\nNF c0 O2\r\nMN\r\n";
    const ANSWERS: &[u8] = b"VA 5 c7 t-1 O4\r\na\r\nb\n\r\nEN O5\r\nSERVER_ERROR out of memory\r\n\
        VA 0 c8 t9 O7\r\n\r\nHD c9 O8\r\n";

    fn request(commands: usize) -> Request {
        Request { bytes: b"commands".to_vec(), first_token: 4, commands }
    }

    fn known() -> Facts {
        judge(GOOD).unwrap()
    }

    /// What is understood of bytes that come in pieces of this size, and then no more.
    fn received(facts: Option<Facts>, commands: usize, bytes: &[u8], piece: usize) -> Exchange {
        let mut exchange = Exchange::new(facts, Some(request(commands)));
        bytes.chunks(piece).for_each(|piece| exchange.receive(piece));
        exchange
    }

    #[test]
    fn a_server_that_is_not_known_is_asked_first_and_commands_go_out_in_the_same_packet() {
        let exchange = Exchange::new(None, Some(request(1)));
        assert_eq!(exchange.unsent(), [QUESTIONS, b"commands"].concat());
        assert_eq!(Exchange::new(Some(known()), Some(request(1))).unsent(), b"commands");
    }

    #[test]
    fn answers_are_understood_in_whatever_pieces_they_come() {
        let bytes = [GOOD, ANSWERS].concat();
        for piece in 1..=bytes.len() {
            let exchange = received(None, 5, &bytes, piece);
            assert!(exchange.is_over() && exchange.failure().is_none(), "in pieces of {piece}");
            let answers = exchange.into_answers();
            let [Ok(found), Ok(missed), Err(Complaint::Server(text)), Ok(empty), Ok(done)] = &answers[..]
            else {
                panic!("in pieces of {piece}: {answers:?}");
            };
            assert_eq!(found.value.as_deref(), Some(&b"a\r\nb\n"[..]));
            assert_eq!((missed.code, text.as_str()), (Code::En, "out of memory"));
            assert_eq!((empty.value.as_deref(), done.cas), (Some(&b""[..]), Some(9)));
        }
    }

    #[test]
    fn answers_that_are_cut_anywhere_are_those_that_came_in_full() {
        // Where each answer ends.
        let ends = [23, 30, 58, 75, ANSWERS.len()];
        for cut in 0..ANSWERS.len() {
            let mut exchange = received(Some(known()), 5, &ANSWERS[..cut], 7);
            assert!(!exchange.is_over(), "cut at {cut}");
            exchange.fail(Failure::Broken);
            let came = ends.iter().filter(|end| **end <= cut).count();
            assert_eq!(exchange.into_answers().len(), came, "cut at {cut}");
        }
    }

    #[test]
    fn what_the_server_says_about_itself_may_be_cut_anywhere() {
        for cut in 0..GOOD.len() {
            let exchange = received(None, 1, &GOOD[..cut], 9);
            assert!(!exchange.is_over() && exchange.facts().is_none(), "cut at {cut}");
        }
    }

    #[test]
    fn a_server_that_is_not_fit_ends_the_exchange() {
        let no_cas = String::from_utf8_lossy(GOOD).replace("cas_enabled yes", "cas_enabled no");
        let exchange = received(None, 1, no_cas.as_bytes(), 64);
        assert_eq!(exchange.failure(), Some(&Failure::Unfit(Unfit::CasDisabled)));
        let denied = received(None, 1, b"CLIENT_ERROR unauthenticated\r\n", 64);
        assert_eq!(denied.failure(), Some(&Failure::Unfit(Unfit::Denied)));
    }

    #[test]
    fn only_a_byte_of_the_commands_makes_them_begun() {
        let mut exchange = Exchange::new(None, Some(request(1)));
        exchange.advance(QUESTIONS.len());
        assert!(!exchange.is_begun());
        exchange.advance(1);
        assert!(exchange.is_begun());
        assert_eq!(exchange.unsent(), b"ommands");
    }

    #[test]
    fn what_is_no_answer_ends_the_exchange() {
        let long_line = [b'x'; MAX_LINE_BYTES];
        let bad: [&[u8]; 8] = [
            b"XX\r\n",
            b"HD O4\n",
            b"HD O5\r\n",
            b"HD\r\n",
            b"VA 101 O4\r\n",
            b"VA 1 O4\r\nab\r\n",
            b"HD O4\r\nHD O5\r\nHD O6\r\n",
            &long_line,
        ];
        for bytes in bad {
            let exchange = received(Some(known()), 2, bytes, bytes.len());
            assert!(exchange.is_over(), "{bytes:?}");
        }
        let rejected = received(Some(known()), 2, b"CLIENT_ERROR bad data chunk\r\n", 64);
        assert_eq!(rejected.failure(), Some(&Failure::NotUnderstood));
        assert_eq!(rejected.into_answers().len(), 1);
    }
}
