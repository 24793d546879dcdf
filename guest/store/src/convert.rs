//! Between the types of WIT and those of the port.

use lovely_session_port::{Change, Entry, Error, Expectation, Lifetime, Outcome, Version, Write};

use crate::bindings::exports::lovely::session::key_value as wit;

pub(crate) fn lifetime(lifetime: wit::Lifetime) -> Lifetime {
    match lifetime {
        wit::Lifetime::NeverExpires => Lifetime::NeverExpires,
        wit::Lifetime::Seconds(seconds) => Lifetime::Seconds(seconds),
    }
}

pub(crate) fn write(write: wit::Write) -> Write {
    let expects = match write.expects {
        wit::Expectation::Absent => Expectation::Absent,
        wit::Expectation::Version(version) => Expectation::Version(Version(version)),
        wit::Expectation::Anything => Expectation::Anything,
    };
    let change = match write.change {
        wit::Change::Put(put) => Change::Put { value: put.value, lifetime: lifetime(put.lifetime) },
        wit::Change::Touch(to) => Change::Touch(lifetime(to)),
        wit::Change::Delete => Change::Delete,
    };
    Write { key: write.key, expects, change }
}

impl From<Entry> for wit::Entry {
    fn from(entry: Entry) -> Self {
        Self { value: entry.value, version: entry.version.0, seconds_left: entry.seconds_left }
    }
}

impl From<Outcome> for wit::Outcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Applied(version) => Self::Applied(version.0),
            Outcome::Stale => Self::Stale,
            Outcome::Missing => Self::Missing,
            Outcome::TooLarge(limit) => Self::TooLarge(limit),
            Outcome::Skipped => Self::Skipped,
            Outcome::Unavailable => Self::Unavailable,
            Outcome::Unknown => Self::Unknown,
        }
    }
}

impl From<Error> for wit::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Unavailable(text) => Self::Unavailable(text),
            Error::Unsupported(text) => Self::Unsupported(text),
            Error::Denied(text) => Self::Denied(text),
            Error::Other(text) => Self::Other(text),
        }
    }
}
