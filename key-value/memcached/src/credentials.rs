//! The user and the password for servers that require authentication (memcached's option `-Y`).

use std::fmt;

use crate::handshake::{HandshakeError, UNAUTHENTICATED};
use crate::shown::shown;

/// The longest user name or password, in bytes. A line of memcached's file has at most 256 bytes for both.
const MAX_BYTES: usize = 250;

/// A password. Its `Debug` does not show it, and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// Why a text cannot be the password, or the name, of a user of memcached. The text is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCredentials {
    /// The password is empty.
    #[error("the password is empty")]
    NoPassword,
    /// memcached ends the password at the first space, and the line at a line break.
    #[error(
        "the password contains a space or a control character, which memcached does not accept; choose another"
    )]
    Password,
    /// It is too long for memcached.
    #[error("the password has more than {MAX_BYTES} bytes, which memcached does not accept; choose another")]
    LongPassword,
    /// memcached separates the user and the password with `:` in its file, and with a space in its protocol.
    #[error(
        "the user name is empty, too long, or contains a space, a control character or ':'; choose another"
    )]
    User,
}

impl Password {
    /// A password, as it is in the file of memcached's option `-Y`.
    ///
    /// # Errors
    ///
    /// When memcached would not accept it: it is empty, contains white space or a control character, or has more than
    /// 250 bytes.
    pub fn new(password: impl Into<String>) -> Result<Self, InvalidCredentials> {
        let password = password.into();
        if password.is_empty() {
            return Err(InvalidCredentials::NoPassword);
        }
        if password.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(InvalidCredentials::Password);
        }
        if password.len() > MAX_BYTES {
            return Err(InvalidCredentials::LongPassword);
        }
        Ok(Self(password))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

/// A user and the password, with which a connection authenticates itself before the handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    user: String,
    password: Password,
}

impl Credentials {
    /// A user with this password.
    ///
    /// # Errors
    ///
    /// [`InvalidCredentials::User`] when memcached would not accept the name.
    pub fn new(user: impl Into<String>, password: Password) -> Result<Self, InvalidCredentials> {
        let user = user.into();
        let is_odd = |c: char| c.is_whitespace() || c.is_control() || c == ':';
        if user.is_empty() || user.len() > MAX_BYTES || user.chars().any(is_odd) {
            return Err(InvalidCredentials::User);
        }
        Ok(Self { user, password })
    }

    /// The command that authenticates a connection. It has to be alone on the way: memcached reads what follows a wrong
    /// password as another attempt, and replies to that one only.
    ///
    /// A server without authentication stores nothing of it, because the lifetime is over.
    pub fn command(&self) -> Vec<u8> {
        let Self { user, password: Password(password) } = self;
        let length = user.len() + 1 + password.len();
        format!("set lovely-session:login 0 -1 {length}\r\n{user} {password}\r\n").into_bytes()
    }

    /// Reads the first line of the reply to the [command](Self::command).
    ///
    /// # Errors
    ///
    /// When the server does not accept the user and the password, or is no memcached.
    pub fn accepted(&self, line: &[u8]) -> Result<(), HandshakeError> {
        let line = String::from_utf8_lossy(line);
        match line.trim_end() {
            "STORED" => Ok(()),
            rejected if rejected.starts_with("CLIENT_ERROR auth") || is_unauthenticated(rejected) => {
                Err(HandshakeError::WrongPassword { user: shown(&self.user) })
            }
            other => Err(HandshakeError::from_unexpected(other)),
        }
    }
}

fn is_unauthenticated(line: &str) -> bool {
    line.strip_prefix("CLIENT_ERROR ") == Some(UNAUTHENTICATED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials() -> Credentials {
        Credentials::new("ann", Password::new("s3cret").unwrap()).unwrap()
    }

    #[test]
    fn the_password_is_sent_and_never_shown() {
        let sent = String::from_utf8(credentials().command()).unwrap();
        assert_eq!(sent, "set lovely-session:login 0 -1 10\r\nann s3cret\r\n");
        assert!(!format!("{:?}", credentials()).contains("s3cret"));
        let wrong = credentials().accepted(b"CLIENT_ERROR authentication failure\r\n").unwrap_err();
        assert!(!wrong.to_string().contains("s3cret"), "{wrong}");
    }

    #[test]
    fn what_memcached_would_not_accept_is_refused() {
        assert_eq!(Password::new(""), Err(InvalidCredentials::NoPassword));
        for bad in ["two words", "line\n", "tab\t", "nul\0"] {
            assert_eq!(Password::new(bad), Err(InvalidCredentials::Password));
        }
        assert_eq!(Password::new("x".repeat(251)), Err(InvalidCredentials::LongPassword));
        let user = |name: &str| Credentials::new(name, Password::new("x").unwrap()).map(drop);
        for bad in ["", "a b", "a:b", "a\r\n", &"x".repeat(251)] {
            assert_eq!(user(bad), Err(InvalidCredentials::User));
        }
        assert_eq!(user("ann@example.net"), Ok(()));
    }

    #[test]
    fn the_reply_tells_whether_the_password_is_right() {
        let reply = |line: &str| credentials().accepted(line.as_bytes());
        assert_eq!(reply("STORED\r\n"), Ok(()));
        for wrong in ["CLIENT_ERROR authentication failure\r\n", "CLIENT_ERROR unauthenticated\r\n"] {
            assert_eq!(reply(wrong), Err(HandshakeError::WrongPassword { user: "ann".into() }));
        }
        assert!(matches!(reply("HTTP/1.1 400\r\n"), Err(HandshakeError::NotMemcached { .. })));
        let full = reply("ERROR Too many open connections\r\n");
        assert_eq!(full, Err(HandshakeError::TooManyConnections));
    }
}
