//! The step that commits: one compare-and-swap of the primary record.

use alloc::string::String;
use alloc::vec;

use super::context::{Commit, MAX_SENDS, unavailable};
use super::new_record::NewRecord;
use crate::environment::{Environment, Outcome};
use crate::error::Error;
use crate::record::{Decision, Header, Mark, Record};
use crate::stored::{self, Stored};

/// The status of a decision that was sent and got no reply.
enum DecisionStatus {
    /// It was taken.
    Taken,
    /// It was not taken, and still can be: it may be sent again.
    Possible,
    /// It was not taken, and never can be.
    Impossible,
    /// It cannot be found out.
    Unknown,
}

impl<E: Environment> Commit<'_, E> {
    /// Takes the decision. Returns `false` when another commit was faster.
    ///
    /// # Errors
    /// [`Error::OutcomeUnknown`] when there was no reply, and reading does not show what happened. After any
    /// other error nothing was decided.
    pub fn decide(&mut self, decision: &Decision, new_record: NewRecord) -> Result<bool, Error> {
        let mut new_record = Some(new_record);
        let mut may_have_arrived = false;
        for _ in 0..MAX_SENDS {
            let new_record = match new_record.take() {
                Some(new_record) => new_record,
                None => self.new_primary(decision)?,
            };
            let size = new_record.value.len() as u64;
            let outcome = self.send_decision(new_record);
            match outcome {
                Ok(Some(Outcome::Applied(_))) => return Ok(true),
                Ok(Some(Outcome::Unknown)) => may_have_arrived = true,
                // That a later write was refused does not mean that an earlier one was.
                _ if may_have_arrived => {}
                Ok(None) => return Ok(false),
                Ok(Some(outcome)) => return self.refused(outcome, size),
                Err(error) => return Err(error),
            }
            match self.read_decision(&decision.mark) {
                DecisionStatus::Taken => return Ok(true),
                DecisionStatus::Impossible => {
                    self.primary_is_stale();
                    return Ok(false);
                }
                DecisionStatus::Possible => {}
                DecisionStatus::Unknown => return Err(self.unknown()),
            }
        }
        Err(self.unknown())
    }

    fn send_decision(&self, new_record: NewRecord) -> Result<Option<Outcome>, Error> {
        let primary = self.participants.first().ok_or(Error::Finished)?;
        let outcomes = self.send(vec![self.write(primary, new_record)])?;
        Ok(outcomes.map(|mut outcomes| outcomes.pop().unwrap_or(Outcome::Unknown)))
    }

    /// Handles an outcome that says that the decision was not taken.
    fn refused(&mut self, outcome: Outcome, size: u64) -> Result<bool, Error> {
        match (outcome, self.participants.first()) {
            (Outcome::TooLarge(limit), Some(primary)) => {
                Err(Error::TooLarge { session: primary.session.name(), size, limit })
            }
            (Outcome::Unavailable, _) => Err(unavailable()),
            (Outcome::Missing, Some(primary)) if primary.live_header().is_some() => {
                Err(Error::Gone(vec![primary.session.name()]))
            }
            _ => {
                self.primary_is_stale();
                Ok(false)
            }
        }
    }

    fn primary_is_stale(&mut self) {
        if let Some(primary) = self.participants.first_mut() {
            primary.is_stale = true;
        }
    }

    /// Reads the primary to find out whether a decision without a reply was taken.
    fn read_decision(&mut self, mark: &Mark) -> DecisionStatus {
        let Some(primary) = self.participants.first_mut() else { return DecisionStatus::Unknown };
        let keys = [String::from(&*primary.key)];
        let found = stored::read_as_stored(self.environment, &keys, None);
        let Some(Ok(stored)) = found.ok().and_then(|mut found| found.pop()) else {
            return DecisionStatus::Unknown;
        };
        let is_creation = primary.base().version.is_none();
        let life_began = |stored: &Stored| {
            let life = stored.record.as_ref().map(|record| &record.header().life);
            is_creation && life == Some(&primary.fresh_life)
        };
        let Some(record) = &stored.record else {
            return if is_creation { DecisionStatus::Possible } else { DecisionStatus::Unknown };
        };
        let header = record.header();
        if header.has_mark(mark) || life_began(&stored) {
            return DecisionStatus::Taken;
        }
        let before = primary.base().record.as_deref().map(Record::header);
        if stored.version == primary.base().version
            || before.is_some_and(|before| is_unchanged(before, header, mark))
        {
            // The same state may have another version. Whichever write arrives first, the other one fails.
            primary.start_from_version(stored.version);
            return DecisionStatus::Possible;
        }
        // A write that creates a record can be applied whenever the key is absent: from here on the commit
        // can no longer report that it was not done.
        if is_creation {
            self.creation_may_arrive = true;
            return DecisionStatus::Impossible;
        }
        let earlier = before.map(|before| &before.marks);
        if header.marks.are_complete_since(earlier) {
            DecisionStatus::Impossible
        } else {
            DecisionStatus::Unknown
        }
    }
}

/// Whether nothing was written to a record since, except for what this commit prepared.
fn is_unchanged(before: &Header, now: &Header, own: &Mark) -> bool {
    let newest = before.marks.newest();
    let is_prepared_by_others =
        now.pending.as_ref().is_some_and(|held| held.mark != *own && held.mark.as_str() != newest);
    !is_prepared_by_others
        && now.is_at(newest)
        && now.has_ended() == before.has_ended()
        && now.life == before.life
}
