//! Loading sessions: what a stored record means for a transaction that requests its session.

use alloc::borrow::ToOwned;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use super::maintenance::{Maintenance, TaskResult};
use crate::environment::{Environment, StoreError};
use crate::error::{Error, SessionName};
use crate::joined;
use crate::lifetime::{Expiries, Expiry, Idleness, kept_seconds};
use crate::options::Settings;
use crate::record::{Life, RecordError};
use crate::stored::{self, Base, ReadOptions, Stored};

/// How many times a session that moved is followed to its next record, in one round trip each. More are not
/// possible for a session that is renewed every five minutes with the longest grace.
const MAX_MOVES: usize = 300;

/// How many times a record is read again because it changed during its maintenance.
const MAX_REREADS: usize = 4;

/// What the store holds for one session.
#[derive(Debug)]
pub struct FoundSession {
    /// The key of the session, if it moved and the old id still leads to it.
    pub moved_to: Option<String>,
    pub loaded: joined::Loaded,
    pub last_accessed: Option<u64>,
}

/// What was loaded.
pub struct LoadedSessions {
    /// The time after the first read. What the store says about entries is as old or older, except for sessions that
    /// moved, which were read later.
    pub now: Duration,
    pub found: Vec<FoundSession>,
}

/// Loads sessions of one container.
struct Loader<'a, E> {
    environment: &'a E,
    expiries: &'a Expiries,
    settings: &'a Rc<Settings>,
    now: Duration,
    /// Whether to follow sessions that moved without a grace.
    follows_always: bool,
}

/// The state of a session according to its record.
enum SessionState {
    /// There is no session.
    Nothing,
    /// The session is alive.
    Session { last_accessed: u64 },
    /// The session ended, which is still remembered.
    Ended,
    /// The session is under another key.
    MovedTo(String, Life),
}

/// The result of examining a record.
enum Interpretation {
    /// The state of the session, and what the transaction is based on.
    Known(SessionState, joined::Loaded),
    /// The record has changed, and must be read again.
    ReadAgain,
    /// The record must be read again once its pending change is decided. The first read has slid its expiry,
    /// so only that read tells how long the session was idle.
    AfterDecision { life: Life, saved: u64, seconds_left: Option<u32> },
}

type Decoded = Result<Stored, RecordError>;

/// Reads sessions, and keeps them alive. This takes one round trip, and another one if a record needs
/// maintenance.
///
/// # Errors
/// [`Error::Ended`], [`Error::Damaged`], [`Error::UnknownFormat`] and those of the store.
pub fn load<E: Environment>(
    environment: &E,
    expiries: &Expiries,
    settings: &Rc<Settings>,
    keys: &[String],
    ids: &[&str],
    follows_always: bool,
) -> Result<LoadedSessions, Error> {
    let mut loader = Loader { environment, expiries, settings, now: Duration::ZERO, follows_always };
    let stored = loader.read(keys)?;
    let now = environment.now();
    loader.now = now;
    let interpretation = loader.interpret(keys, ids, stored);
    let mut found = Vec::with_capacity(interpretation.len());
    for ((key, id), interpretation) in keys.iter().zip(ids).zip(interpretation) {
        found.push(loader.follow(key, id, interpretation)?);
    }
    Ok(LoadedSessions { now, found })
}

impl<E: Environment> Loader<'_, E> {
    /// Reads entries, and slides their expiry if the store supports that.
    fn read(&self, keys: &[String]) -> Result<Vec<Result<Stored, RecordError>>, StoreError> {
        let options = ReadOptions::default();
        if self.expiry() == Expiry::Store {
            let touch = self.expiry().lifetime(kept_seconds(self.settings.options.timeout));
            match stored::read(self.environment, keys, Some(touch), options) {
                Err(StoreError::Unsupported(_)) => _ = self.expiries.learn(self.settings, Expiry::Record),
                result => return result,
            }
        }
        stored::read(self.environment, keys, None, options)
    }

    fn expiry(&self) -> Expiry {
        self.expiries.of(self.settings)
    }

    fn idleness(&self) -> Idleness {
        Idleness { expiry: self.expiry(), now: self.now }
    }

    fn name(&self, id: &str) -> SessionName {
        SessionName { container: self.settings.name.clone(), session: id.to_owned() }
    }

    /// Finds out the state of sessions, and does the maintenance of their records in one batch.
    fn interpret(
        &self,
        keys: &[String],
        ids: &[&str],
        all: Vec<Decoded>,
    ) -> Vec<Result<Interpretation, Error>> {
        let maintenance = Maintenance { settings: self.settings, idleness: self.idleness() };
        let outcomes = maintenance.run(self.environment, keys, &all);
        let mut interpretation = Vec::with_capacity(all.len());
        for ((stored, id), outcome) in all.into_iter().zip(ids).zip(outcomes) {
            interpretation.push(match stored {
                Err(error) => Err(error.of_session(self.name(id))),
                Ok(stored) => {
                    let state = self.state(&stored);
                    self.interpretation(state, stored, outcome)
                }
            });
        }
        interpretation
    }

    /// Combines the state of a session with the result of the maintenance.
    fn interpretation(
        &self,
        state: SessionState,
        stored: Stored,
        done: TaskResult,
    ) -> Result<Interpretation, Error> {
        let (is_undecided, seconds_left) = (stored.is_undecided(), stored.seconds_left);
        let mut base = stored.into_base();
        match done {
            TaskResult::None => {}
            TaskResult::Removed => base = Base::default(),
            TaskResult::Written(version) => base.version = Some(version),
            TaskResult::ReadAgain => return Ok(Interpretation::ReadAgain),
            TaskResult::AfterDecision => {
                let header = base.record.as_ref().map(|record| record.header());
                let (life, saved) =
                    header.map_or_else(Default::default, |header| (header.life, header.saved));
                return Ok(Interpretation::AfterDecision { life, saved, seconds_left });
            }
            // When the store refuses an expiry, the record is written without one after the next read.
            TaskResult::Refused | TaskResult::Failed(StoreError::Unsupported(_))
                if self.expiries.learn(self.settings, Expiry::RecordAlone) =>
            {
                return Ok(Interpretation::ReadAgain);
            }
            TaskResult::Refused => {}
            TaskResult::Failed(error) => return Err(error.into()),
        }
        Ok(Interpretation::Known(state, joined::Loaded { base, is_undecided }))
    }

    /// Reads a record once its pending change is decided. If the record was not written since, the session is
    /// as idle as it was.
    fn read_after_decision(
        &self,
        keys: &[String],
        life: Life,
        saved: u64,
        seconds_left: Option<u32>,
    ) -> Result<Vec<Decoded>, StoreError> {
        let options = ReadOptions { is_for_writing: true, ..ReadOptions::default() };
        let mut found = stored::read(self.environment, keys, None, options)?;
        if let Some(Ok(stored)) = found.first_mut()
            && stored.record.as_ref().is_some_and(|it| it.header().life == life && it.header().saved == saved)
        {
            stored.seconds_left = seconds_left;
        }
        Ok(found)
    }

    /// Follows a session to the record that it moved to. Each record is judged by the time at which it was read.
    fn follow(
        &mut self,
        key: &str,
        id: &str,
        first: Result<Interpretation, Error>,
    ) -> Result<FoundSession, Error> {
        let mut interpretation = first?;
        // The keys that it moved to, and its life.
        let (mut trail, mut life): (Vec<String>, Option<Life>) = (Vec::new(), None);
        for _ in 0..MAX_REREADS + MAX_MOVES {
            let mut waits = None;
            match interpretation {
                Interpretation::ReadAgain => {}
                Interpretation::AfterDecision { life, saved, seconds_left } => {
                    waits = Some((life, saved, seconds_left))
                }
                Interpretation::Known(SessionState::Nothing, mut loaded) if trail.is_empty() => {
                    loaded.base = loaded.base.remains();
                    return Ok(FoundSession { moved_to: None, loaded, last_accessed: None });
                }
                Interpretation::Known(SessionState::Nothing | SessionState::Ended, _) => break,
                Interpretation::Known(SessionState::MovedTo(next, its_life), _) => {
                    if trail.contains(&next) || next == key {
                        let reason = "it moved in a circle".to_owned();
                        return Err(RecordError::Damaged(reason).of_session(self.name(id)));
                    }
                    life.get_or_insert(its_life);
                    trail.push(next);
                }
                Interpretation::Known(SessionState::Session { last_accessed }, loaded) => {
                    let its_life = loaded.base.live().map(|record| record.header().life);
                    if life.is_some() && life != its_life {
                        break;
                    }
                    let last_accessed = Some(last_accessed);
                    return Ok(FoundSession { moved_to: trail.pop(), loaded, last_accessed });
                }
            }
            let keys = [trail.last().map_or(key, |last| &**last).to_owned()];
            let stored = match waits {
                Some((life, saved, left)) => self.read_after_decision(&keys, life, saved, left)?,
                None => self.read(&keys)?,
            };
            self.now = self.environment.now();
            interpretation =
                self.interpret(&keys, &[id], stored).pop().unwrap_or(Ok(Interpretation::ReadAgain))?;
        }
        Err(Error::Ended(vec![self.name(id)]))
    }

    fn state(&self, stored: &Stored) -> SessionState {
        let Some(record) = &stored.record else { return SessionState::Nothing };
        let (header, now) = (record.header(), self.now.as_secs());
        if let Some(until) = header.ended_until {
            return match &header.moved_to {
                Some(to) if self.follows_always || now < to.until => {
                    SessionState::MovedTo(to.key.clone(), header.life)
                }
                _ if now < until => SessionState::Ended,
                _ => SessionState::Nothing,
            };
        }
        if self.idleness().is_over(header, stored.seconds_left) {
            return SessionState::Nothing;
        }
        let idle = self.idleness().seconds(header, stored.seconds_left);
        let last_accessed = idle.map_or(header.saved, |idle| now.saturating_sub(idle).max(header.saved));
        SessionState::Session { last_accessed }
    }
}
