//! Commit: how the changes of a transaction are written to the store.
//!
//! A change of one session is one compare-and-swap. Changes of several records are prepared in all records
//! but one; the compare-and-swap of that one, the primary, decides the commit; then the other records are
//! settled. What was only read is validated before the decision. Everything is checked before anything is
//! sent. When another commit was faster, the records are read again, and the changes are applied to what
//! others committed unless they conflict with it.
//!
//! | step | round trips | module |
//! |---|---|---|
//! | find out what to write, and what was only read | | `plan` |
//! | read stale records again | 1, after a lost race | `participant`, `conflicts` |
//! | prepare | 1, with several records | `prepare` |
//! | validate | 1, with sessions that were only read | `validate` |
//! | decide | 1 | `decide` |
//! | settle | 1, with several records | `settle` |
//!
//! Nothing else writes changes of sessions. `docs/design.md` explains the protocol.

mod conflicts;
mod context;
mod decide;
mod failure;
mod new_record;
mod participant;
mod plan;
mod prepare;
mod read_only;
mod settle;
mod validate;

use alloc::string::String;
use alloc::vec::Vec;

use self::context::Commit;
use self::failure::Failures;
pub use self::participant::{Action, Participant};
use self::participant::{Next, RebaseContext};
use crate::environment::Environment;
use crate::error::Error;
use crate::lifetime::Idleness;
use crate::observation::Report;
use crate::record::Mark;
use crate::state::{Phase, Shared};
use crate::stored::{self, ReadOptions};

/// How many attempts a commit makes before it returns a conflict. An attempt fails only when another commit
/// succeeds, so all commits together always make progress. With 64 commits on one session, the probability of
/// so many failures in a row is one in millions.
const MAX_ATTEMPTS: usize = 1000;

/// After how many failed attempts in which no other commit won a commit returns a conflict: commits over
/// several records can prevent each other's decisions. A commit over several records gives up before one that
/// waits for it.
const MAX_WITHOUT_WINNER: usize = 8;
const MAX_WITHOUT_WINNER_OF_SEVERAL: usize = 4;

/// How many times a renewed session is followed to its next id.
const MAX_MOVES: usize = 300;

/// Implements [`crate::Transaction::commit`].
pub fn commit<E: Environment>(shared: &Shared<E>) -> Result<(), Error> {
    let (result, report) = {
        // The state stays borrowed while the store is called, so that other calls of this transaction fail
        // with `Busy`.
        let state = shared.state.try_borrow().map_err(|_| Error::Busy)?;
        match state.phase {
            Phase::Open => {
                let mut commit = Commit::plan(shared, &state);
                let result = commit.run();
                let report = Report::committed(&state, &commit.participants, &result, commit.is_merged);
                (result, report)
            }
            Phase::Waiting => return Err(Error::Busy),
            Phase::Finished => return Err(Error::Finished),
        }
    };
    if !matches!(result, Err(Error::TooLarge { .. })) {
        shared.state.try_borrow_mut().map_err(|_| Error::Busy)?.finish();
        report.tell(&*shared.environment);
    }
    result
}

impl<E: Environment> Commit<'_, E> {
    fn run(&mut self) -> Result<(), Error> {
        let result = self.attempts();
        match result {
            Err(_) if self.creation_may_arrive => Err(self.unknown()),
            Err(error) => {
                if !matches!(error, Error::OutcomeUnknown(_)) {
                    self.release();
                }
                Err(error)
            }
            Ok(()) => Ok(()),
        }
    }

    fn attempts(&mut self) -> Result<(), Error> {
        for _ in 0..MAX_ATTEMPTS {
            self.read_stale()?;
            let is_several = self.participants.len() > 1 || !self.read_only.is_empty();
            if self.attempts_without_winner
                > if is_several { MAX_WITHOUT_WINNER_OF_SEVERAL } else { MAX_WITHOUT_WINNER }
            {
                break;
            }
            if !self.has_to_write()? {
                return self.validate(None);
            }
            if self.attempt()? {
                return Ok(());
            }
            self.read_only.append(&mut self.read_at_once);
        }
        Err(Error::Conflict(
            self.participants.iter().map(|participant| participant.session.conflict()).collect(),
        ))
    }

    /// Whether something is left to write. Others may have written the same.
    fn has_to_write(&self) -> Result<bool, Error> {
        match self.participants.as_slice() {
            [] => Ok(false),
            [only] if self.read_only.is_empty() => only.has_to_be_written(),
            _ => Ok(true),
        }
    }

    /// Writes everything. Returns `false` when another commit was faster; then the participants concerned are
    /// stale.
    fn attempt(&mut self) -> Result<bool, Error> {
        let mark = Mark::fresh(self.environment);
        self.marks.push(mark);
        self.choose_primary();
        self.survey();
        self.make_room();
        let settled = self.settled_records(&mark)?;
        let decision = self.decision(&mark);
        // Everything is checked before anything is sent.
        let new_record = self.new_primary(&decision)?;
        if self.participants.len() > 1 || !self.read_only.is_empty() {
            if !self.prepare(&mark)? {
                return Ok(false);
            }
            self.validate(Some(&mark))?;
        }
        if !self.decide(&decision, new_record)? {
            return Ok(false);
        }
        self.settle(settled);
        Ok(true)
    }

    /// Finds out once what every record of an attempt needs to know about all participants. Their positions
    /// must not change until the next attempt.
    fn survey(&mut self) {
        self.moving.clear();
        for (position, participant) in self.participants.iter().enumerate() {
            if participant.action == Action::MoveOut {
                let index = participant.session.index;
                self.moving.resize(self.moving.len().max(index + 1), None);
                self.moving.get_mut(index).into_iter().for_each(|moving| *moving = Some(position));
            }
        }
        let timeouts = self.participants.iter().map(|it| it.session.settings.options.timeout);
        let longest = timeouts.reduce(|one, other| if one == 0 || other == 0 { 0 } else { one.max(other) });
        self.longest_timeout = longest.unwrap_or(0);
    }

    /// Moves the primary to the front. The order of the others does not matter.
    fn choose_primary(&mut self) {
        let mut first = 0;
        for position in 1..self.participants.len() {
            if let (Some(one), Some(best)) = (self.participants.get(position), self.participants.get(first))
                && one.comes_before(best)
            {
                first = position;
            }
        }
        if first > 0 {
            self.participants.swap(0, first);
        }
    }

    /// Reads stale participants again, and applies the changes to what is stored now.
    fn read_stale(&mut self) -> Result<(), Error> {
        for _ in 0..MAX_MOVES {
            let lost: Vec<usize> = (0..)
                .zip(&self.participants)
                .filter(|(_, participant)| participant.is_stale)
                .map(|(n, _)| n)
                .collect();
            if lost.is_empty() {
                return Ok(());
            }
            let keys: Vec<String> =
                lost.iter().filter_map(|n| Some((*self.participants.get(*n)?.key).into())).collect();
            let holding = self
                .marks
                .last()
                .filter(|_| self.participants.iter().any(|participant| participant.is_prepared));
            let options = ReadOptions { is_for_writing: true, own: &self.marks, holding };
            let found = stored::read(self.environment, &keys, None, options)?;
            self.now = self.environment.now();
            let mut failures = Failures::default();
            let mut no_winner = true;
            for (position, stored) in lost.iter().zip(found) {
                let Some(participant) = self.participants.get_mut(*position) else { continue };
                let idleness =
                    Idleness { expiry: self.expiries.of(&participant.session.settings), now: self.now };
                no_winner &= !participant.was_written_by_others(stored.as_ref().ok());
                match participant.rebase(stored, RebaseContext { isolation: self.isolation, idleness }) {
                    Ok(Next::Write) => participant.is_stale = false,
                    Ok(Next::ReadAgain) => {}
                    Ok(Next::Nothing) => participant.is_done = true,
                    Err(failure) => failures.add(failure),
                }
            }
            self.attempts_without_winner += usize::from(no_winner);
            self.is_merged |= !no_winner;
            failures.into_result()?;
            self.participants.retain(|participant| !participant.is_done);
        }
        Err(Error::Conflict(
            self.participants.iter().map(|participant| participant.session.conflict()).collect(),
        ))
    }
}
