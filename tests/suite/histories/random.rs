//! Random numbers.

use std::time::{SystemTime, UNIX_EPOCH};

/// A generator of random numbers (xorshift64*), of which a seed always gives the same.
#[derive(Clone)]
pub struct Random(u64);

impl Random {
    /// A generator that nobody has had before.
    pub fn from_time() -> Self {
        Self::from_seed(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64)
    }

    /// The generator of this seed.
    pub fn from_seed(seed: u64) -> Self {
        // All zeros would stay so.
        Self(seed | 1 << 63)
    }

    /// A random number.
    pub fn draw(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A random number below this.
    pub fn below(&mut self, limit: u64) -> u64 {
        (self.draw() >> 32) % limit
    }

    /// A random one of these.
    pub fn choose<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}
