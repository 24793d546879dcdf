//! What became of commands that were sent to a server together.

use lovely_session_key_value::{Entry, Error, Outcome};
use lovely_session_memcached::{Answered, Asked, Epoch, entry, entry_complaint, incomprehensible, outcome};

use super::failure::{self, Failure};
use super::pipeline::Lost;

/// The answers, as far as they came.
pub(super) struct Exchanged {
    /// The process that was asked, and what by each command, in their order; nothing, when none was.
    pub(super) asked: Option<(Epoch, Vec<Asked>)>,
    /// The answers to the first commands.
    pub(super) answers: Vec<Answered>,
    /// Why there are no more answers.
    pub(super) lost: Option<Lost>,
}

impl Exchanged {
    /// Nothing was sent.
    pub(super) fn unsent(failure: Failure) -> Self {
        Self { asked: None, answers: Vec::new(), lost: Some(Lost::Unsent(failure)) }
    }

    /// Why a call failed that got this; `None` when what was answered makes no sense.
    pub(super) fn failure(&self) -> Option<Failure> {
        // A complaint says more about what is wrong than what came of it.
        let complaint = self.answers.iter().find_map(|answered| answered.as_ref().err());
        complaint.cloned().map(Failure::Complaint).or_else(|| self.lost.as_ref().map(Lost::failure).cloned())
    }

    /// The entries that were read from this server, in the order of the commands.
    pub(super) fn into_entries(self, server: &str) -> Result<Vec<Option<Entry>>, Error> {
        if let Some(lost) = &self.lost
            // A complaint is told below.
            && self.answers.iter().all(Result::is_ok)
        {
            return Err(failure::of_lost_read(server, lost.failure()));
        }
        let Some((epoch, _)) = self.asked else { return Ok(Vec::new()) };
        let read = |answered: Answered| {
            let answer = answered.map_err(|complaint| entry_complaint(server, &complaint))?;
            entry(answer, epoch).map_err(|_| incomprehensible(server))
        };
        self.answers.into_iter().map(read).collect()
    }

    /// What became of so many writes, in the order of the commands, on a server whose items have at most so
    /// many bytes.
    pub(super) fn into_outcomes(self, writes: usize, item_size_max: u64) -> Vec<Outcome> {
        let lost = failure::of_lost_write(self.lost.as_ref());
        let mut outcomes = Vec::with_capacity(writes);
        if let Some((epoch, asked)) = self.asked {
            let answered = asked.into_iter().zip(&self.answers);
            outcomes.extend(answered.map(|(asked, answered)| outcome(asked, answered, epoch, item_size_max)));
        }
        outcomes.resize(writes, lost);
        outcomes
    }
}
