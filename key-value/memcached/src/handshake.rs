//! The handshake: what is asked on each new connection, before the server is trusted with sessions. It may be another
//! server than before.

use memcache::exp::{MetaResponse, ReturnCode, parse_meta_result};

use crate::process::Process;
use crate::reply::opaque;
use crate::shown::shown;

/// The commands of the handshake. They ask for the version, the statistics and the settings, and try each command that
/// a store uses on a key that does not exist, in a way that changes nothing. `mn` marks the end of the replies.
pub const HANDSHAKE: &[u8] = b"version\r\n\
    stats\r\n\
    stats settings\r\n\
    mg lovely-session:probe v f c t O0\r\n\
    md lovely-session:probe C1 O1\r\n\
    ms lovely-session:probe 0 c C1 O2\r\n\r\n\
    mn\r\n";

/// The beginning of the first reply.
const VERSION: &str = "VERSION ";

/// The text of the error reply of a server that requires authentication.
pub(crate) const UNAUTHENTICATED: &str = "unauthenticated";

/// memcached's own maximum for its option `-I`. Buffers are limited by the item limit, so a server that says more gets
/// this limit.
const MAX_ITEM_BYTES: u64 = 1 << 30;

/// The statistics and settings of a server take some 5 KiB. A server that sends more than this is not a memcached.
const MAX_HANDSHAKE_BYTES: usize = 64 * 1024;

/// The only reply of a server whose connections are at their limit (`-c`). It closes the connection then.
const TOO_MANY_CONNECTIONS: &str = "ERROR Too many open connections";

/// Why a server cannot keep sessions. The text does not name the server. What the server sent is shown with control
/// characters escaped, and cut.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// It requires a user and a password, and none were given.
    #[error("it requires authentication; give a user and a password, or start it without `-Y`")]
    Denied,
    /// It does not accept the user and the password.
    #[error(
        "it does not accept the password of the user `{user}`; check both, and its file of the option `-Y`"
    )]
    WrongPassword {
        /// The name of the user.
        user: String,
    },
    /// It has as many connections as it may have.
    #[error("its connections are at their limit; raise it (`-c`), or use fewer hosts or connections")]
    TooManyConnections,
    /// It was started with `-C`, so that lost updates could not be detected.
    #[error("it has compare-and-swap disabled; start it without `-C`")]
    CasDisabled,
    /// It lacks a command or a statistic that a store needs.
    #[error(
        "it ({version}) lacks meta commands or statistics that sessions need; use 1.6.18 or newer, and no proxy"
    )]
    TooOld {
        /// The version that it reports.
        version: String,
    },
    /// It does not speak memcached's text protocol.
    #[error("it replied \"{reply}\", unlike memcached with its text protocol; check the address")]
    NotMemcached {
        /// The beginning of its reply, with control characters escaped.
        reply: String,
    },
}

/// What the handshake tells about a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerInfo {
    /// The most bytes that an item may take, with its key and header: at most 1 GiB, whatever the server says.
    pub item_size_max: u64,
    /// The process at the other end of the connection.
    pub process: Process,
}

/// The length of the replies to the [`HANDSHAKE`] at the beginning of these bytes; `None` while they are incomplete.
/// They also end with an error reply, and where there are more bytes than a memcached sends;
/// [`ServerInfo::from_handshake`] returns the error then.
pub fn handshake_end(bytes: &[u8]) -> Option<usize> {
    let mut end = 0;
    for line in bytes.split_inclusive(|&byte| byte == b'\n').filter(|line| line.ends_with(b"\n")) {
        end += line.len();
        if line == b"MN\r\n" || is_error_reply(line) {
            return Some(end);
        }
    }
    (bytes.len() > MAX_HANDSHAKE_BYTES).then_some(bytes.len())
}

/// Whether these may be the first bytes of memcached's replies to the [`HANDSHAKE`].
pub fn begins_like_memcached(bytes: &[u8]) -> bool {
    bytes.iter().zip(VERSION.bytes()).all(|(byte, expected)| *byte == expected)
}

impl HandshakeError {
    /// The error for a server that sent this in place of a reply.
    pub fn from_unexpected(reply: &str) -> Self {
        let first = reply.lines().next().unwrap_or_default();
        if first.strip_prefix("CLIENT_ERROR ") == Some(UNAUTHENTICATED) {
            Self::Denied
        } else if first == TOO_MANY_CONNECTIONS {
            Self::TooManyConnections
        } else {
            Self::NotMemcached { reply: shown(reply) }
        }
    }
}

impl ServerInfo {
    /// Reads the replies to the [`HANDSHAKE`].
    ///
    /// # Errors
    ///
    /// When the server cannot keep sessions. Close the connection then.
    pub fn from_handshake(replies: &[u8]) -> Result<Self, HandshakeError> {
        let text = String::from_utf8_lossy(replies);
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        let Some(version) = first.strip_prefix(VERSION) else {
            return Err(HandshakeError::from_unexpected(&text));
        };
        let too_old = || HandshakeError::TooOld { version: shown(version) };
        let statistics: Vec<&str> = lines.by_ref().take_while(|line| *line != "END").collect();
        let settings: Vec<&str> = lines.by_ref().take_while(|line| *line != "END").collect();
        let probes = [(ReturnCode::En, 0), (ReturnCode::Nf, 1), (ReturnCode::Nf, 2)];
        if !probes.into_iter().all(|probe| lines.next().and_then(probe_reply) == Some(probe)) {
            return Err(too_old());
        }
        if value(&settings, "cas_enabled") != Some("yes") {
            return Err(HandshakeError::CasDisabled);
        }
        let item_size_max = number(&settings, "item_size_max").ok_or_else(too_old)?.min(MAX_ITEM_BYTES);
        Ok(Self { item_size_max, process: process(&statistics).ok_or_else(too_old)? })
    }
}

fn is_error_reply(line: &[u8]) -> bool {
    [&b"ERROR"[..], b"CLIENT_ERROR", b"SERVER_ERROR"].iter().any(|word| line.starts_with(word))
}

/// The return code and the opaque of a reply.
fn probe_reply(line: &str) -> Option<(ReturnCode, u32)> {
    let result = MetaResponse::parse_header(line.as_bytes()).and_then(parse_meta_result).ok()?;
    Some((result.rc, opaque(&result)?))
}

fn process(statistics: &[&str]) -> Option<Process> {
    let uptime = number(statistics, "uptime")?;
    // memcached counts its time from its start, so this does not change while it runs.
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

    fn info(replies: &str) -> Result<ServerInfo, HandshakeError> {
        ServerInfo::from_handshake(replies.as_bytes())
    }

    #[test]
    fn a_server_that_replies_to_everything_is_accepted() {
        let process = Process { id: 4711, started: 1_700_000_000, uptime: 100 };
        assert_eq!(info(GOOD).unwrap(), ServerInfo { item_size_max: 1_048_576, process });
    }

    #[test]
    fn no_server_allows_larger_items_than_memcached_does() {
        for (reported, limit) in
            [("1073741824", 1 << 30), ("1073741825", 1 << 30), ("4611686018427387904", 1 << 30)]
        {
            let replies = GOOD.replace("item_size_max 1048576", &format!("item_size_max {reported}"));
            assert_eq!(info(&replies).unwrap().item_size_max, limit);
        }
    }

    #[test]
    fn the_replies_end_where_the_next_reply_begins() {
        let more = [GOOD.as_bytes(), b"EN O7\r\n"].concat();
        for length in 0..=more.len() {
            let end = (length >= GOOD.len()).then_some(GOOD.len());
            assert_eq!(handshake_end(&more[..length]), end, "of {length} bytes");
        }
    }

    #[test]
    fn a_server_that_lacks_something_is_refused() {
        let no_cas = GOOD.replace("cas_enabled yes", "cas_enabled no");
        assert!(matches!(info(&no_cas), Err(HandshakeError::CasDisabled)));
        let no_opaque = GOOD.replace("EN O0", "EN");
        assert!(matches!(info(&no_opaque), Err(HandshakeError::TooOld { version }) if version == "1.6.18"));
        for name in ["pid", "uptime", "time", "item_size_max"] {
            let without = GOOD.replace(&format!("STAT {name} "), "STAT other ");
            assert!(matches!(info(&without), Err(HandshakeError::TooOld { .. })), "{name}");
        }
        let no_meta = "VERSION 1.4.39\r\nEND\r\nERROR\r\n";
        assert_eq!(handshake_end(no_meta.as_bytes()), Some(no_meta.len()));
        assert!(matches!(info(no_meta), Err(HandshakeError::TooOld { version }) if version == "1.4.39"));
        assert!(matches!(info("CLIENT_ERROR unauthenticated\r\n"), Err(HandshakeError::Denied)));
    }

    #[test]
    fn another_kind_of_server_is_refused_with_the_beginning_of_its_reply() {
        let page = format!("HTTP/1.1 400 Bad Request\r\n\r\n{}", "x".repeat(1000));
        let error = info(&page).unwrap_err();
        assert!(
            matches!(&error, HandshakeError::NotMemcached { reply } if reply.starts_with("HTTP/1.1 400 Bad"))
        );
        assert!(error.to_string().len() < 200, "{error}");
        assert!(matches!(info(""), Err(HandshakeError::NotMemcached { .. })));
    }

    #[test]
    fn a_server_at_its_limit_of_connections_is_told_as_such() {
        let reply = "ERROR Too many open connections\r\n";
        assert_eq!(handshake_end(reply.as_bytes()), Some(reply.len()));
        assert_eq!(info(reply), Err(HandshakeError::TooManyConnections));
    }

    #[test]
    fn what_a_server_sends_is_shown_without_control_characters() {
        for replies in ["VERSION \u{1b}[2J1.4\r\nERROR\r\n", "\u{1b}]0;title\u{7}\u{9b}\r\n", "VERSION \u{0}"]
        {
            let text = info(replies).unwrap_err().to_string();
            assert!(!text.contains(char::is_control), "{text:?}");
        }
    }
}
