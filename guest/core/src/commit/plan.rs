//! What a transaction has to write, and what it only read.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::mem;

use super::context::Commit;
use super::participant::{Action, Participant};
use super::read_only::ReadOnlySession;
use crate::environment::Environment;
use crate::joined::JoinedSession;
use crate::state::{Isolation, Shared, State};

/// Whether the transaction may have read states of different times. One session has the state of its load,
/// and no other transaction knows the sessions that this one created.
fn read_at_several_times(state: &State) -> bool {
    let known = state.sessions.iter().filter(|session| !session.is_created);
    known.clone().nth(1).is_some() || known.clone().any(|session| session.was_loaded_twice)
}

impl<'s, E: Environment> Commit<'s, E> {
    /// Finds out what the commit has to do.
    pub fn plan(shared: &'s Shared<E>, state: &'s State) -> Self {
        let environment = &*shared.environment;
        let mut commit = Self {
            environment,
            expiries: &shared.expiries,
            isolation: state.isolation,
            now: environment.now(),
            participants: Vec::new(),
            moving: Vec::new(),
            longest_timeout: 0,
            read_only: Vec::new(),
            read_at_once: Vec::new(),
            marks: Vec::new(),
            attempts_without_winner: 0,
            is_merged: false,
            creation_may_arrive: false,
        };
        for session in &state.sessions {
            commit.plan_session(session);
        }
        if !read_at_several_times(state) {
            commit.read_at_once = mem::take(&mut commit.read_only);
        }
        commit
    }

    /// Adds a session to those that must not have changed. That a session joined shows that it had not ended,
    /// even if nothing else was read.
    fn depend_on(&mut self, session: &'s JoinedSession) {
        if self.isolation == Isolation::Serializable && !session.is_created {
            self.read_only.push(ReadOnlySession::new(session));
        }
    }

    fn plan_session(&mut self, session: &'s JoinedSession) {
        let is_live = session.loaded_record().is_some();
        if session.identity.destroyed && is_live {
            self.write_session(session, Action::End, &session.loaded_key);
        } else if session.identity.destroyed {
            // A session that was not stored leaves nothing behind.
            self.depend_on(session);
        } else if is_live && session.is_renewed() {
            self.write_session(session, Action::MoveOut, &session.loaded_key);
            let key = &session.identity.key;
            self.participants.push(Participant::new(session, Action::MoveIn, key, self.environment));
        } else if !self.write_if_changed(session) || session.is_renewed() {
            self.depend_on(session);
            return;
        }
        if session.was_loaded_twice {
            self.depend_on(session);
        }
    }

    fn write_session(&mut self, session: &'s JoinedSession, action: Action, key: &Rc<str>) {
        let participant = Participant::new(session, action, key, self.environment);
        self.participants.push(self.stale_if_uncertain(participant));
    }

    /// Marks a record as stale that may have expired by now, or that has an undecided change, which must not
    /// be overwritten.
    fn stale_if_uncertain(&self, mut participant: Participant<'s>) -> Participant<'s> {
        participant.is_stale =
            participant.session.may_have_timed_out(self.now) || participant.session.loaded.is_undecided;
        participant
    }

    fn write_if_changed(&mut self, session: &'s JoinedSession) -> bool {
        // Most sessions are only read.
        if session.overlays.is_empty() {
            return false;
        }
        // A session that begins and is renewed is stored under its last id only.
        let participant = Participant::new(session, Action::Save, &session.identity.key, self.environment);
        // An error is reported when the record is built.
        let differs = participant.differs().unwrap_or(true);
        if differs {
            let participant = self.stale_if_uncertain(participant);
            self.participants.push(participant);
        }
        differs
    }
}
