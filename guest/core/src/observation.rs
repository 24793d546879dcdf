//! What became of a transaction, for those who count, log or trace transactions. It holds no ids.

use alloc::string::String;
use alloc::vec::Vec;

use crate::commit::{Action, Participant};
use crate::environment::Observer;
use crate::error::{Error, SessionName};
use crate::state::State;

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was committed: everything was written, or there was nothing to write.
    Done,
    /// It was committed after other transactions had changed the same sessions.
    Merged,
    /// Its commit failed with [`Error::Conflict`].
    Conflict,
    /// Its commit failed with [`Error::Gone`].
    Gone,
    /// Its commit failed with [`Error::Ended`].
    Ended,
    /// Its commit failed with [`Error::OutcomeUnknown`].
    Unknown,
    /// Its commit failed with another error.
    Failed,
    /// It was aborted, or dropped before a commit.
    Aborted,
}

/// The part of a container in a transaction, as numbers of sessions. If the transaction was not committed,
/// `begun`, `renewed` and `ended` are 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Participation {
    /// The name of the container.
    pub container: String,
    /// The sessions that joined.
    pub sessions: u32,
    /// The sessions that the transaction stored for the first time.
    pub begun: u32,
    /// The sessions whose ids it renewed.
    pub renewed: u32,
    /// The sessions that it ended.
    pub ended: u32,
    /// The times that a session was refused, because it had ended, or was gone when the transaction was
    /// committed.
    pub refused: u32,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How it ended.
    pub ending: Ending,
    /// The containers of its sessions, each once.
    pub containers: Vec<Participation>,
}

impl Report {
    /// A report on a transaction that has ended without a commit.
    pub(crate) fn aborted(state: &State) -> Self {
        let mut report = Self { ending: Ending::Aborted, containers: Vec::new() };
        report.count_joined(state);
        report
    }

    /// A report on a commit with this result. `is_merged` tells whether others had changed the same sessions.
    pub(crate) fn committed(
        state: &State,
        written: &[Participant<'_>],
        result: &Result<(), Error>,
        is_merged: bool,
    ) -> Self {
        let mut report = Self { ending: ending(result, is_merged), containers: Vec::new() };
        report.count_joined(state);
        match result {
            Ok(()) => written.iter().for_each(|participant| report.count_written(participant)),
            Err(Error::Ended(sessions) | Error::Gone(sessions)) => report.count_refused(sessions),
            Err(_) => {}
        }
        report
    }

    /// Tells an observer, unless no session was requested in the transaction.
    pub(crate) fn tell(self, observer: &impl Observer) {
        if !self.containers.is_empty() {
            observer.transaction_ended(self);
        }
    }

    fn count_joined(&mut self, state: &State) {
        state.sessions.iter().for_each(|session| self.add(&session.settings.name, |part| part.sessions += 1));
        state.refused.iter().for_each(|container| self.add(&container.name, |part| part.refused += 1));
    }

    fn count_written(&mut self, participant: &Participant<'_>) {
        let begins = participant.live_header().is_none();
        self.add(&participant.session.settings.name, |part| match participant.action {
            Action::Save => part.begun += u32::from(begins),
            Action::MoveOut => part.renewed += 1,
            Action::End => part.ended += 1,
            Action::MoveIn => {}
        });
    }

    fn count_refused(&mut self, sessions: &[SessionName]) {
        sessions.iter().for_each(|session| self.add(&session.container, |part| part.refused += 1));
    }

    /// Adds to the part of a container.
    fn add(&mut self, container: &str, add: impl FnOnce(&mut Participation)) {
        match self.containers.iter_mut().find(|known| known.container == container) {
            Some(known) => add(known),
            None => {
                let mut new = Participation { container: container.into(), ..Participation::default() };
                add(&mut new);
                self.containers.push(new);
            }
        }
    }
}

fn ending(result: &Result<(), Error>, is_merged: bool) -> Ending {
    match result {
        Ok(()) if is_merged => Ending::Merged,
        Ok(()) => Ending::Done,
        Err(Error::Conflict(_)) => Ending::Conflict,
        Err(Error::Gone(_)) => Ending::Gone,
        Err(Error::Ended(_)) => Ending::Ended,
        Err(Error::OutcomeUnknown(_)) => Ending::Unknown,
        Err(_) => Ending::Failed,
    }
}
