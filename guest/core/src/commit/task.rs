//! What a commit has to do for one session, step by step.

use alloc::borrow::ToOwned;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::Cell;
use core::time::Duration;

use super::{image, merge};
use crate::environment::{Change, Entry, Expectation, Outcome, StoreError, Version, Write};
use crate::error::{Conflict, Error, SessionOutcome};
use crate::record::{Nonce, Record};
use crate::transaction::State;
use crate::working::{Loaded, Working};

/// What all writes of one commit have in common.
pub struct Round {
    /// The commit's mark.
    pub nonce: Nonce,
    /// Its time.
    pub now: Duration,
}

/// The write that comes next for a session.
///
/// A session moves to a fresh id in three writes, and the second is the commit: `Prepare` writes the record
/// under the new key, where it does not count as long as the old one lives; `Retire` ends the old one;
/// `Confirm` lets the new one count by itself. Whatever is lost on the way, one live session remains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Save,
    End,
    Prepare,
    Retire,
    Confirm,
}

/// Where a task stands.
pub enum Progress {
    /// Its next write waits to be sent.
    Active,
    /// Its write lost a race.
    Stale,
    /// Its write got no answer.
    Unanswered,
    /// It is done.
    Done(Verdict),
}

/// How a task ended.
pub enum Verdict {
    /// The changes are in the store.
    Applied,
    /// They are not, because others changed these things.
    Conflict(Vec<Conflict>),
    /// They are not, because the session is gone, or has ended.
    Lost(SessionOutcome),
    /// They are not, for another reason.
    Failed(Error),
}

impl Verdict {
    /// The same in one word.
    fn outcome(&self) -> SessionOutcome {
        match self {
            Self::Applied => SessionOutcome::Applied,
            Self::Conflict(_) => SessionOutcome::Conflict,
            Self::Lost(outcome) => *outcome,
            Self::Failed(Error::TooLarge { .. }) => SessionOutcome::TooLarge,
            Self::Failed(Error::Damaged { .. } | Error::UnknownFormat(_)) => SessionOutcome::Damaged,
            Self::Failed(_) => SessionOutcome::Unavailable,
        }
    }
}

/// What a commit does for one session.
pub struct Task {
    place: usize,
    step: Step,
    progress: Progress,
    /// The version of the record that was prepared under a fresh id.
    prepared: Option<Version>,
    /// The size of the last write, in bytes.
    size: Cell<u64>,
    /// Whether a write without an answer may still arrive at the store: it was not seen there, and what it
    /// expects to find still holds.
    in_flight: bool,
}

impl Task {
    /// What a transaction has to write: a task for each session that it changed.
    pub fn plan(state: &State) -> Vec<Self> {
        let steps = state.sessions.iter().map(first_step).enumerate();
        steps
            .filter_map(|(place, step)| {
                let (step, progress) = (step?, Progress::Active);
                Some(Self { place, step, progress, prepared: None, size: Cell::new(0), in_flight: false })
            })
            .collect()
    }

    /// The session.
    pub fn session<'s>(&self, state: &'s State) -> Option<&'s Working> {
        state.sessions.get(self.place)
    }

    /// The key that the next write goes to.
    pub fn key(&self, state: &State) -> String {
        let key = self.session(state).map(|session| match self.step {
            Step::Save | Step::Prepare | Step::Confirm => &*session.identity.key,
            Step::End | Step::Retire => &*session.loaded_key,
        });
        key.unwrap_or_default().to_owned()
    }

    /// The next write.
    ///
    /// # Errors
    /// [`Error::TooLarge`].
    pub fn write(&self, state: &State, round: &Round) -> Result<Write, Error> {
        let session = self.session(state).ok_or(Error::Finished)?;
        let settings = &session.settings;
        let moved_from = (self.step == Step::Prepare).then(|| (*session.loaded_key).to_owned());
        let (value, seconds) = match self.step {
            Step::Save | Step::Prepare | Step::Confirm => {
                (image::live(session, round, moved_from)?, settings.timeout)
            }
            Step::End | Step::Retire => {
                (image::tombstone(session, round), image::tombstone_lifetime(session))
            }
        };
        let lifetime = settings.lifetime(seconds);
        self.size.set(value.len() as u64);
        Ok(Write {
            key: self.key(state),
            expects: self.expects(session),
            change: Change::Put { value, lifetime },
        })
    }

    fn expects(&self, session: &Working) -> Expectation {
        let version = match self.step {
            Step::Prepare | Step::Confirm => self.prepared.as_ref(),
            Step::Save | Step::End | Step::Retire => session.loaded.version(),
        };
        version.map_or(Expectation::Absent, |version| Expectation::Version(version.clone()))
    }

    /// Whether there is still something to write; after a merge it may turn out that others wrote the same.
    pub fn still_needed(&self, state: &State) -> bool {
        self.step != Step::Save || self.session(state).is_some_and(image::differs)
    }

    /// Whether its next write waits to be sent.
    pub fn is_active(&self) -> bool {
        matches!(self.progress, Progress::Active)
    }

    /// Whether the store must be read to find out about its write.
    pub fn is_doubtful(&self) -> bool {
        matches!(self.progress, Progress::Stale | Progress::Unanswered)
    }

    /// Whether its write got no answer.
    pub fn is_unanswered(&self) -> bool {
        matches!(self.progress, Progress::Unanswered)
    }

    /// Whether it ended without success.
    pub fn has_failed(&self) -> bool {
        self.verdict().is_some_and(|verdict| !matches!(verdict, Verdict::Applied))
    }

    /// How it ended.
    pub fn verdict(&self) -> Option<&Verdict> {
        if let Progress::Done(verdict) = &self.progress { Some(verdict) } else { None }
    }

    /// How it ended, in one word.
    pub fn outcome(&self) -> Option<SessionOutcome> {
        self.verdict().map(Verdict::outcome)
    }

    /// Ends it. While a write is in flight, nobody can say that it was not done: then its outcome is unknown.
    pub fn finish(&mut self, verdict: Verdict) {
        let applied = matches!(verdict, Verdict::Applied);
        self.progress = Progress::Done(match self.in_flight && !applied {
            true => Verdict::Lost(SessionOutcome::Unknown),
            false => verdict,
        });
    }

    fn lose(&mut self, outcome: SessionOutcome) {
        self.finish(Verdict::Lost(outcome));
    }

    /// Takes in what became of its write.
    pub fn settle(&mut self, outcome: Outcome, state: &State) {
        match (self.step, outcome) {
            // The session already lives under its new id.
            (Step::Confirm, _) => self.finish(Verdict::Applied),
            (Step::Save | Step::End, Outcome::Applied(_)) => self.finish(Verdict::Applied),
            (Step::Prepare, Outcome::Applied(version)) => self.prepare(version),
            (Step::Retire, Outcome::Applied(_)) => self.advance(Step::Confirm),
            (_, Outcome::Stale) => self.progress = Progress::Stale,
            (_, Outcome::Unknown) => {
                self.progress = Progress::Unanswered;
                // What is prepared does not count, whenever it arrives.
                self.in_flight |= self.step != Step::Prepare;
            }
            // There is nothing left to end.
            (Step::End, Outcome::Missing) => self.finish(Verdict::Applied),
            (Step::Prepare, Outcome::Missing) => self.prepared = None,
            // The remains of an earlier session are gone: the place is free all the same.
            (Step::Save, Outcome::Missing) if !self.was_live(state) => self.progress = Progress::Stale,
            (_, Outcome::Missing) => self.lose(SessionOutcome::Gone),
            (_, Outcome::TooLarge(limit)) => self.finish(Verdict::Failed(self.too_large(limit, state))),
            (_, Outcome::Skipped) => self.lose(SessionOutcome::TooLarge),
            (_, Outcome::Unavailable) => {
                let text = "the server of a session cannot be reached".to_owned();
                self.finish(Verdict::Failed(StoreError::Unavailable(text).into()));
            }
        }
    }

    fn was_live(&self, state: &State) -> bool {
        self.session(state).is_some_and(|session| session.loaded.record().is_some())
    }

    fn prepare(&mut self, version: Version) {
        self.prepared = Some(version);
        self.advance(Step::Retire);
    }

    fn advance(&mut self, step: Step) {
        self.step = step;
        self.progress = Progress::Active;
        self.in_flight = false;
    }

    /// Takes in that the store answered a whole call with an error.
    pub fn refuse(&mut self, error: &StoreError) {
        self.finish(match self.step {
            Step::Confirm => Verdict::Applied,
            _ => Verdict::Failed(error.clone().into()),
        });
    }

    /// Takes in what the store holds now, after a race was lost or an answer was not seen.
    pub fn recheck(&mut self, entry: Option<Entry>, state: &mut State, round: &Round) {
        let unanswered = matches!(self.progress, Progress::Unanswered);
        self.progress = Progress::Active;
        let Some(session) = state.sessions.get_mut(self.place) else { return };
        let Some(Entry { value, version, .. }) = entry else {
            return self.recheck_nothing(session);
        };
        let record = match Record::decode(value) {
            Ok(record) => record,
            Err(error) => return self.finish(Verdict::Failed(error.of_session(session.name()))),
        };
        let facts = record.facts();
        if facts.nonces.contains(&round.nonce) {
            return self.settle_applied(version);
        }
        self.in_flight &= session.loaded.version() == Some(&version);
        let earlier = session.loaded.record().map(|record| &record.facts().nonces);
        if unanswered && !facts.nonces.tell_all_since(earlier) {
            return self.lose(SessionOutcome::Unknown);
        }
        if let Some((key, _)) = facts.moved_to.as_ref().filter(|(_, until)| round.now.as_secs() < *until) {
            return self.follow(session, key.as_str().into());
        }
        if facts.ended_until.is_some() {
            return match self.step {
                Step::End => self.finish(Verdict::Applied),
                _ => self.lose(SessionOutcome::Ended),
            };
        }
        if self.step == Step::Prepare {
            // Somebody else holds the fresh id: with 192 random bits it does not happen, and must not harm.
            return self.finish(Verdict::Conflict(vec![whole(session)]));
        }
        self.rebase(session, record, version, state.isolation);
    }

    /// Goes after a session that moved to a fresh id with a grace: what it is there must be found out next.
    fn follow(&mut self, session: &mut Working, key: Rc<str>) {
        if session.identity.key == session.loaded_key {
            session.identity.key = Rc::clone(&key);
        }
        session.loaded_key = key;
        self.progress = Progress::Stale;
    }

    /// The store holds nothing any more.
    fn recheck_nothing(&mut self, session: &mut Working) {
        match (self.step, &session.loaded) {
            (Step::End, _) => self.finish(Verdict::Applied),
            (Step::Prepare, _) => self.prepared = None,
            (Step::Save, Loaded::Nothing(_)) => session.loaded = Loaded::Nothing(None),
            _ => self.lose(SessionOutcome::Gone),
        }
    }

    /// The store shows that its write was done.
    fn settle_applied(&mut self, version: Version) {
        match self.step {
            Step::Prepare => self.prepare(version),
            Step::Retire => self.advance(Step::Confirm),
            Step::Save | Step::End | Step::Confirm => self.finish(Verdict::Applied),
        }
    }

    /// Lays the changes over what others committed, unless they conflict.
    fn rebase(
        &mut self,
        session: &mut Working,
        theirs: Record,
        version: Version,
        isolation: crate::Isolation,
    ) {
        match merge::conflicts(session, &theirs, isolation) {
            Ok(conflicts) if conflicts.is_empty() => {
                session.loaded = Loaded::Live(Rc::new(theirs), version);
                if self.step == Step::Retire {
                    // What was prepared under the fresh id lacks what others committed.
                    self.step = Step::Prepare;
                }
            }
            Ok(conflicts) => self.finish(Verdict::Conflict(conflicts)),
            Err(error) => self.finish(Verdict::Failed(error)),
        }
    }

    /// Ends it when the commit stops before it is done: because of another session, or because too many
    /// races were lost.
    pub fn give_up(&mut self, because_of_another: bool, state: &State) {
        match (self.step, &self.progress) {
            (_, Progress::Done(_)) => {}
            (Step::Confirm, _) => self.finish(Verdict::Applied),
            (_, Progress::Unanswered) => self.lose(SessionOutcome::Unknown),
            (_, Progress::Active | Progress::Stale) => {
                let lost = self.session(state).filter(|_| !because_of_another);
                self.finish(Verdict::Conflict(lost.map(whole).into_iter().collect()));
            }
        }
    }

    /// Removes what was prepared under a fresh id for nothing. If nobody knows whether the old id ended, it
    /// may be all there is of the session, and stays.
    pub fn cleanup(&self, state: &State) -> Option<Write> {
        let failed = self.verdict().is_some_and(|verdict| {
            !matches!(verdict.outcome(), SessionOutcome::Applied | SessionOutcome::Unknown)
        });
        let version = self.prepared.clone().filter(|_| failed)?;
        let key = (*self.session(state)?.identity.key).to_owned();
        Some(Write { key, expects: Expectation::Version(version), change: Change::Delete })
    }

    fn too_large(&self, limit: u64, state: &State) -> Error {
        let Some(session) = self.session(state) else { return Error::Finished };
        let size = self.size.get();
        Error::TooLarge { session: session.name(), size, limit }
    }
}

/// A conflict over a session as a whole.
fn whole(session: &Working) -> Conflict {
    Conflict { session: session.name(), package: None, key: None }
}

/// The first write that a session needs, if any.
fn first_step(session: &Working) -> Option<Step> {
    let live = session.loaded.record().is_some();
    if session.identity.destroyed {
        return live.then_some(Step::End);
    }
    if live && session.identity.key != session.loaded_key {
        return Some(Step::Prepare);
    }
    image::differs(session).then_some(Step::Save)
}
