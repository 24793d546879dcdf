//! The content of a file: a fixed beginning, a checksum, and the compiled code.

use sha2::{Digest, Sha256};

use super::key::Key;

/// The beginning of every file.
const MAGIC: &[u8; 8] = b"lscode1\n";

/// The content of the file with `code` for `key`.
pub(super) fn encode(key: &Key, code: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(MAGIC.len() + 32 + code.len());
    content.extend_from_slice(MAGIC);
    content.extend_from_slice(&checksum(key, code));
    content.extend_from_slice(code);
    content
}

/// The code in a file, if the file is complete and is for `key`.
pub(super) fn decode<'a>(key: &Key, content: &'a [u8]) -> Option<&'a [u8]> {
    let (stored, code) = content.strip_prefix(MAGIC)?.split_first_chunk::<32>()?;
    (*stored == checksum(key, code)).then_some(code)
}

/// The checksum includes the key, so that a renamed file does not match.
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
    fn code_is_found_with_its_key_and_with_no_other() {
        let content = encode(&key(b"app"), b"code");
        assert_eq!(decode(&key(b"app"), &content), Some(b"code".as_slice()));
        assert_eq!(decode(&key(b"other"), &content), None);
    }

    #[test]
    fn a_file_with_a_changed_or_missing_byte_is_refused() {
        let content = encode(&key(b"app"), b"code");
        for position in 0..content.len() {
            let mut changed = content.clone();
            if let Some(byte) = changed.get_mut(position) {
                *byte ^= 1;
            }
            assert_eq!(decode(&key(b"app"), &changed), None, "byte {position}");
            assert_eq!(
                decode(&key(b"app"), content.get(..position).unwrap_or_default()),
                None,
                "{position} bytes"
            );
        }
    }
}
