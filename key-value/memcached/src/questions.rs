//! What is found out about a server, on each new connection, before it is trusted with sessions: it may be
//! another one than before.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use crate::process::Process;

/// Asks for the settings, and tries each command that the store is going to use on a key that nobody has,
/// in a way that can change nothing. `mn` marks the end of the answers.
pub const QUESTIONS: &[u8] = b"version\r\n\
    stats\r\n\
    stats settings\r\n\
    mg lovely-session:probe v f c t O0\r\n\
    md lovely-session:probe C1 O1\r\n\
    ms lovely-session:probe 0 c C1 O2\r\n\r\n\
    mn\r\n";

/// How the first answer begins.
const VERSION: &str = "VERSION ";

/// memcached's own maximum for its option `-I`. A server that says more is not believed: by this number, buffers are
/// limited.
const MAX_ITEM_BYTES: u64 = 1 << 30;

/// A server's statistics and settings take some 5 KiB. What sends more than this is no memcached.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// How much of an unexpected answer is shown.
const SHOWN_BYTES: usize = 60;

/// Why a server is not fit for keeping sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// It asks for a user and a password.
    Denied,
    /// It was started with `-C`, so that lost updates could not be detected.
    CasDisabled,
    /// It lacks a command or a statistic.
    TooOld {
        /// The version it says it has.
        version: String,
    },
    /// It does not speak like memcached.
    NotMemcached {
        /// How its answer begins.
        answer: String,
    },
}

/// What a store has to know about a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The most bytes that an item may take, with its key and header: at most 1 GiB, whatever the server says.
    pub item_size_max: u64,
    /// The process that answers.
    pub process: Process,
}

/// How many bytes of what has come are the answers to the [`QUESTIONS`], once they are complete: `None` as long as
/// something is missing. They are complete as well when one is an error, or when there is too much for a memcached;
/// [`judge`] tells then.
pub fn end_of_answers(bytes: &[u8]) -> Option<usize> {
    let mut end = 0;
    for line in bytes.split_inclusive(|&byte| byte == b'\n').filter(|line| line.ends_with(b"\n")) {
        end += line.len();
        if line == b"MN\r\n" || is_error(line) {
            return Some(end);
        }
    }
    (bytes.len() > MAX_ANSWER_BYTES).then_some(bytes.len())
}

/// Whether these may be the first bytes of what memcached answers to the [`QUESTIONS`].
pub fn begins_like_memcached(bytes: &[u8]) -> bool {
    bytes.iter().zip(VERSION.bytes()).all(|(byte, expected)| *byte == expected)
}

fn is_error(line: &[u8]) -> bool {
    [&b"ERROR"[..], b"CLIENT_ERROR", b"SERVER_ERROR"].iter().any(|word| line.starts_with(word))
}

/// Whether a line says `code` and repeats the token of its question.
fn is_answer(line: &str, code: &str, token: &str) -> bool {
    let mut words = line.split(' ');
    words.next() == Some(code) && words.any(|word| word == token)
}

/// Judges a server by its answers to the [`QUESTIONS`].
///
/// # Errors
///
/// Says why it is not fit for keeping sessions.
pub fn judge(answers: &[u8]) -> Result<Facts, Unfit> {
    let answer = String::from_utf8_lossy(answers);
    let mut lines = answer.lines();
    let first = lines.next().unwrap_or_default();
    if first == "CLIENT_ERROR unauthenticated" {
        return Err(Unfit::Denied);
    }
    let Some(version) = first.strip_prefix(VERSION) else {
        return Err(Unfit::NotMemcached { answer: answer.chars().take(SHOWN_BYTES).collect() });
    };
    let too_old = || Unfit::TooOld { version: version.to_owned() };
    let statistics: Vec<&str> = lines.by_ref().take_while(|line| *line != "END").collect();
    let settings: Vec<&str> = lines.by_ref().take_while(|line| *line != "END").collect();
    let mut is_answered = |code, token| lines.next().is_some_and(|line| is_answer(line, code, token));
    if !(is_answered("EN", "O0") && is_answered("NF", "O1") && is_answered("NF", "O2")) {
        return Err(too_old());
    }
    if value(&settings, "cas_enabled") != Some("yes") {
        return Err(Unfit::CasDisabled);
    }
    let item_size_max = number(&settings, "item_size_max").ok_or_else(too_old)?.min(MAX_ITEM_BYTES);
    Ok(Facts { item_size_max, process: process(&statistics).ok_or_else(too_old)? })
}

fn process(statistics: &[&str]) -> Option<Process> {
    let uptime = number(statistics, "uptime")?;
    // memcached counts its time from when it started, so that this does not change while it runs.
    let started = number(statistics, "time")?.checked_sub(uptime)?;
    Some(Process { id: number(statistics, "pid")?, started, uptime })
}

fn value<'a>(lines: &[&'a str], name: &str) -> Option<&'a str> {
    lines.iter().find_map(|line| line.strip_prefix("STAT ")?.strip_prefix(name)?.strip_prefix(' '))
}

fn number(lines: &[&str], name: &str) -> Option<u64> {
    value(lines, name)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    const GOOD: &str = "VERSION 1.6.18\r\n\
                        STAT pid 4711\r\nSTAT uptime 100\r\nSTAT time 1700000100\r\nEND\r\n\
                        STAT item_size_max 1048576\r\nSTAT cas_enabled yes\r\nEND\r\n\
                        EN O0\r\nNF O1\r\nNF c0 O2\r\nMN\r\n";

    fn judged(answer: &str) -> Result<Facts, Unfit> {
        judge(answer.as_bytes())
    }

    #[test]
    fn a_server_that_answers_everything_is_accepted() {
        let process = Process { id: 4711, started: 1_700_000_000, uptime: 100 };
        assert_eq!(judged(GOOD).unwrap(), Facts { item_size_max: 1_048_576, process });
    }

    #[test]
    fn no_server_allows_larger_items_than_memcached_does() {
        for (said, believed) in
            [("1073741824", 1 << 30), ("1073741825", 1 << 30), ("4611686018427387904", 1 << 30)]
        {
            let answers = GOOD.replace("item_size_max 1048576", &format!("item_size_max {said}"));
            assert_eq!(judged(&answers).unwrap().item_size_max, believed);
        }
    }

    #[test]
    fn the_answers_end_where_the_next_answer_begins() {
        let more = [GOOD.as_bytes(), b"EN O7\r\n"].concat();
        for length in 0..=more.len() {
            let end = (length >= GOOD.len()).then_some(GOOD.len());
            assert_eq!(end_of_answers(&more[..length]), end, "of {length} bytes");
        }
    }

    #[test]
    fn a_server_that_lacks_something_is_refused_by_name() {
        let no_cas = GOOD.replace("cas_enabled yes", "cas_enabled no");
        assert!(matches!(judged(&no_cas), Err(Unfit::CasDisabled)));
        let no_token = GOOD.replace("EN O0", "EN");
        assert!(matches!(judged(&no_token), Err(Unfit::TooOld { version }) if version == "1.6.18"));
        for name in ["pid", "uptime", "time", "item_size_max"] {
            let without = GOOD.replace(&format!("STAT {name} "), "STAT other ");
            assert!(matches!(judged(&without), Err(Unfit::TooOld { .. })), "{name}");
        }
        let no_meta = "VERSION 1.4.39\r\nEND\r\nERROR\r\n";
        assert_eq!(end_of_answers(no_meta.as_bytes()), Some(no_meta.len()));
        assert!(matches!(judged(no_meta), Err(Unfit::TooOld { version }) if version == "1.4.39"));
        assert!(matches!(judged("CLIENT_ERROR unauthenticated\r\n"), Err(Unfit::Denied)));
    }

    #[test]
    fn another_kind_of_server_is_refused_with_a_piece_of_its_answer() {
        let page = format!("HTTP/1.1 400 Bad Request\r\n\r\n{}", "x".repeat(1000));
        let error = judged(&page).unwrap_err();
        assert!(matches!(&error, Unfit::NotMemcached { answer } if answer.len() == SHOWN_BYTES));
        assert!(matches!(judged(""), Err(Unfit::NotMemcached { .. })));
    }
}
