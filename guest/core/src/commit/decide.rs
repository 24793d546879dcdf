//! The step that commits: one compare-and-swap of the primary record.

use alloc::string::String;
use alloc::vec;

use super::context::{Commit, MAX_UNANSWERED};
use super::image::Image;
use super::prepare::unavailable;
use crate::environment::{Environment, Outcome};
use crate::error::Error;
use crate::record::{Decision, Header, Mark, Record};
use crate::stored::{self, Stored};

/// Where a decision stands that got no answer.
enum Seen {
    /// It was taken.
    Taken,
    /// It may still be taken: it can be sent again.
    Open,
    /// It can never be taken.
    Lost,
    /// Nobody can tell.
    Unknown,
}

impl<E: Environment> Commit<'_, E> {
    /// Takes the decision. Returns false when the race was lost.
    ///
    /// # Errors
    /// [`Error::OutcomeUnknown`] when no answer came and nobody can tell; otherwise nothing was decided.
    pub fn decide(&mut self, decision: &Decision, image: Image) -> Result<bool, Error> {
        let mut image = Some(image);
        let mut may_have_arrived = false;
        for _ in 0..MAX_UNANSWERED {
            let image = match image.take() {
                Some(image) => image,
                None => self.primary_image(decision)?,
            };
            let size = image.value.len() as u64;
            let outcome = self.send_decision(image);
            match outcome {
                Ok(Some(Outcome::Applied(_))) => return Ok(true),
                Ok(Some(Outcome::Unknown)) => may_have_arrived = true,
                // A later write that was refused says nothing of an earlier one.
                _ if may_have_arrived => {}
                Ok(None) => return Ok(false),
                Ok(Some(outcome)) => return self.refused(outcome, size),
                Err(error) => return Err(error),
            }
            match self.look(&decision.mark) {
                Seen::Taken => return Ok(true),
                Seen::Lost => {
                    self.lose();
                    return Ok(false);
                }
                Seen::Open => {}
                Seen::Unknown => return Err(self.unknown()),
            }
        }
        Err(self.unknown())
    }

    fn send_decision(&self, image: Image) -> Result<Option<Outcome>, Error> {
        let primary = self.parts.first().ok_or(Error::Finished)?;
        let outcomes = self.send(vec![self.write(primary, image)])?;
        Ok(outcomes.map(|mut outcomes| outcomes.pop().unwrap_or(Outcome::Unknown)))
    }

    /// Takes in that the decision was certainly not taken.
    fn refused(&mut self, outcome: Outcome, size: u64) -> Result<bool, Error> {
        match (outcome, self.parts.first()) {
            (Outcome::TooLarge(limit), Some(primary)) => {
                Err(Error::TooLarge { session: primary.session.name(), size, limit })
            }
            (Outcome::Unavailable, _) => Err(unavailable()),
            (Outcome::Missing, Some(primary)) if primary.live_header().is_some() => {
                Err(Error::Gone(vec![primary.session.name()]))
            }
            _ => {
                self.lose();
                Ok(false)
            }
        }
    }

    fn lose(&mut self) {
        if let Some(primary) = self.parts.first_mut() {
            primary.is_lost = true;
        }
    }

    /// Looks whether a decision was taken that got no answer.
    fn look(&mut self, mark: &Mark) -> Seen {
        let Some(primary) = self.parts.first_mut() else { return Seen::Unknown };
        let keys = [String::from(&*primary.key)];
        let found = stored::read_as_stored(self.environment, &keys, None);
        let Some(Ok(stored)) = found.ok().and_then(|mut found| found.pop()) else { return Seen::Unknown };
        let is_creation = primary.base().version.is_none();
        let life_began = |stored: &Stored| {
            let life = stored.record.as_ref().map(|record| &record.header().life);
            is_creation && life == Some(&primary.fresh_life)
        };
        let Some(record) = &stored.record else {
            return if is_creation { Seen::Open } else { Seen::Unknown };
        };
        let header = record.header();
        if header.has_mark(mark) || life_began(&stored) {
            return Seen::Taken;
        }
        let before = primary.base().record.as_deref().map(Record::header);
        if stored.version == primary.base().version
            || before.is_some_and(|before| is_same(before, header, mark))
        {
            // It may have the same state under another version; whichever write arrives first, the other fails.
            primary.start_from_version(stored.version);
            return Seen::Open;
        }
        // A creation can land whenever nothing is there: whatever comes of this commit, it may still be done.
        if is_creation {
            self.is_in_flight = true;
            return Seen::Lost;
        }
        let earlier = before.map(|before| &before.marks);
        if header.marks.are_complete_since(earlier) { Seen::Lost } else { Seen::Unknown }
    }
}

/// Whether nobody has written to a record since, but for what is prepared there under the own mark.
fn is_same(before: &Header, now: &Header, own: &Mark) -> bool {
    let newest = before.marks.newest();
    let is_prepared_by_others =
        now.pending.as_ref().is_some_and(|held| held.mark != *own && held.mark.as_str() != newest);
    !is_prepared_by_others
        && now.is_at(newest)
        && now.has_ended() == before.has_ended()
        && now.life == before.life
}
