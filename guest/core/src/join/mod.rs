//! How sessions join a transaction: one read of the store, which also slides their expiry.

mod load;
mod upkeep;

use alloc::borrow::ToOwned;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use self::load::{Found, Loaded};
use crate::environment::Environment;
use crate::error::Error;
use crate::joined::{self, JoinedSession};
use crate::names::store_key;
use crate::options::Settings;
use crate::ordered::Ordered;
use crate::reads::Reads;
use crate::record::Life;
use crate::state::{Isolation, Phase, Shared, State};

/// Which sessions a call wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Only those that exist.
    Found,
    /// Also those that do not exist yet.
    FoundOrNew,
}

/// Up to how many sessions are compared one by one with those that have joined.
const FEW: usize = 8;

/// Returns where the sessions with these ids are in the transaction, and loads those that have not joined yet.
pub fn join<E: Environment>(
    shared: &Shared<E>,
    settings: &Rc<Settings>,
    ids: &[&str],
    wanted: Wanted,
) -> Result<Vec<Option<usize>>, Error> {
    shared.open(|_| Ok(()))?;
    let keys = ids.iter().map(|id| store_key(&settings.name, id)).collect::<Result<Vec<_>, _>>()?;
    let request = Request { settings, ids, keys: &keys, wanted };
    let missing = shared.open(|state| request.plan(state))?;
    if missing.is_empty() {
        let now = shared.environment.now();
        return shared.open(|state| request.joined(state, now));
    }
    let loaded = request.load(shared, &missing);
    shared.resume(|state| {
        let Loaded { now, found } = loaded?;
        request.admit(state, &missing, found, now)?;
        request.joined(state, now)
    })
}

/// Adds a session that is known to be new, and returns where it is.
pub fn join_new<E: Environment>(
    shared: &Shared<E>,
    settings: &Rc<Settings>,
    id: String,
    key: String,
) -> Result<usize, Error> {
    let now = shared.environment.now();
    shared.open(|state| {
        state.check_room(1)?;
        let index = add(state, settings, id, key.into(), now);
        let (session, _) = state.session(index)?;
        session.is_created = true;
        // Nobody can change what is read of it.
        session.reads = Reads::ignored();
        Ok(index)
    })
}

fn add(state: &mut State, settings: &Rc<Settings>, id: String, key: Rc<str>, now: Duration) -> usize {
    let reads =
        if state.isolation == Isolation::LastWriterWins { Reads::ignored() } else { Reads::default() };
    state.add(|index| JoinedSession::join(index, Rc::clone(settings), id, key, reads, now))
}

/// What a call asks for.
struct Request<'a> {
    settings: &'a Rc<Settings>,
    ids: &'a [&'a str],
    /// The keys of the ids.
    keys: &'a [String],
    wanted: Wanted,
}

impl Request<'_> {
    /// Which sessions must be loaded, in the order asked for. With any, the transaction waits from here on.
    fn plan(&self, state: &mut State) -> Result<Vec<usize>, Error> {
        let (mut missing, mut seen) = (Vec::new(), Ordered::default());
        for (number, key) in self.keys.iter().enumerate() {
            if state.joined_under(key)?.is_some() || state.absent.get(key).is_some() {
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

    /// The key and the id of one session.
    fn named(&self, number: usize) -> Option<(&String, &str)> {
        Some((self.keys.get(number)?, *self.ids.get(number)?))
    }

    /// Reads sessions from the store, and keeps them alive.
    fn load<E: Environment>(&self, shared: &Shared<E>, missing: &[usize]) -> Result<Loaded, Error> {
        let (mut keys, mut ids) = (Vec::with_capacity(missing.len()), Vec::with_capacity(missing.len()));
        for (key, id) in missing.iter().filter_map(|number| self.named(*number)) {
            keys.push(key.clone());
            ids.push(id);
        }
        load::load(&*shared.environment, &shared.expiries, self.settings, &keys, &ids)
    }

    /// Adds the sessions that were loaded, and remembers which were not there.
    fn admit(
        &self,
        state: &mut State,
        missing: &[usize],
        found: Vec<Found>,
        now: Duration,
    ) -> Result<(), Error> {
        let mut lives = Lives::new(state, found.len());
        let mut beginning = Vec::new();
        for (number, found) in missing.iter().zip(found) {
            let Some((key, id)) = self.named(*number) else { continue };
            if found.loaded.base.live().is_none() {
                match self.wanted {
                    Wanted::Found => _ = state.absent.add(key.as_str().into(), found.loaded),
                    Wanted::FoundOrNew => beginning.push((key, id, found.loaded)),
                }
                continue;
            }
            let its_key: Rc<str> = found.moved_to.as_ref().unwrap_or(key).as_str().into();
            let life = found.loaded.base.live().map(|record| record.header().life);
            let index = match life.and_then(|life| lives.find(state, self.settings, &life)) {
                // It joined under another of its ids already: one session is one session.
                Some(index) => {
                    let (session, _) = state.session(index)?;
                    session.is_found_twice |= session.loaded_key != its_key;
                    index
                }
                None => {
                    let index = add(state, self.settings, id.to_owned(), Rc::clone(&its_key), now);
                    lives.add(life, index);
                    let (session, _) = state.session(index)?;
                    session.last_accessed = found.last_accessed.unwrap_or(now.as_secs());
                    session.loaded = found.loaded;
                    index
                }
            };
            state.add_key(its_key, index);
            if found.moved_to.is_some() {
                state.add_key(key.as_str().into(), index);
            }
        }
        self.admit_beginning(state, beginning, now)
    }

    /// Adds the sessions that begin, unless the call fails: then none of them begins.
    fn admit_beginning(
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
            state.add_key(key.as_str().into(), index);
        }
        Ok(())
    }

    /// Where the sessions are, all of which are known by now.
    fn joined(&self, state: &mut State, now: Duration) -> Result<Vec<Option<usize>>, Error> {
        let mut joined = Vec::with_capacity(self.keys.len());
        for (number, key) in self.keys.iter().enumerate() {
            let index = match (state.joined_under(key)?, self.wanted) {
                (Some(index), Wanted::Found) => still_alive(state, index, now)?,
                (Some(index), Wanted::FoundOrNew) => Some(state.ask_for(index, now)?.index),
                (None, Wanted::Found) => None,
                (None, Wanted::FoundOrNew) => self.begin(state, number, now)?,
            };
            joined.push(index);
        }
        Ok(joined)
    }

    /// Begins a session of which the application was told that there is none.
    fn begin(&self, state: &mut State, number: usize, now: Duration) -> Result<Option<usize>, Error> {
        let Some((key, id)) = self.named(number) else { return Ok(None) };
        let Some(loaded) = state.absent.get(key).cloned() else { return Ok(None) };
        state.check_room(1)?;
        let index = add(state, self.settings, id.to_owned(), key.as_str().into(), now);
        let (session, _) = state.session(index)?;
        session.loaded = loaded;
        session.reads.existence = true;
        Ok(Some(index))
    }
}

/// A session that timed out since it was last asked for is not found; to begin it again takes a call that
/// may do that.
fn still_alive(state: &mut State, index: usize, now: Duration) -> Result<Option<usize>, Error> {
    let (session, _) = state.session(index)?;
    if session.has_timed_out(now) {
        return Ok(None);
    }
    session.asked_at = now;
    Ok(Some(index))
}

/// The sessions of a transaction by their lives.
struct Lives(Option<Ordered<usize>>);

impl Lives {
    /// An index pays when many sessions join at once.
    fn new(state: &State, joining: usize) -> Self {
        if joining <= FEW {
            return Self(None);
        }
        let mut lives = Self(Some(Ordered::default()));
        for session in &state.sessions {
            lives.add(session.loaded_record().map(|record| record.header().life), session.index);
        }
        lives
    }

    fn add(&mut self, life: Option<Life>, index: usize) {
        if let (Some(lives), Some(life)) = (&mut self.0, life)
            && lives.place(life.as_str()).is_none()
        {
            lives.add(life.as_str().into(), index);
        }
    }

    /// The session of this container that is in this life.
    fn find(&self, state: &State, settings: &Settings, life: &Life) -> Option<usize> {
        let is_it = |session: &JoinedSession| {
            session.settings.name == settings.name
                && session.loaded_record().is_some_and(|record| record.header().life == *life)
        };
        match &self.0 {
            Some(lives) => lives.get(life.as_str()).copied(),
            None => state.sessions.iter().find(|session| is_it(session)).map(|session| session.index),
        }
    }
}
