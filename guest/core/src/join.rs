//! How sessions join a transaction: one read of the store, which also slides their expiry.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use crate::container::{Expiry, Settings};
use crate::environment::{Change, Entry, Environment, Expectation, Outcome, StoreError, Write};
use crate::error::{Error, SessionName};
use crate::names::store_key;
use crate::reads::Reads;
use crate::record::{self, Record};
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

/// What the store has for one session.
struct Found {
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

/// The ids, by key, that must be loaded; with any, the transaction waits from here on.
fn plan(
    state: &mut State,
    ids: &[&str],
    keys: &[String],
    now: Duration,
) -> Result<BTreeMap<String, String>, Error> {
    let mut missing = BTreeMap::new();
    for (id, key) in ids.iter().zip(keys) {
        if state.place_of(key, now)?.is_none() {
            missing.insert(key.clone(), (*id).to_owned());
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
    missing: BTreeMap<String, String>,
    found: Vec<Found>,
    wanted: Wanted,
    now: Duration,
) -> Result<(), Error> {
    for ((key, id), found) in missing.into_iter().zip(found) {
        if wanted == Wanted::Found && found.loaded.record().is_none() {
            continue;
        }
        let place = state.add(settings, id, key, now);
        let (session, _) = state.session(place)?;
        session.last_accessed = found.last_accessed.unwrap_or(now.as_secs());
        session.loaded = found.loaded;
    }
    Ok(())
}

impl State {
    /// The place of the session that has this key, if it has joined; one that timed out since it was last
    /// asked for begins again, empty.
    fn place_of(&mut self, key: &str, now: Duration) -> Result<Option<usize>, Error> {
        let place = self.by_loaded_key.get(key).copied();
        let Some(place) =
            place.or_else(|| self.sessions.iter().position(|session| session.identity.key == key))
        else {
            return Ok(None);
        };
        let (session, _) = self.session(place)?;
        if session.identity.destroyed || session.identity.key != key {
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
        self.by_loaded_key.insert(key.clone(), place);
        self.sessions.push(Working::join(Rc::clone(settings), id, key, reads, now));
        place
    }
}

/// Reads sessions from the store, and keeps them alive.
fn load<E: Environment>(
    environment: &E,
    settings: &Settings,
    ids: &BTreeMap<String, String>,
    now: Duration,
) -> Result<Vec<Found>, Error> {
    let entries = read(environment, settings, ids.keys().cloned().collect())?;
    let mut found = Vec::with_capacity(entries.len());
    for ((key, id), entry) in ids.iter().zip(entries) {
        let name = SessionName { container: settings.name.clone(), session: id.clone() };
        found.push(match entry {
            Some(entry) => examine(environment, settings, key, name, entry, now)?,
            None => Found { loaded: Loaded::Nothing(None), last_accessed: None },
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

/// Decides what a stored record means.
fn examine<E: Environment>(
    environment: &E,
    settings: &Settings,
    key: &str,
    name: SessionName,
    entry: Entry,
    now: Duration,
) -> Result<Found, Error> {
    let Entry { value, version, seconds_left } = entry;
    let record = Record::decode(value).map_err(|error| error.of_session(name.clone()))?;
    let facts = record.facts();
    let nothing = |version| Ok(Found { loaded: Loaded::Nothing(Some(version)), last_accessed: None });
    if let Some(until) = facts.ended_until {
        return if now.as_secs() < until { Err(Error::Ended(vec![name])) } else { nothing(version) };
    }
    if let Some(old_key) = &facts.moved_from
        && is_live(environment, old_key)?
    {
        return nothing(version);
    }
    let last_accessed = Some(last_access(&record, seconds_left, now));
    if settings.expiry.get() == Expiry::Store {
        return Ok(Found { loaded: Loaded::Live(Rc::new(record), version), last_accessed });
    }
    let age = now.as_secs().saturating_sub(facts.saved);
    if facts.timeout > 0 && age >= u64::from(facts.timeout) {
        return nothing(version);
    }
    let version = if facts.timeout > 0 && age >= u64::from(settings.resolution()) {
        refresh(environment, settings, key, &record, version, now)
    } else {
        version
    };
    Ok(Found { loaded: Loaded::Live(Rc::new(record), version), last_accessed })
}

/// Whether a live record stands under a key: the place that another record is moving away from.
fn is_live<E: Environment>(environment: &E, key: &str) -> Result<bool, Error> {
    let entry = environment.get_many(vec![key.to_owned()], None)?.pop().flatten();
    let record = entry.and_then(|entry| Record::decode(entry.value).ok());
    Ok(record.is_some_and(|record| record.facts().ended_until.is_none()))
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
    environment: &E,
    settings: &Settings,
    key: &str,
    record: &Record,
    version: crate::Version,
    now: Duration,
) -> crate::Version {
    let mut facts = record.facts().clone();
    facts.saved = now.as_secs();
    facts.timeout = settings.timeout;
    let documents = record.package_names().filter_map(|name| Some((name, record.document(name)?.into())));
    let value = record::encode(facts, &documents.collect::<Vec<_>>());
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
