//! What the store holds under a key, as a value.

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use super::status::Outcome;
use crate::environment::{Change, Entry, Environment, Expectation, Lifetime, StoreError, Version, Write};
use crate::record::{Header, Life, Record, RecordError};

/// What a write of a record starts from.
#[derive(Clone, Debug, Default)]
pub struct Base {
    /// The version that is in the store; none when nothing is there.
    pub version: Option<Version>,
    /// The record that is there, after what is pending. An ended session has one, too.
    pub record: Option<Rc<Record>>,
}

impl Base {
    /// The record, if it is that of a live session.
    pub fn live(&self) -> Option<&Rc<Record>> {
        self.record.as_ref().filter(|record| !record.header().has_ended())
    }

    /// What a write on top of it expects.
    pub fn expectation(&self) -> Expectation {
        self.version.clone().map_or(Expectation::Absent, Expectation::Version)
    }

    /// The same once the session is over: only the commits are remembered.
    pub fn remains(&self) -> Self {
        let record = self.record.as_ref().map(|record| Rc::new(record.remains()));
        Self { version: self.version.clone(), record }
    }
}

/// One state of what is stored: as long as it is the same, nobody has committed there. It is no version, because a
/// store may give one state several, and because a pending change counts from its decision on, which leaves the
/// version as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp(Option<(Life, String, bool)>);

impl Stamp {
    /// The state of a record, or of none.
    pub fn of(record: Option<&Record>) -> Self {
        let state = |header: &Header| (header.life, String::from(header.marks.newest()), header.has_ended());
        Self(record.map(|record| state(record.header())))
    }
}

/// What the store holds under a key.
#[derive(Debug, Default)]
pub struct Stored {
    pub version: Option<Version>,
    pub record: Option<Record>,
    /// What became of the change that was pending, if one was.
    pub pending: Option<Outcome>,
    /// The seconds that the record had left, if the store can tell.
    pub seconds_left: Option<u32>,
}

impl Stored {
    /// As it came from the store.
    fn decode(entry: Option<Entry>) -> Result<Self, RecordError> {
        let Some(Entry { value, version, seconds_left }) = entry else { return Ok(Self::default()) };
        let record = Some(Record::decode(value)?);
        Ok(Self { version: Some(version), record, pending: None, seconds_left })
    }

    /// Which state of what is stored it is.
    pub fn stamp(&self) -> Stamp {
        Stamp::of(self.record.as_ref())
    }

    /// Whether a change waits there, as it was read.
    pub fn is_pending(&self) -> bool {
        self.record.as_ref().is_some_and(|record| record.pending().is_some())
    }

    /// Whether a change is pending there that may still count.
    pub fn is_undecided(&self) -> bool {
        self.pending == Some(Outcome::Undecided)
    }

    /// The write that takes a change away that was found void.
    pub fn write_without_void(&self, key: &str) -> Option<Write> {
        let record = self.record.as_ref().filter(|_| self.pending == Some(Outcome::Void))?;
        let header = record.header();
        let is_needed = !header.has_ended() || header.ended_until.is_some() || !header.decisions.is_empty();
        let left = self.seconds_left.map_or(Lifetime::NeverExpires, |left| Lifetime::Seconds(left.max(1)));
        let change = match is_needed {
            true => Change::Put { value: record.rewrite(header), lifetime: left },
            false => Change::Delete,
        };
        let expects = Expectation::Version(self.version.clone()?);
        Some(Write { key: key.into(), expects, change })
    }

    /// What a write on top of it starts from.
    pub fn into_base(self) -> Base {
        Base { version: self.version, record: self.record.map(Rc::new) }
    }
}

/// Reads what is stored under keys, and leaves what is pending as it is.
///
/// # Errors
/// Those of the store.
pub fn read_as_stored<E: Environment>(
    environment: &E,
    keys: &[String],
    touch: Option<Lifetime>,
) -> Result<Vec<Result<Stored, RecordError>>, StoreError> {
    let entries = environment.get_many(keys.to_vec(), touch)?;
    if entries.len() != keys.len() {
        return Err(StoreError::Other("the store returned another number of entries".into()));
    }
    Ok(entries.into_iter().map(Stored::decode).collect())
}
