//! The imports of the session component: a clock, random numbers, and a store.

use std::fs::File;
use std::io::Read;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::bindings::lovely::session::key_value::{self, Entry, Error, Lifetime, Outcome, Write};
use crate::bindings::wasi::clocks::wall_clock::{self, Datetime};
use crate::bindings::wasi::random::random;
use crate::records::Records;

/// The data of a wasmtime store.
pub struct Host {
    /// The session records, and the number of calls.
    pub records: Records,
    randomness: File,
    /// How far this host's clock is ahead of the machine's.
    ahead: Duration,
}

impl Host {
    /// A host without records.
    pub fn new() -> std::io::Result<Self> {
        let randomness = File::open("/dev/urandom")?;
        Ok(Self { records: Records::default(), randomness, ahead: Duration::ZERO })
    }

    /// Moves the clock forward, so that the example need not wait.
    pub fn put_clock_forward(&mut self, by: Duration) {
        self.ahead += by;
    }

    /// The time since the Unix epoch.
    fn now(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + self.ahead
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        if let Err(error) = self.randomness.read_exact(bytes) {
            // A trap is better than session ids that can be guessed.
            eprintln!("there is no randomness: {error}");
            std::process::abort();
        }
    }
}

impl key_value::Host for Host {
    fn get_many(&mut self, keys: Vec<String>, touch: Option<Lifetime>) -> Result<Vec<Option<Entry>>, Error> {
        let now = self.now();
        Ok(self.records.get_many(&keys, touch, now))
    }

    fn write_many(&mut self, writes: Vec<Write>) -> Result<Vec<Outcome>, Error> {
        let now = self.now();
        Ok(self.records.write_many(writes, now))
    }
}

impl wall_clock::Host for Host {
    fn now(&mut self) -> Datetime {
        datetime(Host::now(self))
    }

    fn resolution(&mut self) -> Datetime {
        datetime(Duration::from_nanos(1))
    }
}

impl random::Host for Host {
    fn get_random_bytes(&mut self, length: u64) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        self.fill(&mut bytes);
        bytes
    }

    fn get_random_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_ne_bytes(bytes)
    }
}

fn datetime(since_epoch: Duration) -> Datetime {
    Datetime { seconds: since_epoch.as_secs(), nanoseconds: since_epoch.subsec_nanos() }
}
