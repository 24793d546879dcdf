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
use crate::record::{Facts, Record};
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

/// What the store has for one session.
struct Found {
    /// Where the session is, if not where it was looked for: it moved to a fresh id a moment ago.
    moved_to: Option<String>,
    loaded: Loaded,
    last_accessed: Option<u64>,
}

impl Found {
    /// No session, but perhaps the remains of one, of this version.
    fn nothing(version: Option<Version>) -> Self {
        Self { moved_to: None, loaded: Loaded::Nothing(version), last_accessed: None }
    }
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
    let asked = Asked { settings, ids, keys: &keys, now };
    let missing = shared.open(|state| asked.plan(state))?;
    if !missing.is_empty() {
        let found = asked.load(environment, &missing);
        shared.resume(|state| asked.admit(state, &missing, found?, wanted))?;
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
        Ok(state.add(settings, id, key.into(), now))
    })
}

/// What a call asks for.
struct Asked<'a> {
    settings: &'a Rc<Settings>,
    ids: &'a [&'a str],
    /// The keys of the ids.
    keys: &'a [String],
    now: Duration,
}

impl<'a> Asked<'a> {
    /// Which sessions must be loaded, in the order asked for; with any, the transaction waits from here on.
    fn plan(&self, state: &mut State) -> Result<Vec<usize>, Error> {
        let (mut missing, mut seen) = (Vec::new(), Ordered::default());
        for (number, key) in self.keys.iter().enumerate() {
            if state.place_of(key, self.now)?.is_some() {
                continue;
            }
            // Of one id there is nothing that could be the same.
            if self.keys.len() > 1 {
                if seen.place(key).is_some() {
                    continue;
                }
                seen.add(key.as_str().into(), ());
            }
            missing.push(number);
        }
        state.check_room(missing.len())?;
        if !missing.is_empty() {
            state.phase = Phase::Waiting;
        }
        Ok(missing)
    }

    /// The keys and the ids of these sessions.
    fn named<'m>(
        &'m self,
        numbers: &'m [usize],
    ) -> impl Iterator<Item = (&'a String, &'a str)> + use<'m, 'a> {
        numbers.iter().filter_map(|number| Some((self.keys.get(*number)?, *self.ids.get(*number)?)))
    }

    /// Reads sessions from the store, and keeps them alive.
    fn load<E: Environment>(&self, environment: &E, missing: &[usize]) -> Result<Vec<Found>, Error> {
        let loading = Loading { environment, settings: self.settings, now: self.now };
        let keys = self.named(missing).map(|(key, _)| key.clone()).collect();
        let entries = loading.read(keys)?;
        let sessions = self.named(missing).zip(entries);
        sessions
            .map(|((key, id), entry)| match entry {
                Some(entry) => loading.examine(key, id, entry, MAX_MOVES),
                None => Ok(Found::nothing(None)),
            })
            .collect()
    }

    /// Adds the sessions that were loaded.
    fn admit(
        &self,
        state: &mut State,
        missing: &[usize],
        found: Vec<Found>,
        wanted: Wanted,
    ) -> Result<(), Error> {
        for ((key, id), found) in self.named(missing).zip(found) {
            if wanted == Wanted::Found && found.loaded.record().is_none() {
                continue;
            }
            let its_key = found.moved_to.as_ref().unwrap_or(key);
            let place = match state.place_of(its_key, self.now)? {
                // It joined under its new id already.
                Some(place) => place,
                None => {
                    let place = state.add(self.settings, id.to_owned(), its_key.as_str().into(), self.now);
                    let (session, _) = state.session(place)?;
                    session.last_accessed = found.last_accessed.unwrap_or(self.now.as_secs());
                    session.loaded = found.loaded;
                    place
                }
            };
            if found.moved_to.is_some() {
                state.places.add(key.as_str().into(), place);
            }
        }
        Ok(())
    }
}

impl State {
    /// The place of the session that has this key, if it has joined; one that timed out since it was last
    /// asked for begins again, empty.
    fn place_of(&mut self, key: &str, now: Duration) -> Result<Option<usize>, Error> {
        let place = self.places.get(key).copied();
        let Some(place) =
            place.or_else(|| self.sessions.iter().position(|session| &*session.identity.key == key))
        else {
            return Ok(None);
        };
        let (session, _) = self.session(place)?;
        let renewed = session.identity.key != session.loaded_key;
        if session.identity.destroyed || renewed && &*session.identity.key != key {
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

    fn add(&mut self, settings: &Rc<Settings>, id: String, key: Rc<str>, now: Duration) -> usize {
        let place = self.sessions.len();
        let reads =
            if self.isolation == Isolation::LastWriterWins { Reads::ignored() } else { Reads::default() };
        if self.places.place(&key).is_none() {
            self.places.add(Rc::clone(&key), place);
        }
        self.sessions.push(Working::join(Rc::clone(settings), id, key, reads, now));
        place
    }
}

/// What it takes to make sense of a stored record.
struct Loading<'a, E> {
    environment: &'a E,
    settings: &'a Settings,
    now: Duration,
}

impl<E: Environment> Loading<'_, E> {
    /// Reads entries, sliding their expiry if the store can do that.
    fn read(&self, keys: Vec<String>) -> Result<Vec<Option<Entry>>, StoreError> {
        let Self { environment, settings, .. } = self;
        if settings.expiry.get() != Expiry::Store {
            return environment.get_many(keys, None);
        }
        let again = keys.clone();
        match environment.get_many(keys, Some(settings.lifetime(settings.timeout))) {
            Err(StoreError::Unsupported(_)) => settings.expiry.set(Expiry::Record),
            result => return result,
        }
        environment.get_many(again, None)
    }

    fn name(&self, id: &str) -> SessionName {
        SessionName { container: self.settings.name.clone(), session: id.to_owned() }
    }

    /// Decides what a stored record means.
    fn examine(&self, key: &str, id: &str, entry: Entry, moves: u32) -> Result<Found, Error> {
        let Entry { value, version, seconds_left } = entry;
        let record = Record::decode(value).map_err(|error| error.of_session(self.name(id)))?;
        let facts = record.facts();
        if let Some(until) = facts.ended_until {
            return match &facts.moved_to {
                Some((new_key, until)) if self.now.as_secs() < *until => self.follow(new_key, id, moves),
                _ if self.now.as_secs() < until => Err(Error::Ended(vec![self.name(id)])),
                _ => Ok(Found::nothing(Some(version))),
            };
        }
        if let Some(old_key) = &facts.moved_from
            && lives_on(self.environment, old_key, facts)?
        {
            return Ok(Found::nothing(Some(version)));
        }
        let last_accessed = Some(last_access(&record, seconds_left, self.now));
        if self.is_over(facts) {
            return Ok(Found::nothing(Some(version)));
        }
        let version = self.keep_alive(key, &record, version);
        Ok(Found { moved_to: None, loaded: Loaded::Live(Rc::new(record), version), last_accessed })
    }

    /// Loads a session from where it moved to. When it is not there any more, its old id has ended.
    fn follow(&self, key: &str, id: &str, moves: u32) -> Result<Found, Error> {
        let ended = || Error::Ended(vec![self.name(id)]);
        let moves = moves.checked_sub(1).ok_or_else(ended)?;
        let mut entries = self.read(vec![key.to_owned()])?;
        let entry = entries.pop().flatten().ok_or_else(ended)?;
        let mut found = self.examine(key, id, entry, moves)?;
        if found.loaded.record().is_none() {
            return Err(ended());
        }
        found.moved_to.get_or_insert_with(|| key.to_owned());
        Ok(found)
    }

    /// Whether the store leaves it to the record to expire.
    fn expires_by_record(&self, facts: &Facts) -> bool {
        self.settings.expiry.get() != Expiry::Store && facts.timeout > 0
    }

    fn age(&self, facts: &Facts) -> u64 {
        self.now.as_secs().saturating_sub(facts.saved)
    }

    /// Whether the time of a live record is over, where the store does not see to it.
    fn is_over(&self, facts: &Facts) -> bool {
        self.expires_by_record(facts) && self.age(facts) >= u64::from(facts.timeout)
    }

    /// Slides the expiry of a live record where the store does not. Answers the version that holds afterwards.
    fn keep_alive(&self, key: &str, record: &Record, version: Version) -> Version {
        let facts = record.facts();
        let is_due = self.age(facts) >= u64::from(self.settings.resolution());
        if is_due && self.expires_by_record(facts) { refresh(self, key, record, version) } else { version }
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
    let value = record.rewrite(&facts);
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
