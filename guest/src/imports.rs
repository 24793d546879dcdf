//! What the core needs from the outside, as the component's imports give it.

use ::core::time::Duration;
use alloc::string::String;
use alloc::vec::Vec;

use lovely_session_core as core;

use crate::bindings::lovely::session::key_value as port;
use crate::bindings::wasi::clocks::wall_clock;
use crate::bindings::wasi::random::random;

/// The component's imports.
pub struct Imports;

impl core::Store for Imports {
    fn get_many(
        &self,
        keys: Vec<String>,
        touch: Option<core::Lifetime>,
    ) -> Result<Vec<Option<core::Entry>>, core::StoreError> {
        let entries = port::get_many(&keys, touch.map(lifetime)).map_err(error)?;
        if entries.len() != keys.len() {
            return Err(core::StoreError::Other("the store answered another number of entries".into()));
        }
        Ok(entries.into_iter().map(|found| found.map(entry)).collect())
    }

    fn write_many(&self, writes: Vec<core::Write>) -> Result<Vec<core::Outcome>, core::StoreError> {
        let writes: Vec<_> = writes.into_iter().map(write).collect();
        let outcomes = port::write_many(&writes).map_err(error)?;
        Ok(outcomes.into_iter().map(outcome).collect())
    }
}

impl core::Clock for Imports {
    fn now(&self) -> Duration {
        let now = wall_clock::now();
        Duration::new(now.seconds, now.nanoseconds)
    }
}

impl core::Random for Imports {
    fn fill(&self, buffer: &mut [u8]) {
        let bytes = random::get_random_bytes(buffer.len() as u64);
        buffer.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
    }
}

fn lifetime(lifetime: core::Lifetime) -> port::Lifetime {
    match lifetime {
        core::Lifetime::NeverExpires => port::Lifetime::NeverExpires,
        core::Lifetime::Seconds(seconds) => port::Lifetime::Seconds(seconds),
    }
}

fn entry(entry: port::Entry) -> core::Entry {
    let port::Entry { value, version, seconds_left } = entry;
    core::Entry { value, version: core::Version(version), seconds_left }
}

fn write(write: core::Write) -> port::Write {
    let core::Write { key, expects, change } = write;
    let expects = match expects {
        core::Expectation::Absent => port::Expectation::Absent,
        core::Expectation::Version(version) => port::Expectation::Version(version.0),
    };
    let change = match change {
        core::Change::Put { value, lifetime: put } => {
            port::Change::Put(port::Put { value, lifetime: lifetime(put) })
        }
        core::Change::Delete => port::Change::Delete,
    };
    port::Write { key, expects, change }
}

fn outcome(outcome: port::Outcome) -> core::Outcome {
    match outcome {
        port::Outcome::Applied(version) => core::Outcome::Applied(core::Version(version)),
        port::Outcome::Stale => core::Outcome::Stale,
        port::Outcome::Missing => core::Outcome::Missing,
        port::Outcome::TooLarge(limit) => core::Outcome::TooLarge(limit),
        port::Outcome::Skipped => core::Outcome::Skipped,
        port::Outcome::Unavailable => core::Outcome::Unavailable,
        port::Outcome::Unknown => core::Outcome::Unknown,
    }
}

fn error(error: port::Error) -> core::StoreError {
    match error {
        port::Error::Unavailable(text) => core::StoreError::Unavailable(text),
        port::Error::Unsupported(text) => core::StoreError::Unsupported(text),
        port::Error::Denied(text) => core::StoreError::Denied(text),
        port::Error::Other(text) => core::StoreError::Other(text),
    }
}
