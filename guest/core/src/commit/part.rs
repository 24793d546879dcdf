//! One record that a commit writes.

use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;

use super::conflicts;
use super::failure::Failure;
use crate::environment::{Environment, Version};
use crate::error::Error;
use crate::joined::JoinedSession;
use crate::lifetime::Idleness;
use crate::record::{Header, Life, Mark, Record, RecordError, Replacement};
use crate::state::Isolation;
use crate::stored::{Base, Outcome, Stored};

/// What becomes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The changes of the session are stored.
    Save,
    /// The session ends.
    End,
    /// The session goes away to a fresh id: this is its old record.
    Leave,
    /// The session comes to a fresh id: this is its new record.
    Arrive,
}

/// Which records come first in a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    Leaves,
    Ends,
    Stays,
    Begins,
    Arrives,
}

/// One record that a commit writes.
pub struct Part<'s> {
    pub session: &'s JoinedSession,
    pub change: Change,
    pub key: Rc<str>,
    /// What the next write starts from, if not from what was loaded.
    rebased: Option<Base>,
    /// The life of a session that begins.
    pub fresh_life: Life,
    /// Whether it has to be read again before it is written.
    pub is_lost: bool,
    /// Whether there is nothing to do any more.
    pub is_done: bool,
    /// Whether the version in the store is one that this commit prepared.
    pub is_prepared: bool,
    /// Decisions of its record that are known to be settled.
    pub forgotten: Vec<Mark>,
}

/// What it takes to lay a change over what others committed.
#[derive(Clone, Copy)]
pub struct Rebase {
    pub isolation: Isolation,
    pub idleness: Idleness,
}

/// What comes next for a record that was read again.
pub enum Next {
    /// It can be written.
    Write,
    /// The session is somewhere else by now, and must be looked at there.
    Look,
    /// Nothing: others did it already.
    Nothing,
}

impl<'s> Part<'s> {
    pub fn new<E: Environment>(
        session: &'s JoinedSession,
        change: Change,
        key: &Rc<str>,
        environment: &E,
    ) -> Self {
        let fresh_life =
            if session.loaded_record().is_some() { Life::default() } else { Life::fresh(environment) };
        Self {
            session,
            change,
            key: Rc::clone(key),
            // At a fresh id there is nothing.
            rebased: (*key != session.loaded_key).then(Base::default),
            fresh_life,
            is_lost: false,
            is_done: false,
            is_prepared: false,
            forgotten: Vec::new(),
        }
    }

    /// What the next write starts from.
    pub fn base(&self) -> &Base {
        self.rebased.as_ref().unwrap_or(&self.session.loaded.base)
    }

    /// Whether it would be the better primary.
    ///
    /// The primary must exist. A session that ends or moves is decided in its own record, so that nothing which
    /// happens to another record brings it back. Otherwise the record that is kept longest comes first, for it
    /// remembers the decision; and of those the smallest key, so that few commits wait for each other.
    pub fn comes_before(&self, other: &Self) -> bool {
        // A timeout of 0 is the longest.
        let shortness = |part: &Self| u32::MAX - part.session.settings.options.timeout.wrapping_sub(1);
        (self.rank(), shortness(self), &*self.key) < (other.rank(), shortness(other), &*other.key)
    }

    fn rank(&self) -> Rank {
        match self.change {
            Change::Arrive => Rank::Arrives,
            _ if self.base().version.is_none() => Rank::Begins,
            Change::Leave => Rank::Leaves,
            Change::End => Rank::Ends,
            Change::Save => Rank::Stays,
        }
    }

    /// What the record says before the commit, if it is that of the session as it lives.
    pub fn live_header(&self) -> Option<&Header> {
        self.base().live().map(|record| record.header())
    }

    /// The life that the record belongs to.
    pub fn life(&self) -> &Life {
        self.live_header().map_or(&self.fresh_life, |header| &header.life)
    }

    /// The record as it is, when the session lives.
    pub fn live_record(&self) -> Option<&Record> {
        self.base().live().map(|record| &**record)
    }

    /// Whether the record would change.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn has_to_be_written(&self) -> Result<bool, Error> {
        if self.change == Change::Save { self.differs() } else { Ok(true) }
    }

    /// Whether the changes of the session make its record another one.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a package that was changed cannot be read.
    pub fn differs(&self) -> Result<bool, Error> {
        let record = self.live_record();
        for (package, _) in self.session.overlays.iter() {
            if self.session.view_over(record, package)?.differs() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The packages that the transaction changed, as they become over a record, sorted by name.
    ///
    /// # Errors
    /// [`Error::Damaged`] when one of them cannot be read.
    pub fn replacements(&self, record: Option<&Record>) -> Result<Vec<Replacement<'s>>, Error> {
        let mut changed = Vec::new();
        for (package, _) in self.session.overlays.iter() {
            let view = self.session.view_over(record, package)?;
            if view.differs() {
                changed.push((package, view.document()));
            }
        }
        Ok(changed)
    }

    /// Takes in that it was prepared.
    pub fn prepare(&mut self, version: Version) {
        self.start_from_version(Some(version));
        self.is_prepared = true;
    }

    /// Takes in that the record is in the store in another version.
    pub fn start_from_version(&mut self, version: Option<Version>) {
        let record = self.base().record.clone();
        self.rebased = Some(Base { version, record });
    }

    /// Whether another commit has written the record since it was looked at.
    pub fn is_won_by_others(&self, found: Option<&Stored>) -> bool {
        let marks = |record: Option<&Record>| record.map(|record| record.header().marks.clone());
        marks(found.and_then(|stored| stored.record.as_ref())) != marks(self.base().record.as_deref())
    }

    /// Takes in what the store holds now.
    pub fn rebase(&mut self, found: Result<Stored, RecordError>, context: Rebase) -> Result<Next, Failure> {
        let stored = found.map_err(|error| error.of_session(self.session.name()))?;
        // What the own commit prepared earlier is still there, without effect.
        self.is_prepared = stored.pending == Some(Outcome::Void);
        if self.change == Change::Arrive {
            return self.rebase_arrival(stored.into_base());
        }
        let header = stored.record.as_ref().map(Record::header);
        let is_over = header.is_some_and(|header| {
            !header.has_ended() && context.idleness.is_over(header, stored.seconds_left)
        });
        match (self.session.loaded_record(), header) {
            (None, Some(header)) if header.has_ended() => self.rebase_on_remains(stored, context),
            (None, Some(_)) if is_over => self.rebase_on_remains(stored, context),
            (None, None) => self.start_from(Base::default()),
            (Some(_), None) => Err(Failure::Gone(self.session.name())),
            (Some(loaded), Some(header)) if loaded.header().life != header.life || is_over => {
                Err(Failure::Gone(self.session.name()))
            }
            // What was prepared elsewhere and does not count may still be settled by somebody who took its decision
            // before that was lost: a logout makes that impossible.
            (Some(_), Some(header))
                if header.has_ended() && self.is_prepared && self.change == Change::End =>
            {
                self.end_what_is_void(stored.into_base(), context)
            }
            (Some(_), Some(header)) if header.has_ended() => self.meet_tombstone(header, context),
            _ => self.rebase_on(stored.into_base(), context),
        }
    }

    fn start_from(&mut self, base: Base) -> Result<Next, Failure> {
        self.rebased = Some(base);
        Ok(Next::Write)
    }

    /// Nothing is left of the session where it moved to; what the transaction read of it may be read no more.
    fn end_what_is_void(&mut self, base: Base, context: Rebase) -> Result<Next, Failure> {
        let conflicts = match &base.record {
            Some(remains) => conflicts::conflicts(self.session, remains, context.isolation)?,
            None => Vec::new(),
        };
        if conflicts.is_empty() { self.start_from(base) } else { Err(Failure::Conflict(conflicts)) }
    }

    /// Nobody but this commit knows the fresh id: with 192 random bits nothing else can be there.
    fn rebase_arrival(&mut self, base: Base) -> Result<Next, Failure> {
        match base.live() {
            Some(_) => Err(Failure::Conflict(vec![self.session.conflict()])),
            None => self.start_from(base),
        }
    }

    /// A session begins where one has ended, unless that is still remembered.
    fn rebase_on_remains(&mut self, stored: Stored, context: Rebase) -> Result<Next, Failure> {
        let now = context.idleness.now.as_secs();
        let until = stored.record.as_ref().and_then(|record| record.header().ended_until);
        if until.is_some_and(|until| now < until) {
            return Err(Failure::Ended(self.session.name()));
        }
        self.start_from(stored.into_base().remains())
    }

    /// The session that was loaded has ended, or moved to another id.
    fn meet_tombstone(&mut self, header: &Header, context: Rebase) -> Result<Next, Failure> {
        let now = context.idleness.now.as_secs();
        match &header.moved_to {
            // A logout follows always, so that nothing stays alive under any id.
            Some(to) if self.change == Change::End || now < to.until => {
                self.key = to.key.as_str().into();
                return Ok(Next::Look);
            }
            _ => {}
        }
        if self.change == Change::End {
            return Ok(Next::Nothing);
        }
        let is_remembered = header.ended_until.is_some_and(|until| now < until);
        let failure = if is_remembered { Failure::Ended } else { Failure::Gone };
        Err(failure(self.session.name()))
    }

    /// Lays the changes over what others committed, unless they conflict.
    fn rebase_on(&mut self, base: Base, context: Rebase) -> Result<Next, Failure> {
        // A session that timed out and began again within the transaction is not the one that lives there.
        if self.session.incarnation() > 0 {
            return Err(Failure::Conflict(vec![self.session.conflict()]));
        }
        let conflicts = match base.live() {
            Some(theirs) => conflicts::conflicts(self.session, theirs, context.isolation)?,
            None => Vec::new(),
        };
        if conflicts.is_empty() { self.start_from(base) } else { Err(Failure::Conflict(conflicts)) }
    }
}
