//! What a transaction has to write, and what it only read.

use alloc::rc::Rc;
use alloc::vec::Vec;

use super::context::Commit;
use super::part::{Change, Part};
use super::watched::Watched;
use crate::environment::Environment;
use crate::joined::JoinedSession;
use crate::state::{Isolation, Shared, State};

/// Whether what was read may be of several moments. One session is as it was when it was loaded, and sessions that
/// the transaction created are known to nobody else.
fn knows_several_moments(state: &State) -> bool {
    let known = state.sessions.iter().filter(|session| !session.is_created);
    known.clone().nth(1).is_some() || known.clone().any(|session| session.is_found_twice)
}

impl<'s, E: Environment> Commit<'s, E> {
    /// What is to be done.
    pub fn plan(shared: &'s Shared<E>, state: &'s State) -> Self {
        let environment = &*shared.environment;
        let mut commit = Self {
            environment,
            expiries: &shared.expiries,
            isolation: state.isolation,
            now: environment.now(),
            parts: Vec::new(),
            watched: Vec::new(),
            marks: Vec::new(),
            futile_rounds: 0,
            is_in_flight: false,
        };
        for session in &state.sessions {
            commit.plan_session(session);
        }
        if !knows_several_moments(state) {
            commit.watched.clear();
        }
        commit
    }

    /// Takes in that the transaction depends on a session as it was loaded. That a session joined tells that it
    /// had not ended, even where nothing else was read.
    fn watch(&mut self, session: &'s JoinedSession) {
        if self.isolation == Isolation::Serializable && !session.is_created {
            self.watched.push(Watched::new(session));
        }
    }

    fn plan_session(&mut self, session: &'s JoinedSession) {
        let is_live = session.loaded_record().is_some();
        if session.identity.destroyed && is_live {
            self.write_session(session, Change::End, &session.loaded_key);
        } else if session.identity.destroyed {
            // One that was not there leaves nothing.
            self.watch(session);
        } else if is_live && session.is_renewed() {
            self.write_session(session, Change::Leave, &session.loaded_key);
            let key = &session.identity.key;
            self.parts.push(Part::new(session, Change::Arrive, key, self.environment));
        } else if !self.write_if_changed(session) || session.is_renewed() {
            self.watch(session);
            return;
        }
        if session.is_found_twice {
            self.watch(session);
        }
    }

    fn write_session(&mut self, session: &'s JoinedSession, change: Change, key: &Rc<str>) {
        let part = Part::new(session, change, key, self.environment);
        self.parts.push(self.looked_at_first(part));
    }

    /// A session that timed out by now may be gone; and nothing undecided may be written over.
    fn looked_at_first(&self, mut part: Part<'s>) -> Part<'s> {
        part.is_lost = part.session.may_have_timed_out(self.now) || part.session.loaded.is_undecided;
        part
    }

    fn write_if_changed(&mut self, session: &'s JoinedSession) -> bool {
        // Most sessions are only read.
        if session.overlays.is_empty() {
            return false;
        }
        // A session that begins and is renewed is stored under its last id alone.
        let part = Part::new(session, Change::Save, &session.identity.key, self.environment);
        // A package that cannot be read could not be written either: reading comes first.
        let differs = part.differs().unwrap_or(true);
        if differs {
            let part = self.looked_at_first(part);
            self.parts.push(part);
        }
        differs
    }
}
