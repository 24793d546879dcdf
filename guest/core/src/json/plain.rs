//! Finds the end of the plain part of a JSON string, and of a line, eight bytes at a time.

/// A word with 1 in each byte.
const ONES: u64 = u64::from_le_bytes([1; 8]);
/// A word with the highest bit of each byte.
const HIGHEST: u64 = u64::from_le_bytes([0x80; 8]);

/// Returns the number of bytes before the first one that ends a JSON string, begins an escape, or must be
/// escaped.
///
/// Examines eight bytes at a time: most of what is read and written is the inside of strings.
pub fn plain_length(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks();
    for (number, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let special = under(word, 0x20) | under(word ^ (ONES * 0x22), 1) | under(word ^ (ONES * 0x5c), 1);
        if special != 0 {
            return 8 * number + special.trailing_zeros() as usize / 8;
        }
    }
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    bytes.len() - rest.len() + rest.iter().position(special).unwrap_or(rest.len())
}

/// Returns the length of the first line with its line break, or of everything if there is none.
pub fn line_length(bytes: &[u8]) -> usize {
    let (words, _) = bytes.as_chunks();
    let has_break = |word: &[u8; 8]| under(u64::from_le_bytes(*word) ^ (ONES * 0x0a), 1) != 0;
    let before = 8 * words.iter().take_while(|word| !has_break(word)).count();
    let behind = bytes.get(before..).unwrap_or_default();
    before + behind.iter().position(|byte| *byte == b'\n').map_or(behind.len(), |position| position + 1)
}

/// Returns the highest bit of each byte below a limit. The bits of bytes after the first such byte are
/// unreliable.
fn under(word: u64, limit: u64) -> u64 {
    word.wrapping_sub(ONES * limit) & !word & HIGHEST
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Bytes, some of them near the special ones.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![8 => 0x23..0x5c_u8, 1 => any::<u8>(), 1 => prop::sample::select(b"\"\\\x1f !".to_vec())];
        prop::collection::vec(byte, 0..40)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn it_is_what_looking_at_each_byte_finds(bytes in bytes()) {
            let plain = bytes.iter().take_while(|byte| **byte >= 0x20 && !b"\"\\".contains(byte)).count();
            prop_assert_eq!(plain_length(&bytes), plain);
        }

        #[test]
        fn a_line_ends_behind_its_first_break(line in prop::collection::vec(any::<u8>(), 0..40)) {
            let line: Vec<u8> = line.into_iter().filter(|byte| *byte != b'\n').collect();
            prop_assert_eq!(line_length(&line), line.len());
            let followed = [&line, &b"\nmore\n"[..]].concat();
            prop_assert_eq!(line_length(&followed), line.len() + 1);
        }
    }
}
