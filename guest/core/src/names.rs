//! The limits of names, and the key under which a session is stored.

use alloc::string::String;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::environment::Random;
use crate::error::{Error, NameKind};

/// The maximum length of a container's name, in bytes. Even if every byte is escaped, the key fits
/// memcached's limit of 250 bytes.
pub const MAX_CONTAINER_NAME: usize = 60;

/// The maximum length of a session id, a package's name or a key, in bytes.
pub const MAX_NAME: usize = 1024;

/// Identifies keys of this project, and the version of their layout.
const KEY_PREFIX: &[u8] = b"ls1:";

/// Checks that a name is not empty and not too long. Every other text is valid.
///
/// # Errors
/// [`Error::InvalidName`].
pub fn check_name(kind: NameKind, name: &str) -> Result<(), Error> {
    let limit = match kind {
        NameKind::Container => MAX_CONTAINER_NAME,
        NameKind::SessionId | NameKind::Package | NameKind::Key => MAX_NAME,
    };
    if name.is_empty() || name.len() > limit {
        return Err(Error::InvalidName { kind, length: name.len(), limit });
    }
    Ok(())
}

/// Returns the key under which a session is stored: a prefix, the container's name with every byte but `A-Z
/// a-z 0-9 . _ -` percent-escaped, and the SHA-256 of the id in hexadecimal. The key has at most 249 bytes.
///
/// The id itself never reaches the store: access to the store's keys does not allow to take over a session.
///
/// ```
/// let key = lovely_session_core::store_key("cart", "secret")?;
/// assert!(key.starts_with("ls1:cart:2bb80d537b1da3e3"));
/// # Ok::<(), lovely_session_core::Error>(())
/// ```
///
/// # Errors
/// [`Error::InvalidName`].
pub fn store_key(container: &str, id: &str) -> Result<String, Error> {
    check_name(NameKind::Container, container)?;
    check_name(NameKind::SessionId, id)?;
    let mut key = Vec::with_capacity(KEY_PREFIX.len() + container.len() + 65);
    push_family(container, &mut key);
    key.push(b':');
    push_hex(&Sha256::digest(id.as_bytes()), &mut key);
    Ok(ascii(key))
}

/// Returns the family of the keys of a container's sessions: what [`store_key`] has before its last colon. A store
/// that can drop a family ends all sessions of a container at once.
///
/// ```
/// assert_eq!(lovely_session_core::store_family("my cart")?, "ls1:my%20cart");
/// # Ok::<(), lovely_session_core::Error>(())
/// ```
///
/// # Errors
/// [`Error::InvalidName`].
pub fn store_family(container: &str) -> Result<String, Error> {
    check_name(NameKind::Container, container)?;
    let mut family = Vec::with_capacity(KEY_PREFIX.len() + container.len());
    push_family(container, &mut family);
    Ok(ascii(family))
}

fn push_family(container: &str, key: &mut Vec<u8>) {
    key.extend_from_slice(KEY_PREFIX);
    escape(container, key);
}

/// Returns a fresh random id of 192 bits, and its store key.
///
/// # Errors
/// [`Error::InvalidName`] when the container's name is invalid.
pub(crate) fn fresh_id(container: &str, random: &impl Random) -> Result<(String, String), Error> {
    let mut bytes = [0; 24];
    random.fill(&mut bytes);
    let id = hex(&bytes);
    let key = store_key(container, &id)?;
    Ok((id, key))
}

/// Returns bytes in lower-case hexadecimal.
fn hex(bytes: &[u8]) -> String {
    let mut text = Vec::with_capacity(2 * bytes.len());
    push_hex(bytes, &mut text);
    ascii(text)
}

fn push_hex(bytes: &[u8], text: &mut Vec<u8>) {
    bytes.iter().for_each(|byte| text.extend_from_slice(&hex_digits(*byte)));
}

/// The text of bytes that are all ASCII.
fn ascii(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}

/// Returns the two hexadecimal digits of a byte.
pub(crate) fn hex_digits(byte: u8) -> [u8; 2] {
    [digit_of(byte >> 4, b'a'), digit_of(byte & 15, b'a')]
}

/// Returns the hexadecimal digit of a number below 16; `ten` is the digit for 10.
fn digit_of(number: u8, ten: u8) -> u8 {
    if number < 10 { b'0' + number } else { ten + number - 10 }
}

fn escape(name: &str, key: &mut Vec<u8>) {
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-') {
            key.push(byte);
        } else {
            key.push(b'%');
            key.extend([byte >> 4, byte & 15].map(|digit| digit_of(digit, b'A')));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_only_in_escapes_have_different_keys() {
        let names = ["a:b", "a%3Ab", "a b", "a\nb", "ä", "a/b", "A/b"];
        for (i, left) in names.iter().enumerate() {
            for right in names.iter().skip(i + 1) {
                assert_ne!(store_key(left, "id").unwrap(), store_key(right, "id").unwrap());
            }
        }
    }

    #[test]
    fn the_longest_names_still_fit_a_memcached_key() {
        let key = store_key(&"\n".repeat(MAX_CONTAINER_NAME), &"x".repeat(MAX_NAME)).unwrap();
        assert!(key.len() <= 250, "{}", key.len());
        assert!(key.bytes().all(|byte| byte.is_ascii_graphic()));
    }

    #[test]
    fn the_id_does_not_appear_in_the_key() {
        assert!(!store_key("cart", "visitor").unwrap().contains("visitor"));
    }

    #[test]
    fn empty_and_overlong_names_are_refused() {
        for (container, id, kind) in [
            ("", "id", NameKind::Container),
            ("c", "", NameKind::SessionId),
            (&*"c".repeat(MAX_CONTAINER_NAME + 1), "id", NameKind::Container),
            ("c", &*"i".repeat(MAX_NAME + 1), NameKind::SessionId),
        ] {
            let error = store_key(container, id).unwrap_err();
            assert!(matches!(error, Error::InvalidName { kind: found, .. } if found == kind), "{error:?}");
        }
    }

    #[test]
    fn a_key_says_which_container_it_belongs_to_and_escapes_only_what_is_unusual() {
        let key = store_key("A-z_0.9 \u{e4}:", "secret").unwrap();
        let digest = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
        assert_eq!(key, format!("ls1:A-z_0.9%20%C3%A4%3A:{digest}"));
    }

    #[test]
    fn the_family_of_a_key_is_that_of_its_container_and_of_no_other() {
        use lovely_session_key_value::family;
        for container in ["cart", "a:b", "a:", ":", "%3A", "ä"] {
            let key = store_key(container, "id").unwrap();
            assert_eq!(family(&key), Some(&*store_family(container).unwrap()));
        }
        assert_ne!(store_family("a:b").unwrap(), store_family("a%3Ab").unwrap());
        assert!(matches!(store_family(""), Err(Error::InvalidName { kind: NameKind::Container, .. })));
    }

    #[test]
    fn every_byte_has_two_hexadecimal_digits() {
        assert_eq!(hex(&[0x00, 0x19, 0x9a, 0xa0, 0xff]), "00199aa0ff");
    }
}
