//! Loading sessions: what a stored record means for a transaction that asks for its session.

use alloc::borrow::ToOwned;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use super::upkeep::{Done, Upkeep};
use crate::environment::{Environment, StoreError};
use crate::error::{Error, SessionName};
use crate::joined;
use crate::lifetime::{Expiries, Expiry, Idleness, kept_seconds};
use crate::options::Settings;
use crate::record::{Life, RecordError};
use crate::stored::{self, Base, Reading, Stored};

/// How often the trail of a session that moved is followed from one record to the next. Each step is a round
/// trip; a session renewed every five minutes, each time with the longest grace, leaves fewer.
const MAX_MOVES: usize = 300;

/// How often a record is read again that changed while it was put in order.
const MAX_REREADS: usize = 4;

/// What the store has for one session.
#[derive(Debug)]
pub struct Found {
    /// Where the session is, if not where it was looked for: it moved to a fresh id a moment ago.
    pub moved_to: Option<String>,
    pub loaded: joined::Loaded,
    pub last_accessed: Option<u64>,
}

/// What was loaded.
pub struct Loaded {
    /// The time after the read: what the store says of its records is as old as that, or older.
    pub now: Duration,
    pub found: Vec<Found>,
}

/// What it takes to load sessions of a container.
struct Loader<'a, E> {
    environment: &'a E,
    expiries: &'a Expiries,
    settings: &'a Rc<Settings>,
    now: Duration,
}

/// What a record says to who asks for its session.
enum Meaning {
    /// There is no session.
    Nothing,
    /// The session.
    Session { last_accessed: u64 },
    /// The session ended, and is remembered.
    Ended,
    /// The session is under another key.
    MovedTo(String, Life),
}

/// What comes of looking at a record.
enum Examined {
    /// What it means, and what a transaction starts from.
    Known(Meaning, joined::Loaded),
    /// It has changed, and must be read again.
    Again,
    /// It must be read again once nothing undecided is in the way. The first read has slid its expiry, so only
    /// that one could tell how long the session was idle.
    AfterDecision { life: Life, saved: u64, seconds_left: Option<u32> },
}

type Decoded = Result<Stored, RecordError>;

/// Reads sessions, and keeps them alive. That takes one round trip, and another one where something has to be put
/// in order.
///
/// # Errors
/// [`Error::Ended`], [`Error::Damaged`], [`Error::UnknownFormat`] and those of the store.
pub fn load<E: Environment>(
    environment: &E,
    expiries: &Expiries,
    settings: &Rc<Settings>,
    keys: &[String],
    ids: &[&str],
) -> Result<Loaded, Error> {
    let mut loader = Loader { environment, expiries, settings, now: Duration::ZERO };
    let stored = loader.read(keys)?;
    loader.now = environment.now();
    let examined = loader.examine(keys, ids, stored);
    let mut found = Vec::with_capacity(examined.len());
    for ((key, id), examined) in keys.iter().zip(ids).zip(examined) {
        found.push(loader.follow(key, id, examined)?);
    }
    Ok(Loaded { now: loader.now, found })
}

impl<E: Environment> Loader<'_, E> {
    /// Reads entries, sliding their expiry if the store can do that.
    fn read(&self, keys: &[String]) -> Result<Vec<Result<Stored, RecordError>>, StoreError> {
        let reading = Reading::default();
        if self.expiry() == Expiry::Store {
            let touch = self.expiry().lifetime(kept_seconds(self.settings.options.timeout));
            match stored::read(self.environment, keys, Some(touch), reading) {
                Err(StoreError::Unsupported(_)) => _ = self.expiries.learn(self.settings, Expiry::Record),
                result => return result,
            }
        }
        stored::read(self.environment, keys, None, reading)
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

    /// Finds out what records mean, and puts in order what has to be, in one batch.
    fn examine(&self, keys: &[String], ids: &[&str], all: Vec<Decoded>) -> Vec<Result<Examined, Error>> {
        let upkeep = Upkeep { settings: self.settings, idleness: self.idleness() };
        let outcomes = upkeep.carry_out(self.environment, keys, &all);
        let mut examined = Vec::with_capacity(all.len());
        for ((stored, id), outcome) in all.into_iter().zip(ids).zip(outcomes) {
            examined.push(match stored {
                Err(error) => Err(error.of_session(self.name(id))),
                Ok(stored) => {
                    let meaning = self.meaning(&stored);
                    self.examined(meaning, stored, outcome)
                }
            });
        }
        examined
    }

    /// What a transaction starts from, given what became of the upkeep of the record.
    fn examined(&self, meaning: Meaning, stored: Stored, done: Done) -> Result<Examined, Error> {
        let (is_undecided, seconds_left) = (stored.is_undecided(), stored.seconds_left);
        let mut base = stored.into_base();
        match done {
            Done::Nothing => {}
            Done::Removed => base = Base::default(),
            Done::Written(version) => base.version = Some(version),
            Done::Again => return Ok(Examined::Again),
            Done::AfterDecision => {
                let header = base.record.as_ref().map(|record| record.header());
                let (life, saved) =
                    header.map_or_else(Default::default, |header| (header.life, header.saved));
                return Ok(Examined::AfterDecision { life, saved, seconds_left });
            }
            // Where the store refused an expiry, the record is written without one after the next look.
            Done::Refused | Done::Failed(StoreError::Unsupported(_))
                if self.expiries.learn(self.settings, Expiry::RecordAlone) =>
            {
                return Ok(Examined::Again);
            }
            Done::Refused => {}
            Done::Failed(error) => return Err(error.into()),
        }
        Ok(Examined::Known(meaning, joined::Loaded { base, is_undecided }))
    }

    /// Reads a record once nothing undecided is in the way. If nobody has saved it since, it is as idle as before.
    fn read_after_decision(
        &self,
        keys: &[String],
        life: Life,
        saved: u64,
        seconds_left: Option<u32>,
    ) -> Result<Vec<Decoded>, StoreError> {
        let reading = Reading { is_for_writing: true, ..Reading::default() };
        let mut found = stored::read(self.environment, keys, None, reading)?;
        if let Some(Ok(stored)) = found.first_mut()
            && stored.record.as_ref().is_some_and(|it| it.header().life == life && it.header().saved == saved)
        {
            stored.seconds_left = seconds_left;
        }
        Ok(found)
    }

    /// Follows a session to where it moved.
    fn follow(&self, key: &str, id: &str, first: Result<Examined, Error>) -> Result<Found, Error> {
        let mut examined = first?;
        // The keys that it moved to, and the life that it has.
        let (mut trail, mut life): (Vec<String>, Option<Life>) = (Vec::new(), None);
        for _ in 0..MAX_REREADS + MAX_MOVES {
            let mut waits = None;
            match examined {
                Examined::Again => {}
                Examined::AfterDecision { life, saved, seconds_left } => {
                    waits = Some((life, saved, seconds_left))
                }
                Examined::Known(Meaning::Nothing, mut loaded) if trail.is_empty() => {
                    loaded.base = loaded.base.remains();
                    return Ok(Found { moved_to: None, loaded, last_accessed: None });
                }
                Examined::Known(Meaning::Nothing | Meaning::Ended, _) => break,
                Examined::Known(Meaning::MovedTo(next, its_life), _) => {
                    if trail.contains(&next) || next == key {
                        let reason = "it moved in a circle".to_owned();
                        return Err(RecordError::Damaged(reason).of_session(self.name(id)));
                    }
                    life.get_or_insert(its_life);
                    trail.push(next);
                }
                Examined::Known(Meaning::Session { last_accessed }, loaded) => {
                    let its_life = loaded.base.live().map(|record| record.header().life);
                    if life.is_some() && life != its_life {
                        break;
                    }
                    let last_accessed = Some(last_accessed);
                    return Ok(Found { moved_to: trail.pop(), loaded, last_accessed });
                }
            }
            let keys = [trail.last().map_or(key, |last| &**last).to_owned()];
            let stored = match waits {
                Some((life, saved, left)) => self.read_after_decision(&keys, life, saved, left)?,
                None => self.read(&keys)?,
            };
            examined = self.examine(&keys, &[id], stored).pop().unwrap_or(Ok(Examined::Again))?;
        }
        Err(Error::Ended(vec![self.name(id)]))
    }

    fn meaning(&self, stored: &Stored) -> Meaning {
        let Some(record) = &stored.record else { return Meaning::Nothing };
        let (header, now) = (record.header(), self.now.as_secs());
        if let Some(until) = header.ended_until {
            return match &header.moved_to {
                Some(to) if now < to.until => Meaning::MovedTo(to.key.clone(), header.life),
                _ if now < until => Meaning::Ended,
                _ => Meaning::Nothing,
            };
        }
        if self.idleness().is_over(header, stored.seconds_left) {
            return Meaning::Nothing;
        }
        let idle = self.idleness().seconds(header, stored.seconds_left);
        let last_accessed = idle.map_or(header.saved, |idle| now.saturating_sub(idle).max(header.saved));
        Meaning::Session { last_accessed }
    }
}
