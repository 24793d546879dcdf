//! How sessions join a transaction: one read of the store, which also slides their expiry.

use alloc::borrow::ToOwned;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use crate::container::{Expiry, Settings};
use crate::environment::{Change, Entry, Environment, Expectation, Outcome, StoreError, Version, Write};
use crate::error::{Error, SessionName};
use crate::names::store_key;
use crate::ordered::Ordered;
use crate::reads::Reads;
use crate::record::{self, Facts, Record};
use crate::transaction::{Isolation, MAX_SESSIONS, Phase, State, Transaction};
use crate::working::{Loaded, Working};

/// Which sessions a call wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Only those that exist.
    Found,
    /// Also those that do not exist yet.
    FoundOrNew,
}

/// How often the trail of a session that moved is followed from one record to the next.
const MAX_MOVES: u32 = 4;

/// A session to load: its key and its id.
struct Missing {
    key: String,
    id: String,
}

/// What the store has for one session.
struct Found {
    /// Where the session is; not where it was looked for if it moved to a fresh id a moment ago.
    key: String,
    loaded: Loaded,
    last_accessed: Option<u64>,
}

/// Gives the places of the sessions with these ids, and loads those that have not joined yet.
pub fn join<E: Environment>(
    transaction: &Transaction<E>,
    settings: &Rc<Settings>,
    ids: &[&str],
    wanted: Wanted,
) -> Result<Vec<Option<usize>>, Error> {
    let (shared, environment) = (transaction.shared(), transaction.environment());
    shared.open(|_| Ok(()))?;
    let keys = ids.iter().map(|id| store_key(&settings.name, id)).collect::<Result<Vec<_>, _>>()?;
    let now = environment.now();
    let missing = shared.open(|state| plan(state, ids, &keys, now))?;
    if !missing.is_empty() {
        let found = load(environment, settings, &missing, now);
        shared.resume(|state| admit(state, settings, missing, found?, wanted, now))?;
    }
    shared.open(|state| keys.iter().map(|key| state.place_of(key, now)).collect())
}

/// Adds a session that is known to be new.
pub fn join_new<E: Environment>(
    transaction: &Transaction<E>,
    settings: &Rc<Settings>,
    id: String,
    key: String,
) -> Result<usize, Error> {
    let now = transaction.environment().now();
    transaction.shared().open(|state| {
        state.check_room(1)?;
        Ok(state.add(settings, id, key, now))
    })
}

/// The sessions that must be loaded, in the order asked for; with any, the transaction waits from here on.
fn plan(state: &mut State, ids: &[&str], keys: &[String], now: Duration) -> Result<Vec<Missing>, Error> {
    let (mut missing, mut seen) = (Vec::new(), Ordered::default());
    for (id, key) in ids.iter().zip(keys) {
        if state.place_of(key, now)?.is_none() && seen.place(key).is_none() {
            seen.add(key, ());
            missing.push(Missing { key: key.clone(), id: (*id).to_owned() });
        }
    }
    state.check_room(missing.len())?;
    if !missing.is_empty() {
        state.phase = Phase::Waiting;
    }
    Ok(missing)
}

/// Adds the sessions that were loaded.
fn admit(
    state: &mut State,
    settings: &Rc<Settings>,
    missing: Vec<Missing>,
    found: Vec<Found>,
    wanted: Wanted,
    now: Duration,
) -> Result<(), Error> {
    for (Missing { key, id }, found) in missing.into_iter().zip(found) {
        if wanted == Wanted::Found && found.loaded.record().is_none() {
            continue;
        }
        let place = match state.place_of(&found.key, now)? {
            // It joined under its new id already.
            Some(place) => place,
            None => {
                let place = state.add(settings, id, found.key, now);
                let (session, _) = state.session(place)?;
                session.last_accessed = found.last_accessed.unwrap_or(now.as_secs());
                session.loaded = found.loaded;
                place
            }
        };
        if state.places.place(&key).is_none() {
            state.places.add(&key, place);
        }
    }
    Ok(())
}

impl State {
    /// The place of the session that has this key, if it has joined; one that timed out since it was last
    /// asked for begins again, empty.
    fn place_of(&mut self, key: &str, now: Duration) -> Result<Option<usize>, Error> {
        let place = self.places.get(key).copied();
        let Some(place) =
            place.or_else(|| self.sessions.iter().position(|session| session.identity.key == key))
        else {
            return Ok(None);
        };
        let (session, _) = self.session(place)?;
        let renewed = session.identity.key != session.loaded_key;
        if session.identity.destroyed || renewed && session.identity.key != key {
            return Err(Error::Ended(vec![session.name()]));
        }
        if session.timed_out(now) {
            session.begin_again(now);
        }
        session.asked_at = now;
        Ok(Some(place))
    }

    fn check_room(&self, more: usize) -> Result<(), Error> {
        if self.sessions.len().saturating_add(more) > MAX_SESSIONS as usize {
            return Err(Error::TooManySessions(MAX_SESSIONS));
        }
        Ok(())
    }

    fn add(&mut self, settings: &Rc<Settings>, id: String, key: String, now: Duration) -> usize {
        let place = self.sessions.len();
        let reads =
            if self.isolation == Isolation::LastWriterWins { Reads::ignored() } else { Reads::default() };
        if self.places.place(&key).is_none() {
            self.places.add(&key, place);
        }
        self.sessions.push(Working::join(Rc::clone(settings), id, key, reads, now));
        place
    }
}

/// Reads sessions from the store, and keeps them alive.
fn load<E: Environment>(
    environment: &E,
    settings: &Settings,
    missing: &[Missing],
    now: Duration,
) -> Result<Vec<Found>, Error> {
    let loading = Loading { environment, settings, now };
    let entries = read(environment, settings, missing.iter().map(|missing| missing.key.clone()).collect())?;
    let mut found = Vec::with_capacity(entries.len());
    for (Missing { key, id }, entry) in missing.iter().zip(entries) {
        let name = SessionName { container: settings.name.clone(), session: id.clone() };
        found.push(match entry {
            Some(entry) => loading.examine(key, &name, entry, MAX_MOVES)?,
            None => Found { key: key.clone(), loaded: Loaded::Nothing(None), last_accessed: None },
        });
    }
    Ok(found)
}

/// Reads entries, sliding their expiry if the store can do that.
fn read<E: Environment>(
    environment: &E,
    settings: &Settings,
    keys: Vec<String>,
) -> Result<Vec<Option<Entry>>, StoreError> {
    if settings.expiry.get() == Expiry::Store {
        match environment.get_many(keys.clone(), Some(settings.lifetime(settings.timeout))) {
            Err(StoreError::Unsupported(_)) => settings.expiry.set(Expiry::Record),
            result => return result,
        }
    }
    environment.get_many(keys, None)
}

/// What it takes to make sense of a stored record.
struct Loading<'a, E> {
    environment: &'a E,
    settings: &'a Settings,
    now: Duration,
}

impl<E: Environment> Loading<'_, E> {
    /// Decides what a stored record means.
    fn examine(&self, key: &str, name: &SessionName, entry: Entry, moves: u32) -> Result<Found, Error> {
        let Entry { value, version, seconds_left } = entry;
        let record = Record::decode(value).map_err(|error| error.of_session(name.clone()))?;
        let facts = record.facts();
        let nothing = |version| Found {
            key: key.to_owned(),
            loaded: Loaded::Nothing(Some(version)),
            last_accessed: None,
        };
        if let Some(until) = facts.ended_until {
            return match &facts.moved_to {
                Some((new_key, until)) if self.now.as_secs() < *until => self.follow(new_key, name, moves),
                _ if self.now.as_secs() < until => Err(Error::Ended(vec![name.clone()])),
                _ => Ok(nothing(version)),
            };
        }
        if let Some(old_key) = &facts.moved_from
            && lives_on(self.environment, old_key, facts)?
        {
            return Ok(nothing(version));
        }
        let last_accessed = Some(last_access(&record, seconds_left, self.now));
        let Some(version) = self.keep_alive(key, &record, version.clone()) else {
            return Ok(nothing(version));
        };
        let loaded = Loaded::Live(Rc::new(record), version);
        Ok(Found { key: key.to_owned(), loaded, last_accessed })
    }

    /// Loads a session from where it moved to. When it is not there any more, its old id has ended.
    fn follow(&self, key: &str, name: &SessionName, moves: u32) -> Result<Found, Error> {
        let ended = || Error::Ended(vec![name.clone()]);
        let moves = moves.checked_sub(1).ok_or_else(ended)?;
        let mut entries = read(self.environment, self.settings, vec![key.to_owned()])?;
        let entry = entries.pop().flatten().ok_or_else(ended)?;
        let found = self.examine(key, name, entry, moves)?;
        if found.loaded.record().is_some() { Ok(found) } else { Err(ended()) }
    }

    /// Checks and slides the expiry of a live record where the store does not. Answers the version that
    /// holds afterwards, or nothing when the session's time is over.
    fn keep_alive(&self, key: &str, record: &Record, version: Version) -> Option<Version> {
        let facts = record.facts();
        if self.settings.expiry.get() == Expiry::Store || facts.timeout == 0 {
            return Some(version);
        }
        let age = self.now.as_secs().saturating_sub(facts.saved);
        if age >= u64::from(facts.timeout) {
            return None;
        }
        let refreshed = age >= u64::from(self.settings.resolution());
        Some(if refreshed { refresh(self, key, record, version) } else { version })
    }
}

/// Whether a session that is moving to a fresh id still lives under its old key. Another session that was begun
/// there since is no concern of it; it was created later.
fn lives_on<E: Environment>(environment: &E, old_key: &str, moved: &Facts) -> Result<bool, Error> {
    let entry = environment.get_many(vec![old_key.to_owned()], None)?.pop().flatten();
    let record = entry.and_then(|entry| Record::decode(entry.value).ok());
    let same = |facts: &Facts| facts.ended_until.is_none() && facts.created == moved.created;
    Ok(record.is_some_and(|record| same(record.facts())))
}

/// When a record was last used: a store that slides the expiry tells by the time that was left.
fn last_access(record: &Record, seconds_left: Option<u32>, now: Duration) -> u64 {
    let facts = record.facts();
    let Some(left) = seconds_left.filter(|_| facts.timeout > 0) else { return facts.saved };
    let idle = facts.timeout.saturating_sub(left);
    now.as_secs().saturating_sub(idle.into()).max(facts.saved)
}

/// Writes a record again as it is, to slide its expiry on a store that cannot do that by itself. Answers
/// the version that holds afterwards. A refresh that fails costs nothing but the time it would have won.
fn refresh<E: Environment>(
    loading: &Loading<'_, E>,
    key: &str,
    record: &Record,
    version: Version,
) -> Version {
    let Loading { environment, settings, now } = loading;
    let mut facts = record.facts().clone();
    facts.saved = now.as_secs();
    facts.timeout = settings.timeout;
    let value = record::encode(&facts, Some(record), &[]);
    let write = |value| Write {
        key: key.to_owned(),
        expects: Expectation::Version(version.clone()),
        change: Change::Put { value, lifetime: settings.lifetime(settings.timeout) },
    };
    let mut outcome = environment.write_many(vec![write(value.clone())]);
    if matches!(outcome, Err(StoreError::Unsupported(_))) {
        settings.expiry.set(Expiry::RecordAlone);
        outcome = environment.write_many(vec![write(value)]);
    }
    match outcome.ok().and_then(|mut outcomes| outcomes.pop()) {
        Some(Outcome::Applied(version)) => version,
        _ => version,
    }
}
