//! Random numbers that can be repeated.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A generator of random numbers (SplitMix64).
#[derive(Clone)]
pub struct Random(u64);

impl Random {
    /// A generator with this seed. Print the seed, so that a failure can be repeated.
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// A generator with a seed from the time.
    pub fn from_time() -> Self {
        Self(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64)
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.number() % limit
    }

    /// A position in a list of this length.
    pub fn index(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    /// One of these.
    pub fn choose<T: Copy>(&mut self, from: &[T]) -> T {
        let position = self.index(from.len());
        *from.get(position).expect("there is something to choose from")
    }

    /// Another generator, which is independent of later numbers of this one.
    pub fn fork(&mut self) -> Self {
        Self(self.number())
    }

    /// Waits for a random time, at most `max`.
    pub async fn wait(&mut self, max: Duration) {
        let micros = self.below(max.as_micros() as u64 + 1);
        tokio::time::sleep(Duration::from_micros(micros)).await;
    }
}
