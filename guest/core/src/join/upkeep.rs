//! What has to be done about records that were read, so that they stay as long as they should, and no longer.

use alloc::borrow::ToOwned;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use crate::environment::{Change, Environment, Expectation, Outcome, StoreError, Version, Write};
use crate::lifetime::{Expiry, Idleness, kept_seconds, remembered_seconds};
use crate::options::Settings;
use crate::record::{Header, Record, RecordError};
use crate::stored::{self, Stored};

/// For how many seconds the store keeps what nobody needs, where it cannot be removed on a condition.
const SOON: u32 = 60;

/// Keeps the records of a container in order.
pub struct Upkeep<'a> {
    pub settings: &'a Rc<Settings>,
    pub idleness: Idleness,
}

/// What has to be done about a record.
enum Duty {
    Nothing,
    /// This change. It does not matter if it fails.
    Do(Change),
    /// This change, before the record may be used: a session that timed out must not be taken for alive because
    /// the read has slid its expiry, and a change that was found void must not be settled later by somebody who
    /// took the decision before its record was lost.
    Must(Change),
    /// The session timed out, and a change waits there for a decision: first that.
    Wait,
}

/// What became of it.
pub enum Done {
    Nothing,
    Removed,
    Written(Version),
    /// The record changed meanwhile: it must be read again.
    Again,
    /// It must be read again once nothing undecided is in the way.
    AfterDecision,
    /// The store refused it, perhaps because of the expiry.
    Refused,
    /// It must be done, and was not.
    Failed(StoreError),
}

impl Upkeep<'_> {
    /// Carries out what has to be done, in one batch, and returns what became of it, record by record.
    pub fn carry_out<E: Environment>(
        &self,
        environment: &E,
        keys: &[String],
        all: &[Result<Stored, RecordError>],
    ) -> Vec<Done> {
        let (mut tasks, mut writes) = (Vec::with_capacity(all.len()), Vec::new());
        for (key, stored) in keys.iter().zip(all) {
            let (task, change) =
                stored.as_ref().map_or(Duty::Nothing, |stored| self.duty(stored)).into_task();
            let version = stored.as_ref().ok().and_then(|stored| stored.version.clone());
            if let (Some(change), Some(version)) = (change, version) {
                let expects = Expectation::Version(version);
                writes.push(Write { key: key.clone(), expects, change });
            }
            tasks.push(task);
        }
        let outcomes = if writes.is_empty() { Ok(Vec::new()) } else { environment.write_many(writes) };
        let mut outcomes = outcomes.map(Vec::into_iter);
        let mut next = || match &mut outcomes {
            Ok(outcomes) => Ok(outcomes.next().unwrap_or(Outcome::Unknown)),
            Err(error) => Err(error.clone()),
        };
        tasks.into_iter().map(|task| task.done(&mut next)).collect()
    }

    /// What has to be done about a record, so that it stays as long as it should.
    fn duty(&self, stored: &Stored) -> Duty {
        let Some(record) = &stored.record else { return Duty::Nothing };
        let header = record.header();
        if header.has_ended() {
            return match stored.pending {
                Some(stored::Outcome::Undecided) => Duty::Nothing,
                pending => self.duty_of_ended(record, pending),
            };
        }
        if self.idleness.is_over(header, stored.seconds_left) {
            return match (stored.is_undecided(), self.idleness.expiry) {
                (true, _) => Duty::Wait,
                (false, Expiry::Store) => Duty::Must(self.burial(record)),
                // The read has slid nothing, and the record tells the next reader the same.
                (false, _) => Duty::Do(self.burial(record)),
            };
        }
        if stored.is_undecided() {
            return Duty::Nothing;
        }
        let is_due = self.idleness.age(header) >= u64::from(self.settings.resolution());
        let is_due = is_due && header.timeout > 0 && self.idleness.is_told_by_record(header);
        match stored.pending {
            Some(stored::Outcome::Void) => Duty::Must(self.refresh(record, is_due)),
            Some(stored::Outcome::Decided) => Duty::Do(self.refresh(record, is_due)),
            _ if is_due => Duty::Do(self.refresh(record, is_due)),
            _ => Duty::Nothing,
        }
    }

    /// Writes a live record again: without the change that was pending, or to slide its expiry where the store
    /// cannot.
    fn refresh(&self, record: &Record, slides: bool) -> Change {
        let mut header =
            Header { is_kept: self.idleness.expiry == Expiry::RecordAlone, ..record.header().clone() };
        if slides {
            header.saved = self.idleness.now.as_secs();
            header.timeout = self.settings.options.timeout;
        }
        self.put(record.rewrite(&header), kept_seconds(self.settings.options.timeout))
    }

    /// The read has slid the expiry of a tombstone to that of a live session, or for ever.
    fn duty_of_ended(&self, record: &Record, pending: Option<stored::Outcome>) -> Duty {
        let needed = remembered_seconds(record.header(), self.idleness.now);
        let slid = if self.idleness.expiry == Expiry::Store {
            kept_seconds(self.settings.options.timeout)
        } else {
            u32::MAX
        };
        let is_void = pending == Some(stored::Outcome::Void);
        let change = match needed {
            // Not every store can remove on a condition.
            None if is_void && self.idleness.expiry != Expiry::Store => {
                self.put(record.rewrite(record.header()), SOON)
            }
            None => Change::Delete,
            Some(needed) if pending.is_some() || slid == 0 || needed > slid => {
                self.put(record.rewrite(record.header()), needed)
            }
            Some(_) => return Duty::Nothing,
        };
        if is_void { Duty::Must(change) } else { Duty::Do(change) }
    }

    /// How the record of a session that timed out goes away. One that still has to remember decisions stays.
    fn burial(&self, record: &Record) -> Change {
        let remains = record.remains();
        match remembered_seconds(remains.header(), self.idleness.now) {
            None => Change::Delete,
            Some(seconds) => self.put(remains.rewrite(remains.header()), seconds),
        }
    }

    fn put(&self, value: Vec<u8>, seconds: u32) -> Change {
        Change::Put { value, lifetime: self.idleness.expiry.lifetime(seconds) }
    }
}

/// What is under way for one record.
enum Task {
    Nothing,
    Wait,
    Write { removes: bool, must_be_done: bool },
}

impl Duty {
    fn into_task(self) -> (Task, Option<Change>) {
        let (change, must_be_done) = match self {
            Self::Nothing => return (Task::Nothing, None),
            Self::Wait => return (Task::Wait, None),
            Self::Do(change) => (change, false),
            Self::Must(change) => (change, true),
        };
        (Task::Write { removes: matches!(change, Change::Delete), must_be_done }, Some(change))
    }
}

impl Task {
    /// What became of it; `next` gives the outcome of the next write.
    fn done(self, next: &mut impl FnMut() -> Result<Outcome, StoreError>) -> Done {
        let (removes, must_be_done) = match self {
            Self::Nothing => return Done::Nothing,
            Self::Wait => return Done::AfterDecision,
            Self::Write { removes, must_be_done } => (removes, must_be_done),
        };
        match next() {
            Ok(Outcome::Applied(_)) if removes => Done::Removed,
            Ok(Outcome::Applied(version)) => Done::Written(version),
            Ok(Outcome::Stale | Outcome::Missing) if must_be_done => Done::Again,
            Ok(_) if must_be_done => {
                let reason = "the record of a session must be written first, and cannot be";
                Done::Failed(StoreError::Unavailable(reason.to_owned()))
            }
            Err(error) if must_be_done => Done::Failed(error),
            Err(StoreError::Unsupported(_)) if !removes => Done::Refused,
            _ => Done::Nothing,
        }
    }
}
