//! The content of a file: a mark, a checksum, and the compiled code.

use sha2::{Digest, Sha256};

use super::key::Key;

/// What every file begins with.
const MARK: &[u8; 8] = b"lscode1\n";

/// The content of a file that keeps `code` under `key`.
pub(super) fn encode(key: &Key, code: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(MARK.len() + 32 + code.len());
    content.extend_from_slice(MARK);
    content.extend_from_slice(&checksum(key, code));
    content.extend_from_slice(code);
    content
}

/// The code in a file, if the file is whole, and is the one for `key`.
pub(super) fn decode<'a>(key: &Key, content: &'a [u8]) -> Option<&'a [u8]> {
    let (stored, code) = content.strip_prefix(MARK)?.split_first_chunk::<32>()?;
    (*stored == checksum(key, code)).then_some(code)
}

/// The key is in it, so that a file that was renamed is not taken for another.
fn checksum(key: &Key, code: &[u8]) -> [u8; 32] {
    Sha256::new_with_prefix(key.bytes()).chain_update(code).finalize().into()
}

#[cfg(test)]
mod tests {
    use wasmtime::Engine;

    use super::*;

    fn key(component: &[u8]) -> Key {
        Key::new(&Engine::default(), &[component])
    }

    #[test]
    fn what_was_kept_is_found_under_its_key_and_no_other() {
        let content = encode(&key(b"app"), b"code");
        assert_eq!(decode(&key(b"app"), &content), Some(b"code".as_slice()));
        assert_eq!(decode(&key(b"other"), &content), None);
    }

    #[test]
    fn no_byte_can_change_and_none_can_be_missing() {
        let content = encode(&key(b"app"), b"code");
        for place in 0..content.len() {
            let mut changed = content.clone();
            if let Some(byte) = changed.get_mut(place) {
                *byte ^= 1;
            }
            assert_eq!(decode(&key(b"app"), &changed), None, "byte {place}");
            assert_eq!(decode(&key(b"app"), content.get(..place).unwrap_or_default()), None, "{place} bytes");
        }
    }
}
