//! What became of commands that were sent to a server together.

use std::iter;

use super::command::Asked;
use super::failure::{self, Failure};
use super::incarnation::Epoch;
use super::incoming::Answer;
use super::pipeline::Lost;
use super::translate;
use crate::key_value::{Entry, Error, Outcome};

/// The answers, as far as they came.
pub(super) struct Exchanged {
    /// The process that was asked, and what by each command, in their order; nothing, when none was.
    pub(super) asked: Option<(Epoch, Vec<Asked>)>,
    /// The answers to the first commands.
    pub(super) answers: Vec<Answer>,
    /// Why there are no more answers.
    pub(super) lost: Option<Lost>,
}

impl Exchanged {
    /// Nothing was sent.
    pub(super) fn unsent(failure: Failure) -> Self {
        Self { asked: None, answers: Vec::new(), lost: Some(Lost::Unsent(failure)) }
    }

    /// The entries that were read from this server, in the order of the commands.
    pub(super) fn into_entries(self, server: &str) -> Result<Vec<Option<Entry>>, Error> {
        if let Some(Lost::Unsent(failure) | Lost::Unanswered(failure)) = &self.lost
            // A complaint says more about what is wrong than what came of it.
            && self.answers.iter().all(Result::is_ok)
        {
            return Err(failure::of_lost_read(server, failure));
        }
        let Some((epoch, _)) = self.asked else { return Ok(Vec::new()) };
        let entry = |answer: Answer| {
            let answer = answer.map_err(|complaint| failure::of_complaint(server, &complaint))?;
            translate::entry(answer, epoch).map_err(|_| failure::incomprehensible(server))
        };
        self.answers.into_iter().map(entry).collect()
    }

    /// What became of so many writes, in the order of the commands, on a server whose items have at most so
    /// many bytes.
    pub(super) fn into_outcomes(self, writes: usize, item_size_max: u64) -> Vec<Outcome> {
        let (epoch, asked) = match self.asked {
            Some((epoch, asked)) => (Some(epoch), asked),
            None => (None, Vec::new()),
        };
        let outcome = |(asked, answer): (Asked, Answer)| match (answer, epoch) {
            (Ok(answer), Some(epoch)) => translate::outcome(asked, &answer, epoch),
            (Err(complaint), _) => failure::of_refused_write(asked, item_size_max, &complaint),
            (Ok(_), None) => Outcome::Unknown,
        };
        let lost = failure::of_lost_write(self.lost.as_ref());
        let answered = asked.into_iter().zip(self.answers).map(outcome);
        answered.chain(iter::repeat(lost)).take(writes).collect()
    }
}
