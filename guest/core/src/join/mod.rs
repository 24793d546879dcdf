//! How sessions join a transaction: one read of the store, which also slides their expiry.

mod load;
mod maintenance;

use alloc::borrow::ToOwned;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use self::load::{FoundSession, LoadedSessions};
use crate::environment::Environment;
use crate::error::Error;
use crate::joined::{self, JoinedSession};
use crate::names::store_key;
use crate::options::Settings;
use crate::ordered::Ordered;
use crate::reads::Reads;
use crate::state::{Isolation, Phase, Shared, State};

/// Which sessions a call requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Only sessions that exist.
    Existing,
    /// Also sessions that do not exist yet.
    ExistingOrNew,
}

/// Returns the indices of the sessions with these ids in the transaction, and loads those that have not
/// joined yet.
pub fn join<E: Environment>(
    shared: &Shared<E>,
    settings: &Rc<Settings>,
    ids: &[&str],
    wanted: Wanted,
) -> Result<Vec<Option<usize>>, Error> {
    let joined = load_and_join(shared, settings, ids, wanted);
    if matches!(joined, Err(Error::Ended(_))) {
        // Fails if the transaction was dropped meanwhile: nobody was refused anything then.
        let _ = shared.open(|state| {
            state.refused.push(Rc::clone(settings));
            Ok(())
        });
    }
    joined
}

fn load_and_join<E: Environment>(
    shared: &Shared<E>,
    settings: &Rc<Settings>,
    ids: &[&str],
    wanted: Wanted,
) -> Result<Vec<Option<usize>>, Error> {
    shared.open(|_| Ok(()))?;
    let mut keys = Vec::with_capacity(ids.len());
    for id in ids {
        keys.push(store_key(&settings.name, id)?);
    }
    let request = Request { settings, ids, keys: &keys, wanted };
    let missing = shared.open(|state| request.plan(state))?;
    if missing.is_empty() {
        let now = shared.environment.now();
        return shared.open(|state| request.joined(state, now));
    }
    let loaded = request.load(shared, &missing);
    shared.resume(|state| {
        let LoadedSessions { now, found } = loaded?;
        request.add_found(state, &missing, found, now)?;
        request.joined(state, now)
    })
}

/// Adds a session with a fresh id, and returns its index.
pub fn join_new<E: Environment>(
    shared: &Shared<E>,
    settings: &Rc<Settings>,
    id: String,
    key: String,
) -> Result<usize, Error> {
    let now = shared.environment.now();
    shared.open(|state| {
        state.check_capacity(1)?;
        let index = add(state, settings, id, key.into(), now);
        let (session, _) = state.session(index)?;
        session.is_created = true;
        // No other transaction can change the session.
        session.reads = Reads::ignored();
        Ok(index)
    })
}

fn add(state: &mut State, settings: &Rc<Settings>, id: String, key: Rc<str>, now: Duration) -> usize {
    let reads =
        if state.isolation == Isolation::LastWriterWins { Reads::ignored() } else { Reads::default() };
    state.add(|index| JoinedSession::join(index, Rc::clone(settings), id, key, reads, now))
}

/// The arguments of a call.
struct Request<'a> {
    settings: &'a Rc<Settings>,
    ids: &'a [&'a str],
    /// The store keys of the ids.
    keys: &'a [String],
    wanted: Wanted,
}

impl Request<'_> {
    /// Returns the positions of the sessions that must be loaded. If there are any, the transaction waits
    /// from here on.
    fn plan(&self, state: &mut State) -> Result<Vec<usize>, Error> {
        let (mut missing, mut seen) = (Vec::new(), Ordered::default());
        for (position, key) in self.keys.iter().enumerate() {
            if state.joined_under(key)?.is_some() || state.absent.get(key).is_some() {
                continue;
            }
            // A single id cannot occur twice.
            if self.keys.len() > 1 {
                if seen.position(key).is_some() {
                    continue;
                }
                seen.add(key.as_str().into(), ());
            }
            missing.push(position);
        }
        state.check_capacity(missing.len())?;
        if !missing.is_empty() {
            state.phase = Phase::Waiting;
        }
        Ok(missing)
    }

    /// The store key and the id at a position.
    fn key_and_id(&self, position: usize) -> Option<(&String, &str)> {
        Some((self.keys.get(position)?, *self.ids.get(position)?))
    }

    /// Reads sessions from the store, and keeps them alive.
    fn load<E: Environment>(&self, shared: &Shared<E>, missing: &[usize]) -> Result<LoadedSessions, Error> {
        let load =
            |keys: &_, ids: &_| load::load(&*shared.environment, &shared.expiries, self.settings, keys, ids);
        if missing.len() == self.keys.len() {
            return load(self.keys, self.ids);
        }
        let missing = missing.iter().filter_map(|position| self.key_and_id(*position));
        let (keys, ids): (Vec<String>, Vec<&str>) = missing.map(|(key, id)| (key.clone(), id)).unzip();
        load(&keys, &ids)
    }

    /// Adds the sessions that were loaded, and remembers which were absent.
    fn add_found(
        &self,
        state: &mut State,
        missing: &[usize],
        found: Vec<FoundSession>,
        now: Duration,
    ) -> Result<(), Error> {
        state.sessions.reserve(found.len());
        let mut beginning = Vec::new();
        for (position, found) in missing.iter().zip(found) {
            let Some((key, id)) = self.key_and_id(*position) else { continue };
            if found.loaded.base.live().is_none() {
                match self.wanted {
                    Wanted::Existing => _ = state.absent.add(key.as_str().into(), found.loaded),
                    Wanted::ExistingOrNew => beginning.push((key, id, found.loaded)),
                }
                continue;
            }
            let its_key: Rc<str> = found.moved_to.as_ref().unwrap_or(key).as_str().into();
            let life = found.loaded.base.live().map(|record| record.header().life);
            let index = match life.and_then(|life| state.session_of_life(&self.settings.name, &life)) {
                // It joined under another of its ids before: it stays one session.
                Some(index) => {
                    let (session, _) = state.session(index)?;
                    session.was_loaded_twice |= session.loaded_key != its_key;
                    state.add_key(its_key, index);
                    index
                }
                None => {
                    let index = add(state, self.settings, id.to_owned(), its_key, now);
                    let (session, _) = state.session(index)?;
                    session.last_accessed = found.last_accessed.unwrap_or(now.as_secs());
                    session.loaded = found.loaded;
                    index
                }
            };
            if found.moved_to.is_some() {
                state.add_key(key.as_str().into(), index);
            }
        }
        self.add_beginning(state, beginning, now)
    }

    /// Adds the sessions that begin, or none if the call fails.
    fn add_beginning(
        &self,
        state: &mut State,
        beginning: Vec<(&String, &str, joined::Loaded)>,
        now: Duration,
    ) -> Result<(), Error> {
        if beginning.is_empty() {
            return Ok(());
        }
        self.keys.iter().try_for_each(|key| state.joined_under(key).map(|_| ()))?;
        for (key, id, loaded) in beginning {
            let index = add(state, self.settings, id.to_owned(), key.as_str().into(), now);
            state.session(index)?.0.loaded = loaded;
        }
        Ok(())
    }

    /// Returns the indices of the sessions, all of which are known by now.
    fn joined(&self, state: &mut State, now: Duration) -> Result<Vec<Option<usize>>, Error> {
        let mut joined = Vec::with_capacity(self.keys.len());
        for (position, key) in self.keys.iter().enumerate() {
            let index = match (state.joined_under(key)?, self.wanted) {
                (Some(index), Wanted::Existing) => still_alive(state, index, now)?,
                (Some(index), Wanted::ExistingOrNew) => Some(state.request(index, key, now)?.index),
                (None, Wanted::Existing) => None,
                (None, Wanted::ExistingOrNew) => self.begin(state, position, now)?,
            };
            joined.push(index);
        }
        Ok(joined)
    }

    /// Begins a session after the application was told that there is none.
    fn begin(&self, state: &mut State, position: usize, now: Duration) -> Result<Option<usize>, Error> {
        let Some((key, id)) = self.key_and_id(position) else { return Ok(None) };
        let Some(loaded) = state.absent.get(key).cloned() else { return Ok(None) };
        state.check_capacity(1)?;
        let index = add(state, self.settings, id.to_owned(), key.as_str().into(), now);
        let (session, _) = state.session(index)?;
        session.loaded = loaded;
        session.reads.existence = true;
        Ok(Some(index))
    }
}

/// Returns the session unless it has timed out since it was last requested. Only a request that may begin
/// sessions restarts it.
fn still_alive(state: &mut State, index: usize, now: Duration) -> Result<Option<usize>, Error> {
    let (session, _) = state.session(index)?;
    if session.has_timed_out(now) {
        return Ok(None);
    }
    session.requested_at = now;
    Ok(Some(index))
}
