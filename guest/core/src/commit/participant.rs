//! A record that a commit writes.

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
use crate::stored::{Base, PendingStatus, Stored};

/// What a commit does to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It stores the changes of the session.
    Save,
    /// It ends the session.
    End,
    /// It moves the session to a fresh id; this is the record of the old id.
    MoveOut,
    /// It moves the session to a fresh id; this is the record of the new id.
    MoveIn,
}

/// The order of precedence in the choice of the primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    MovesOut,
    Ends,
    Saves,
    Creates,
    MovesIn,
}

/// A record that a commit writes.
pub struct Participant<'s> {
    pub session: &'s JoinedSession,
    pub action: Action,
    pub key: Rc<str>,
    /// What the next write is based on, if not on what was loaded.
    rebased: Option<Base>,
    /// The life of the session, if it begins.
    pub fresh_life: Life,
    /// Whether the record must be read again before it is written.
    pub is_stale: bool,
    /// Whether nothing is left to do.
    pub is_done: bool,
    /// Whether the version in the store was prepared by this commit.
    pub is_prepared: bool,
    /// The marks of decisions in the record that are known to be settled.
    pub settled_decisions: Vec<Mark>,
}

/// What applying a change to another record depends on.
#[derive(Clone, Copy)]
pub struct RebaseContext {
    pub isolation: Isolation,
    pub idleness: Idleness,
}

/// The next step for a record that was read again.
pub enum Next {
    /// Write it.
    Write,
    /// Read the record under the session's new key.
    ReadAgain,
    /// None: others did the same already.
    Nothing,
}

impl<'s> Participant<'s> {
    pub fn new<E: Environment>(
        session: &'s JoinedSession,
        action: Action,
        key: &Rc<str>,
        environment: &E,
    ) -> Self {
        let fresh_life =
            if session.loaded_record().is_some() { Life::default() } else { Life::fresh(environment) };
        Self {
            session,
            action,
            key: Rc::clone(key),
            // A fresh key is absent.
            rebased: (*key != session.loaded_key).then(Base::default),
            fresh_life,
            is_stale: false,
            is_done: false,
            is_prepared: false,
            settled_decisions: Vec::new(),
        }
    }

    /// What the next write is based on.
    pub fn base(&self) -> &Base {
        self.rebased.as_ref().unwrap_or(&self.session.loaded.base)
    }

    /// Whether this participant is preferred to another one as the primary.
    ///
    /// The primary must exist. A session that ends or moves is decided in its own record, so that nothing
    /// that happens to another record can bring it back. Otherwise the record with the longest timeout is
    /// preferred, because it remembers the decision; of these, the one with the smallest key, so that few
    /// commits wait for each other.
    pub fn comes_before(&self, other: &Self) -> bool {
        // A timeout of 0 is the longest.
        let shortness =
            |participant: &Self| u32::MAX - participant.session.settings.options.timeout.wrapping_sub(1);
        (self.rank(), shortness(self), &*self.key) < (other.rank(), shortness(other), &*other.key)
    }

    fn rank(&self) -> Rank {
        match self.action {
            Action::MoveIn => Rank::MovesIn,
            _ if self.base().version.is_none() => Rank::Creates,
            Action::MoveOut => Rank::MovesOut,
            Action::End => Rank::Ends,
            Action::Save => Rank::Saves,
        }
    }

    /// The header of the record before the commit, if the session is alive.
    pub fn live_header(&self) -> Option<&Header> {
        self.base().live().map(|record| record.header())
    }

    /// The life that the record belongs to.
    pub fn life(&self) -> &Life {
        self.live_header().map_or(&self.fresh_life, |header| &header.life)
    }

    /// The record before the commit, if the session is alive.
    pub fn live_record(&self) -> Option<&Record> {
        self.base().live().map(|record| &**record)
    }

    /// Whether the commit changes the record.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn has_to_be_written(&self) -> Result<bool, Error> {
        if self.action == Action::Save { self.differs() } else { Ok(true) }
    }

    /// Whether the edits of the session change the record.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a package with edits cannot be read.
    pub fn differs(&self) -> Result<bool, Error> {
        let record = self.live_record();
        for (package, _) in self.session.overlays.iter() {
            if self.session.view_over(record, package)?.differs() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The packages that the transaction changes, with the edits applied to a record, sorted by name.
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

    /// Notes that the record was prepared.
    pub fn prepare(&mut self, version: Version) {
        self.start_from_version(Some(version));
        self.is_prepared = true;
    }

    /// Notes that the record has another version in the store.
    pub fn start_from_version(&mut self, version: Option<Version>) {
        let record = self.base().record.clone();
        self.rebased = Some(Base { version, record });
    }

    /// Whether another commit has written the record since it was last read.
    pub fn was_written_by_others(&self, found: Option<&Stored>) -> bool {
        let marks = |record: Option<&Record>| record.map(|record| record.header().marks.clone());
        marks(found.and_then(|stored| stored.record.as_ref())) != marks(self.base().record.as_deref())
    }

    /// Bases the change on what the store holds now.
    pub fn rebase(
        &mut self,
        found: Result<Stored, RecordError>,
        context: RebaseContext,
    ) -> Result<Next, Failure> {
        let stored = found.map_err(|error| error.of_session(self.session.name()))?;
        // What this commit prepared in an earlier attempt is still there, without effect.
        self.is_prepared = stored.pending == Some(PendingStatus::Void);
        if self.action == Action::MoveIn {
            return self.rebase_moved_in(stored.into_base());
        }
        let header = stored.record.as_ref().map(Record::header);
        let is_over = header.is_some_and(|header| {
            !header.has_ended() && context.idleness.is_over(header, stored.seconds_left)
        });
        match (self.session.loaded_record(), header) {
            (None, Some(header)) if header.has_ended() => self.rebase_on_ended(stored, context),
            (None, Some(_)) if is_over => self.rebase_on_ended(stored, context),
            (None, None) => self.start_from(Base::default()),
            (Some(_), None) => Err(Failure::Gone(self.session.name())),
            (Some(loaded), Some(header)) if loaded.header().life != header.life || is_over => {
                Err(Failure::Gone(self.session.name()))
            }
            // The pending part is void here, but a client that took its decision before the primary was lost
            // may still settle it. Destroying the session makes that impossible.
            (Some(_), Some(header))
                if header.has_ended() && self.is_prepared && self.action == Action::End =>
            {
                self.end_void(stored.into_base(), context)
            }
            (Some(_), Some(header)) if header.has_ended() => self.rebase_on_tombstone(header, context),
            _ => self.rebase_on(stored.into_base(), context),
        }
    }

    fn start_from(&mut self, base: Base) -> Result<Next, Failure> {
        self.rebased = Some(base);
        Ok(Next::Write)
    }

    /// Ends a session that a void renewal would have moved. What the transaction read of it must be
    /// unchanged.
    fn end_void(&mut self, base: Base, context: RebaseContext) -> Result<Next, Failure> {
        let conflicts = match &base.record {
            Some(remains) => conflicts::conflicts(self.session, remains, context.isolation)?,
            None => Vec::new(),
        };
        if conflicts.is_empty() { self.start_from(base) } else { Err(Failure::Conflict(conflicts)) }
    }

    /// Only this commit knows the fresh id of 192 random bits, so no other session can be there.
    fn rebase_moved_in(&mut self, base: Base) -> Result<Next, Failure> {
        match base.live() {
            Some(_) => Err(Failure::Conflict(vec![self.session.conflict()])),
            None => self.start_from(base),
        }
    }

    /// Begins a session where another one ended, unless that is still remembered.
    fn rebase_on_ended(&mut self, stored: Stored, context: RebaseContext) -> Result<Next, Failure> {
        let now = context.idleness.now.as_secs();
        let until = stored.record.as_ref().and_then(|record| record.header().ended_until);
        if until.is_some_and(|until| now < until) {
            return Err(Failure::Ended(self.session.name()));
        }
        self.start_from(stored.into_base().remains())
    }

    /// The session that was loaded has ended, or moved to another id.
    fn rebase_on_tombstone(&mut self, header: &Header, context: RebaseContext) -> Result<Next, Failure> {
        let now = context.idleness.now.as_secs();
        match &header.moved_to {
            // A destroy always follows a renewal, so that the session ends under all its ids.
            Some(to) if self.action == Action::End || now < to.until => {
                self.key = to.key.as_str().into();
                return Ok(Next::ReadAgain);
            }
            _ => {}
        }
        if self.action == Action::End {
            return Ok(Next::Nothing);
        }
        let is_remembered = header.ended_until.is_some_and(|until| now < until);
        let failure = if is_remembered { Failure::Ended } else { Failure::Gone };
        Err(failure(self.session.name()))
    }

    /// Applies the changes to what others committed, unless they conflict.
    fn rebase_on(&mut self, base: Base, context: RebaseContext) -> Result<Next, Failure> {
        // A session that was restarted after a timeout is not the one that is stored.
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
