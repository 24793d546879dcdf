//! What is found out about a server, on each new connection, before it is trusted with sessions: it may be
//! another one than before.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::MemcachedOptions;
use super::address::ServerAddress;
use super::incarnation::Process;

/// Asks for the settings, and tries each command that the store is going to use on a key that nobody has,
/// in a way that can change nothing. `mn` marks the end of the answers.
const QUESTIONS: &[u8] = b"version\r\n\
    stats\r\n\
    stats settings\r\n\
    mg lovely-session:probe v f c t O0\r\n\
    md lovely-session:probe C1 O1\r\n\
    ms lovely-session:probe 0 c C1 O2\r\n\r\n\
    mn\r\n";

/// How the first answer begins.
const VERSION: &str = "VERSION ";

/// A server's statistics and settings take some 5 KiB. What sends more than this is no memcached.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// How much of an unexpected answer is shown.
const SHOWN_BYTES: usize = 60;

/// Why a store on memcached cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The list of servers is empty.
    #[error("no memcached server is given; name at least one")]
    NoServers,
    /// The list of servers has this one twice.
    #[error("the memcached server {0} is given twice; name each server once")]
    DuplicateServer(ServerAddress),
    /// The server cannot be reached, or the connection broke.
    #[error("cannot reach the memcached server {server}: {cause}; check the address, and that it is running")]
    Unreachable {
        /// The server.
        server: ServerAddress,
        /// What the system says.
        cause: io::Error,
    },
    /// The server did not answer in time.
    #[error(
        "the memcached server {server} did not answer within {after:?}; check the address and the network"
    )]
    TimedOut {
        /// The server.
        server: ServerAddress,
        /// How long it had.
        after: Duration,
    },
    /// The server asks for a user and a password, which this store cannot give.
    #[error(
        "the memcached server {0} asks for authentication; start it without `-Y` and guard it by the network"
    )]
    Denied(ServerAddress),
    /// The server was started with `-C`, so that lost updates could not be detected.
    #[error("the memcached server {0} has compare-and-swap disabled; start it without `-C`")]
    CasDisabled(ServerAddress),
    /// The server lacks a command or a statistic that the store needs.
    #[error(
        "the memcached server {server} ({version}) lacks meta commands or statistics that sessions need; \
         use 1.6.18 or newer, and no proxy"
    )]
    TooOld {
        /// The server.
        server: ServerAddress,
        /// The version it says it has.
        version: String,
    },
    /// Something answered that does not speak like memcached.
    #[error("{server} answered {answer:?}, as no memcached does with its text protocol; check the address")]
    NotMemcached {
        /// The server.
        server: ServerAddress,
        /// How its answer begins.
        answer: String,
    },
}

/// What the store has to know about a server.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Facts {
    /// The most bytes that an item may take, with its key and header.
    pub(super) item_size_max: u64,
    /// The process that answers.
    pub(super) process: Process,
}

/// Connects to a server, and asks it about itself.
pub(super) async fn connect(
    server: &ServerAddress,
    options: &MemcachedOptions,
) -> Result<(TcpStream, Facts), ConnectError> {
    let connected = TcpStream::connect(server.to_string());
    let mut stream = within(options.connect_timeout, server, connected).await?;
    stream.set_nodelay(true).map_err(|cause| ConnectError::Unreachable { server: server.clone(), cause })?;
    let answer = within(options.io_timeout, server, ask(&mut stream)).await?;
    let facts = judge(server, &String::from_utf8_lossy(&answer))?;
    Ok((stream, facts))
}

async fn within<T>(
    limit: Duration,
    server: &ServerAddress,
    step: impl Future<Output = io::Result<T>>,
) -> Result<T, ConnectError> {
    match timeout(limit, step).await {
        Ok(result) => result.map_err(|cause| ConnectError::Unreachable { server: server.clone(), cause }),
        Err(_) => Err(ConnectError::TimedOut { server: server.clone(), after: limit }),
    }
}

/// Sends the questions and reads until the answers are complete, an answer is an error, or what is no
/// memcached hangs up.
async fn ask(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    stream.write_all(QUESTIONS).await?;
    let mut answer = Vec::new();
    while !is_over(&answer) {
        if stream.read_buf(&mut answer).await? == 0 {
            let begins_well = answer.iter().zip(VERSION.bytes()).all(|(byte, expected)| *byte == expected);
            return if begins_well { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(answer) };
        }
    }
    Ok(answer)
}

fn is_over(answer: &[u8]) -> bool {
    let mut lines = answer.split_inclusive(|&byte| byte == b'\n').filter(|line| line.ends_with(b"\n"));
    answer.len() > MAX_ANSWER_BYTES || lines.any(|line| line == b"MN\r\n" || is_error(line))
}

fn is_error(line: &[u8]) -> bool {
    [&b"ERROR"[..], b"CLIENT_ERROR", b"SERVER_ERROR"].iter().any(|word| line.starts_with(word))
}

/// Whether a line says `code` and repeats the token of its question.
fn is_answer(line: &str, code: &str, token: &str) -> bool {
    let mut words = line.split(' ');
    words.next() == Some(code) && words.any(|word| word == token)
}

fn judge(server: &ServerAddress, answer: &str) -> Result<Facts, ConnectError> {
    let mut lines = answer.lines();
    let first = lines.next().unwrap_or_default();
    if first == "CLIENT_ERROR unauthenticated" {
        return Err(ConnectError::Denied(server.clone()));
    }
    let Some(version) = first.strip_prefix(VERSION) else {
        let answer = answer.chars().take(SHOWN_BYTES).collect();
        return Err(ConnectError::NotMemcached { server: server.clone(), answer });
    };
    let too_old = || ConnectError::TooOld { server: server.clone(), version: version.to_owned() };
    let statistics: Vec<&str> = lines.by_ref().take_while(|line| *line != "END").collect();
    let settings: Vec<&str> = lines.by_ref().take_while(|line| *line != "END").collect();
    let mut is_answered = |code, token| lines.next().is_some_and(|line| is_answer(line, code, token));
    if !(is_answered("EN", "O0") && is_answered("NF", "O1") && is_answered("NF", "O2")) {
        return Err(too_old());
    }
    if value(&settings, "cas_enabled") != Some("yes") {
        return Err(ConnectError::CasDisabled(server.clone()));
    }
    let item_size_max = number(&settings, "item_size_max").ok_or_else(too_old)?;
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
    use super::*;

    const GOOD: &str = "VERSION 1.6.18\r\n\
                        STAT pid 4711\r\nSTAT uptime 100\r\nSTAT time 1700000100\r\nEND\r\n\
                        STAT item_size_max 1048576\r\nSTAT cas_enabled yes\r\nEND\r\n\
                        EN O0\r\nNF O1\r\nNF c0 O2\r\nMN\r\n";

    fn judged(answer: &str) -> Result<Facts, ConnectError> {
        judge(&"h:1".parse().unwrap(), answer)
    }

    #[test]
    fn a_server_that_answers_everything_is_accepted() {
        let process = Process { id: 4711, started: 1_700_000_000, uptime: 100 };
        assert_eq!(judged(GOOD).unwrap(), Facts { item_size_max: 1_048_576, process });
        assert!(is_over(GOOD.as_bytes()));
        assert!(!is_over(GOOD.trim_end().as_bytes()));
    }

    #[test]
    fn a_server_that_lacks_something_is_refused_by_name() {
        let no_cas = GOOD.replace("cas_enabled yes", "cas_enabled no");
        assert!(matches!(judged(&no_cas), Err(ConnectError::CasDisabled(_))));
        let no_token = GOOD.replace("EN O0", "EN");
        assert!(
            matches!(judged(&no_token), Err(ConnectError::TooOld { version, .. }) if version == "1.6.18")
        );
        for name in ["pid", "uptime", "time", "item_size_max"] {
            let without = GOOD.replace(&format!("STAT {name} "), "STAT other ");
            assert!(matches!(judged(&without), Err(ConnectError::TooOld { .. })), "{name}");
        }
        let no_meta = "VERSION 1.4.39\r\nEND\r\nERROR\r\n";
        assert!(is_over(no_meta.as_bytes()));
        assert!(matches!(judged(no_meta), Err(ConnectError::TooOld { version, .. }) if version == "1.4.39"));
        assert!(matches!(judged("CLIENT_ERROR unauthenticated\r\n"), Err(ConnectError::Denied(_))));
    }

    #[test]
    fn another_kind_of_server_is_refused_with_a_piece_of_its_answer() {
        let page = format!("HTTP/1.1 400 Bad Request\r\n\r\n{}", "x".repeat(1000));
        let error = judged(&page).unwrap_err();
        assert!(matches!(&error, ConnectError::NotMemcached { answer, .. } if answer.len() == SHOWN_BYTES));
        assert!(matches!(judged(""), Err(ConnectError::NotMemcached { .. })));
    }
}
