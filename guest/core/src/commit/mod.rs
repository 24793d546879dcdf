//! Commit: how the changes of a transaction reach the store.
//!
//! A change of one session is one compare-and-swap. Changes of several records are prepared in all but one of
//! them, decided by the compare-and-swap of that one, the primary, and then settled in the others; what was
//! only read is validated between. Everything is checked before anything is sent. What lost a race is read
//! again, and the changes are laid over what others committed unless they conflict with it.
//!
//! | step | round trips | where |
//! |---|---|---|
//! | what is written, and what was only read | | `plan` |
//! | records that changed, read again | 1, after a lost race | `part`, `conflicts` |
//! | prepare | 1, with several records | `prepare` |
//! | validate | 1, with sessions that were only read | `validate` |
//! | decide | 1 | `decide` |
//! | settle | 1, with several records | `settle` |
//!
//! This is the one place where changes of sessions are written. `docs/design.md` tells why it is so.

mod conflicts;
mod context;
mod decide;
mod failure;
mod image;
mod part;
mod plan;
mod prepare;
mod settle;
mod validate;
mod watched;

use alloc::string::String;
use alloc::vec::Vec;

use self::context::Commit;
use self::failure::Failures;
use self::part::{Next, Rebase};
use crate::environment::Environment;
use crate::error::Error;
use crate::lifetime::Idleness;
use crate::record::Mark;
use crate::state::{Phase, Shared};
use crate::stored::{self, Reading};

/// How often a commit writes before it gives up with a conflict. A round is lost only when another commit won
/// it, so all of them together always get on; with 64 that write one session at once, losing so many rounds in
/// a row has a chance of one in millions.
const MAX_ROUNDS: usize = 1000;

/// How often a commit tries again after a race that nobody won: commits over several records can make each
/// other's decision impossible. One that holds several records gives up before one that waits for them.
const MAX_FUTILE_ROUNDS: usize = 8;
const MAX_FUTILE_ROUNDS_OF_SEVERAL: usize = 4;

/// How often a session is followed from one id to the next when it was renewed meanwhile.
const MAX_MOVES: usize = 300;

/// Commits; see [`crate::Transaction::commit`].
pub fn commit<E: Environment>(shared: &Shared<E>) -> Result<(), Error> {
    let result = {
        // While the store is at work, other calls of this transaction find it borrowed, and busy.
        let state = shared.state.try_borrow().map_err(|_| Error::Busy)?;
        match state.phase {
            Phase::Open => Commit::plan(shared, &state).run(),
            Phase::Waiting => return Err(Error::Busy),
            Phase::Finished => return Err(Error::Finished),
        }
    };
    let mut state = shared.state.try_borrow_mut().map_err(|_| Error::Busy)?;
    if !matches!(result, Err(Error::TooLarge { .. })) {
        state.finish();
    }
    result
}

impl<E: Environment> Commit<'_, E> {
    fn run(mut self) -> Result<(), Error> {
        let result = self.rounds();
        match result {
            Err(_) if self.is_in_flight => Err(self.unknown()),
            Err(error) => {
                if !matches!(error, Error::OutcomeUnknown(_)) {
                    self.release();
                }
                Err(error)
            }
            Ok(()) => Ok(()),
        }
    }

    fn rounds(&mut self) -> Result<(), Error> {
        for _ in 0..MAX_ROUNDS {
            self.recheck()?;
            let is_several = self.parts.len() > 1 || !self.watched.is_empty();
            if self.futile_rounds > if is_several { MAX_FUTILE_ROUNDS_OF_SEVERAL } else { MAX_FUTILE_ROUNDS }
            {
                break;
            }
            if !self.has_to_write()? {
                return self.validate(None);
            }
            if self.attempt()? {
                return Ok(());
            }
        }
        Err(Error::Conflict(self.parts.iter().map(|part| part.session.conflict()).collect()))
    }

    /// Whether anything is left to write. Others may have written the same.
    fn has_to_write(&self) -> Result<bool, Error> {
        match self.parts.as_slice() {
            [] => Ok(false),
            [only] if self.watched.is_empty() => only.has_to_be_written(),
            _ => Ok(true),
        }
    }

    /// Writes everything. Returns false when a race was lost; then the parts that lost it say so.
    fn attempt(&mut self) -> Result<bool, Error> {
        let mark = Mark::fresh(self.environment);
        self.marks.push(mark);
        self.choose_primary();
        self.make_room();
        let settled = self.settled_images(&mark)?;
        let decision = self.decision(&mark);
        // Everything is checked before anything is sent.
        let image = self.primary_image(&decision)?;
        if self.parts.len() > 1 || !self.watched.is_empty() {
            if !self.prepare(&mark)? {
                return Ok(false);
            }
            self.validate(Some(&mark))?;
        }
        if !self.decide(&decision, image)? {
            return Ok(false);
        }
        self.settle(settled);
        Ok(true)
    }

    /// Puts the primary first. The order of the others does not matter.
    fn choose_primary(&mut self) {
        let mut first = 0;
        for number in 1..self.parts.len() {
            if let (Some(one), Some(best)) = (self.parts.get(number), self.parts.get(first))
                && one.comes_before(best)
            {
                first = number;
            }
        }
        if first > 0 {
            self.parts.swap(0, first);
        }
    }

    /// Reads again what lost a race, or must be looked at before it is written.
    fn recheck(&mut self) -> Result<(), Error> {
        for _ in 0..MAX_MOVES {
            let lost: Vec<usize> =
                (0..).zip(&self.parts).filter(|(_, part)| part.is_lost).map(|(n, _)| n).collect();
            if lost.is_empty() {
                return Ok(());
            }
            self.now = self.environment.now();
            let keys: Vec<String> =
                lost.iter().filter_map(|n| Some((*self.parts.get(*n)?.key).into())).collect();
            let holds = self.marks.last().filter(|_| self.parts.iter().any(|part| part.is_prepared));
            let reading = Reading { is_for_writing: true, own: &self.marks, holds };
            let found = stored::read(self.environment, &keys, None, reading)?;
            let mut failures = Failures::default();
            let mut nobody_won = true;
            for (number, stored) in lost.iter().zip(found) {
                let Some(part) = self.parts.get_mut(*number) else { continue };
                let idleness = Idleness { expiry: self.expiries.of(&part.session.settings), now: self.now };
                nobody_won &= !part.is_won_by_others(stored.as_ref().ok());
                match part.rebase(stored, Rebase { isolation: self.isolation, idleness }) {
                    Ok(Next::Write) => part.is_lost = false,
                    Ok(Next::Look) => {}
                    Ok(Next::Nothing) => part.is_done = true,
                    Err(failure) => failures.add(failure),
                }
            }
            self.futile_rounds += usize::from(nobody_won);
            failures.into_result()?;
            self.parts.retain(|part| !part.is_done);
        }
        Err(Error::Conflict(self.parts.iter().map(|part| part.session.conflict()).collect()))
    }
}
