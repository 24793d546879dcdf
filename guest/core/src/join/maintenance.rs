//! Maintenance of records that were read, so that they are kept as long as they are needed, and no longer.

use alloc::borrow::ToOwned;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use crate::environment::{Change, Environment, Expectation, Outcome, StoreError, Version, Write};
use crate::lifetime::{Expiry, Idleness, kept_seconds, remembered_seconds};
use crate::options::Settings;
use crate::record::{Header, Record, RecordError};
use crate::stored::{self, Stored};

/// For how many more seconds the store keeps a record that is no longer needed, if it cannot delete on a
/// condition.
const REMOVAL_SECONDS: u32 = 60;

/// Maintains the records of a container.
pub struct Maintenance<'a> {
    pub settings: &'a Rc<Settings>,
    pub idleness: Idleness,
}

/// What has to be done about a record.
enum Task {
    None,
    /// This change; it may fail.
    Optional(Change),
    /// This change, before the record is used. Otherwise a session that timed out could be taken for alive,
    /// because the read has slid its expiry; or a void change could still be settled by a client that took
    /// the decision before the primary was lost.
    Required(Change),
    /// The session timed out, but has a pending change that has to be decided first.
    AfterDecision,
}

/// The result of a task.
pub enum TaskResult {
    None,
    Removed,
    Written(Version),
    /// The record changed meanwhile, and must be read again.
    ReadAgain,
    /// The record must be read again once its pending change is decided.
    AfterDecision,
    /// The store refused the change, perhaps because of the expiry.
    Refused,
    /// A required change was not applied.
    Failed(StoreError),
}

impl Maintenance<'_> {
    /// Does the maintenance of all records in one batch. Returns the results in order.
    pub fn run<E: Environment>(
        &self,
        environment: &E,
        keys: &[String],
        all: &[Result<Stored, RecordError>],
    ) -> Vec<TaskResult> {
        let (mut in_progress, mut writes) = (Vec::with_capacity(all.len()), Vec::new());
        for (key, stored) in keys.iter().zip(all) {
            let (task, change) = stored.as_ref().map_or(Task::None, |stored| self.task(stored)).start();
            let version = stored.as_ref().ok().and_then(|stored| stored.version.as_ref());
            if let (Some(change), Some(version)) = (change, version) {
                let expects = Expectation::Version(version.clone());
                writes.push(Write { key: key.clone(), expects, change });
            }
            in_progress.push(task);
        }
        let outcomes = if writes.is_empty() { Ok(Vec::new()) } else { environment.write_many(writes) };
        let mut outcomes = outcomes.map(Vec::into_iter);
        let mut next = || match &mut outcomes {
            Ok(outcomes) => Ok(outcomes.next().unwrap_or(Outcome::Unknown)),
            Err(error) => Err(error.clone()),
        };
        in_progress.into_iter().map(|task| task.done(&mut next)).collect()
    }

    /// Finds out what has to be done about a record.
    fn task(&self, stored: &Stored) -> Task {
        let Some(record) = &stored.record else { return Task::None };
        let header = record.header();
        if header.has_ended() {
            return match stored.pending {
                Some(stored::PendingStatus::Undecided) => Task::None,
                pending => self.task_for_ended(record, pending),
            };
        }
        if self.idleness.is_over(header, stored.seconds_left) {
            return match (stored.is_undecided(), self.idleness.expiry) {
                (true, _) => Task::AfterDecision,
                (false, Expiry::Store) => Task::Required(self.removal(record)),
                // The read has not slid the expiry, so the next reader comes to the same result.
                (false, _) => Task::Optional(self.removal(record)),
            };
        }
        if stored.is_undecided() {
            return Task::None;
        }
        let is_due = self.idleness.age(header) >= u64::from(self.settings.resolution());
        let is_due = is_due && header.timeout > 0 && self.idleness.is_told_by_record(header);
        match stored.pending {
            Some(stored::PendingStatus::Void) => Task::Required(self.refresh(record, is_due)),
            Some(stored::PendingStatus::Decided) => Task::Optional(self.refresh(record, is_due)),
            _ if is_due => Task::Optional(self.refresh(record, is_due)),
            _ => Task::None,
        }
    }

    /// Writes a live record again: without its pending change, or to slide the expiry if the store cannot.
    fn refresh(&self, record: &Record, slides: bool) -> Change {
        let mut header =
            Header { is_kept: self.idleness.expiry == Expiry::RecordAlone, ..record.header().clone() };
        if slides {
            header.saved = self.idleness.now.as_secs();
            header.timeout = self.settings.options.timeout;
        }
        self.put(record.rewrite(&header), kept_seconds(self.settings.options.timeout))
    }

    /// The task for a tombstone: the read has slid its expiry to that of a live session, or to never.
    fn task_for_ended(&self, record: &Record, pending: Option<stored::PendingStatus>) -> Task {
        let needed = remembered_seconds(record.header(), self.idleness.now);
        let slid = if self.idleness.expiry == Expiry::Store {
            kept_seconds(self.settings.options.timeout)
        } else {
            u32::MAX
        };
        let is_void = pending == Some(stored::PendingStatus::Void);
        let change = match needed {
            // Not every store can delete on a condition.
            None if is_void && self.idleness.expiry != Expiry::Store => {
                self.put(record.rewrite(record.header()), REMOVAL_SECONDS)
            }
            None => Change::Delete,
            Some(needed) if pending.is_some() || slid == 0 || needed > slid => {
                self.put(record.rewrite(record.header()), needed)
            }
            Some(_) => return Task::None,
        };
        if is_void { Task::Required(change) } else { Task::Optional(change) }
    }

    /// Removes the record of a session that timed out, or keeps the decisions in it that must be remembered.
    fn removal(&self, record: &Record) -> Change {
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

/// A task whose write is under way.
enum InProgress {
    None,
    AfterDecision,
    Write { removes: bool, must_be_done: bool },
}

impl Task {
    fn start(self) -> (InProgress, Option<Change>) {
        let (change, must_be_done) = match self {
            Self::None => return (InProgress::None, None),
            Self::AfterDecision => return (InProgress::AfterDecision, None),
            Self::Optional(change) => (change, false),
            Self::Required(change) => (change, true),
        };
        (InProgress::Write { removes: matches!(change, Change::Delete), must_be_done }, Some(change))
    }
}

impl InProgress {
    /// Returns the result of the task; `next` returns the outcome of the next write.
    fn done(self, next: &mut impl FnMut() -> Result<Outcome, StoreError>) -> TaskResult {
        let (removes, must_be_done) = match self {
            Self::None => return TaskResult::None,
            Self::AfterDecision => return TaskResult::AfterDecision,
            Self::Write { removes, must_be_done } => (removes, must_be_done),
        };
        match next() {
            Ok(Outcome::Applied(_)) if removes => TaskResult::Removed,
            Ok(Outcome::Applied(version)) => TaskResult::Written(version),
            Ok(Outcome::Stale | Outcome::Missing) if must_be_done => TaskResult::ReadAgain,
            Ok(_) if must_be_done => {
                let reason = "the record of a session could not be written";
                TaskResult::Failed(StoreError::Unavailable(reason.to_owned()))
            }
            Err(error) if must_be_done => TaskResult::Failed(error),
            Err(StoreError::Unsupported(_)) if !removes => TaskResult::Refused,
            _ => TaskResult::None,
        }
    }
}
