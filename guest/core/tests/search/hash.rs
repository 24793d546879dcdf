//! A fast 64-bit hash that is the same in every run.

use crate::random::mix;

/// A hash in progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hash(u64);

impl Hash {
    pub fn number(&mut self, number: u64) {
        self.0 = mix(self.0.rotate_left(23) ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .wrapping_add(0x1234_5679);
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            self.number(u64::from_le_bytes(chunk.try_into().expect("eight bytes")));
        }
        let mut rest = [0; 8];
        rest[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
        self.number(u64::from_le_bytes(rest));
        self.number(bytes.len() as u64);
    }

    pub fn value(self) -> u64 {
        mix(self.0)
    }
}
