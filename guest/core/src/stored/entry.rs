//! What the store holds under a key.

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use super::pending::PendingStatus;
use crate::environment::{Change, Entry, Environment, Expectation, Lifetime, StoreError, Version, Write};
use crate::record::{Header, Life, Record, RecordError};

/// What a write of a record is based on.
#[derive(Clone, Debug, Default)]
pub struct Base {
    /// The version in the store; `None` when the key is absent.
    pub version: Option<Version>,
    /// The record with its pending change resolved. An ended session has a record as well.
    pub record: Option<Rc<Record>>,
}

impl Base {
    /// The record, if the session is alive.
    pub fn live(&self) -> Option<&Rc<Record>> {
        self.record.as_ref().filter(|record| !record.header().has_ended())
    }

    /// The expectation of a write that is based on this.
    pub fn expectation(&self) -> Expectation {
        self.version.clone().map_or(Expectation::Absent, Expectation::Version)
    }

    /// The same after the session is over: only the commits are remembered.
    pub fn remains(&self) -> Self {
        let record = self.record.as_ref().map(|record| Rc::new(record.remains()));
        Self { version: self.version.clone(), record }
    }
}

/// Identifies one state of a record: as long as it is equal, no commit has changed the record. Not a version:
/// a store may give several versions to one state, and a pending change takes effect with its decision, which
/// leaves the version as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateId(Option<(Life, String, bool)>);

impl StateId {
    /// The state of a record, or of an absent key.
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
    /// The status of the pending change, if there was one.
    pub pending: Option<PendingStatus>,
    /// The remaining lifetime of the record in seconds, if the store reported it.
    pub seconds_left: Option<u32>,
}

impl Stored {
    /// Decodes an entry of the store.
    fn decode(entry: Option<Entry>) -> Result<Self, RecordError> {
        let Some(Entry { value, version, seconds_left }) = entry else { return Ok(Self::default()) };
        let record = Some(Record::decode(value)?);
        Ok(Self { version: Some(version), record, pending: None, seconds_left })
    }

    /// The state of the record.
    pub fn state_id(&self) -> StateId {
        StateId::of(self.record.as_ref())
    }

    /// Whether the record has a pending change that was not resolved yet.
    pub fn is_pending(&self) -> bool {
        self.record.as_ref().is_some_and(|record| record.pending().is_some())
    }

    /// Whether the record had a pending change that is undecided.
    pub fn is_undecided(&self) -> bool {
        self.pending == Some(PendingStatus::Undecided)
    }

    /// The write that removes a void pending change.
    pub fn write_that_removes_void(&self, key: &str) -> Option<Write> {
        let record = self.record.as_ref().filter(|_| self.pending == Some(PendingStatus::Void))?;
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

    /// What a write on top of it is based on.
    pub fn into_base(self) -> Base {
        Base { version: self.version, record: self.record.map(Rc::new) }
    }
}

/// Reads what is stored under keys, and leaves pending changes unresolved.
///
/// # Errors
/// Those of the store.
pub fn read_as_stored<E: Environment>(
    environment: &E,
    keys: &[String],
    touch: Option<Lifetime>,
) -> Result<Vec<Result<Stored, RecordError>>, StoreError> {
    let entries = environment.get_many(keys, touch)?;
    if entries.len() != keys.len() {
        return Err(StoreError::Other("the store returned the wrong number of entries".into()));
    }
    Ok(entries.into_iter().map(Stored::decode).collect())
}
