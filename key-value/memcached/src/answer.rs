//! What a server says to a command.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::str;

/// The longest line that makes sense: a return code and a few short flags.
pub const MAX_LINE_BYTES: usize = 2048;

/// What ends a line, and a value.
pub const LINE_END: &[u8] = b"\r\n";

/// How an answer begins, in the words of protocol.txt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// Done, without a value.
    Hd,
    /// Done, with a value.
    Va,
    /// A read finds nothing.
    En,
    /// A write finds nothing.
    Nf,
    /// Not stored.
    Ns,
    /// Another version is there.
    Ex,
}

/// An answer, with what the flags of its command asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What became of the command.
    pub code: Code,
    /// The value.
    pub value: Option<Vec<u8>>,
    /// The version.
    pub cas: Option<u64>,
    /// The seconds left; -1 for "never expires".
    pub ttl: Option<i64>,
    /// The number of the command.
    pub opaque: Option<u32>,
}

/// What a server says instead of an answer, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Complaint {
    /// It cannot do this (`SERVER_ERROR`).
    Server(String),
    /// It does not accept the command (`CLIENT_ERROR` or `ERROR`), and may not know where the next one begins.
    Rejected(String),
}

/// What a server says to a command.
pub type Answered = Result<Answer, Complaint>;

/// What came is no answer. Nothing that comes after it can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotUnderstood;

/// A line of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// All that is answered.
    Complete(Answered),
    /// An answer whose value of so many bytes follows, and a line's end after it.
    Value(Answer, usize),
}

/// Takes a line apart, without its end.
///
/// # Errors
///
/// When it is no line of an answer.
pub fn parse_line(line: &[u8]) -> Result<Line, NotUnderstood> {
    if let Some(complaint) = complaint(line) {
        return Ok(Line::Complete(Err(complaint)));
    }
    let mut words = line.split(|&byte| byte == b' ').filter(|word| !word.is_empty());
    let code = code(words.next().ok_or(NotUnderstood)?)?;
    let size = if code == Code::Va { Some(number(words.next().ok_or(NotUnderstood)?)?) } else { None };
    let mut answer = Answer { code, value: None, cas: None, ttl: None, opaque: None };
    for word in words {
        answer.take_flag(word)?;
    }
    Ok(match size {
        Some(size) => Line::Value(answer, size),
        None => Line::Complete(Ok(answer)),
    })
}

impl Answer {
    fn take_flag(&mut self, word: &[u8]) -> Result<(), NotUnderstood> {
        match word.split_first() {
            Some((b'c', cas)) => self.cas = Some(number(cas)?),
            Some((b't', ttl)) => self.ttl = Some(number(ttl)?),
            Some((b'O', opaque)) => self.opaque = Some(number(opaque)?),
            // Nobody has asked for it, and it does no harm.
            _ => {}
        }
        Ok(())
    }
}

fn code(word: &[u8]) -> Result<Code, NotUnderstood> {
    Ok(match word {
        b"HD" => Code::Hd,
        b"VA" => Code::Va,
        b"EN" => Code::En,
        b"NF" => Code::Nf,
        b"NS" => Code::Ns,
        b"EX" => Code::Ex,
        _ => return Err(NotUnderstood),
    })
}

fn complaint(line: &[u8]) -> Option<Complaint> {
    let text = |text: &[u8]| String::from_utf8_lossy(text).trim().to_owned();
    let server = line.strip_prefix(b"SERVER_ERROR").map(|words| Complaint::Server(text(words)));
    let rejected = || line.strip_prefix(b"CLIENT_ERROR").map(|words| Complaint::Rejected(text(words)));
    let unknown = || (line == b"ERROR").then(|| Complaint::Rejected(text(line)));
    server.or_else(rejected).or_else(unknown)
}

fn number<T: str::FromStr>(digits: &[u8]) -> Result<T, NotUnderstood> {
    str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).ok_or(NotUnderstood)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: Answer = Answer { code: Code::Hd, value: None, cas: None, ttl: None, opaque: None };

    #[test]
    fn flags_are_found_in_any_order_and_unknown_ones_do_no_harm() {
        let answer = Answer { cas: Some(7), ttl: Some(-1), opaque: Some(3), ..BARE };
        assert_eq!(parse_line(b"HD c7 t-1 O3"), Ok(Line::Complete(Ok(answer.clone()))));
        assert_eq!(parse_line(b"HD O3 W s5 t-1 c7"), Ok(Line::Complete(Ok(answer.clone()))));
        assert_eq!(parse_line(b"VA 5 c7 t-1 O3"), Ok(Line::Value(Answer { code: Code::Va, ..answer }, 5)));
        assert_eq!(parse_line(b"EN"), Ok(Line::Complete(Ok(Answer { code: Code::En, ..BARE }))));
    }

    #[test]
    fn complaints_are_told_in_the_servers_words() {
        let server = Complaint::Server("out of memory".into());
        assert_eq!(parse_line(b"SERVER_ERROR out of memory"), Ok(Line::Complete(Err(server))));
        let rejected = Complaint::Rejected("bad data chunk".into());
        assert_eq!(parse_line(b"CLIENT_ERROR bad data chunk"), Ok(Line::Complete(Err(rejected))));
        let unknown = Complaint::Rejected("ERROR".into());
        assert_eq!(parse_line(b"ERROR"), Ok(Line::Complete(Err(unknown))));
    }

    #[test]
    fn what_is_no_line_of_an_answer_is_not_understood() {
        for line in
            [&b""[..], b" ", b"XX", b"VA", b"VA x", b"VA -1", b"HD cx", b"HD O-1", b"HD\xff", b"ERRORS"]
        {
            assert_eq!(parse_line(line), Err(NotUnderstood), "{line:?}");
        }
    }
}
