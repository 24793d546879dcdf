//! The result of a batch of commands.

use lovely_session_key_value::{Entry, Error, Outcome};

use crate::command::PendingCommand;
use crate::failure::{Failure, Interruption};
use crate::outcome::{entry, outcome};
use crate::process::Epoch;
use crate::reply::Reply;

/// The replies to the commands of a batch, as far as they came.
#[derive(Debug, Default)]
pub struct BatchResult {
    /// The epoch of the process that the batch was sent to.
    pub epoch: Option<Epoch>,
    /// The commands, as they were encoded for that epoch.
    pub commands: Vec<PendingCommand>,
    /// The replies to the first commands; to all of them unless there is an interruption.
    pub replies: Vec<Reply>,
    /// Why replies are missing.
    pub interruption: Option<Interruption>,
}

impl BatchResult {
    /// The result of a batch of which nothing was sent.
    pub fn unsent(failure: Failure) -> Self {
        Self { interruption: Some(Interruption::Unsent(failure)), ..Self::default() }
    }

    /// Why the batch failed. An error reply says more than the interruption that it led to.
    pub fn failure(&self) -> Failure {
        let error_reply = self.replies.iter().find_map(|reply| reply.as_ref().err());
        let interruption = || self.interruption.as_ref().map(|it| it.failure().clone());
        error_reply.map(Failure::from).or_else(interruption).unwrap_or(Failure::InvalidReply)
    }

    /// The entries that were read from this server, in the order of the commands.
    ///
    /// # Errors
    ///
    /// When a reply is missing, is an error reply, or is not that to a read.
    pub fn into_entries(self, server: &str) -> Result<Vec<Option<Entry>>, Error> {
        let has_failed = self.interruption.is_some() || self.replies.iter().any(Result::is_err);
        let (Some(epoch), false) = (self.epoch, has_failed) else {
            return Err(self.failure().error(server));
        };
        let read = |result| entry(result, epoch).map_err(|_| Failure::InvalidReply.error(server));
        self.replies.into_iter().flatten().map(read).collect()
    }

    /// The outcomes of `writes` writes, in the order of the commands, on a server whose items have at most
    /// `item_size_max` bytes.
    pub fn into_outcomes(self, writes: usize, item_size_max: u64) -> Vec<Outcome> {
        let without_reply = self.interruption.map_or(Outcome::Unknown, |it| it.outcome());
        let mut outcomes = Vec::with_capacity(writes);
        if let Some(epoch) = self.epoch {
            let replied = self.commands.into_iter().zip(&self.replies);
            outcomes.extend(replied.map(|(command, reply)| outcome(command, reply, epoch, item_size_max)));
        }
        outcomes.resize(writes, without_reply);
        outcomes
    }
}

#[cfg(test)]
mod tests {
    use memcache::exp::{MetaResponse, parse_meta_result};

    use super::*;
    use crate::token::Token;

    const EPOCH: Epoch = Epoch(9);

    fn result(lines: &[&str], interruption: Option<Interruption>) -> BatchResult {
        let reply = |line: &&str| MetaResponse::parse_header(line.as_bytes()).and_then(parse_meta_result);
        let replies = lines.iter().map(reply).collect();
        let commands = vec![PendingCommand::Put { size: 1, overhead: 65 }; 3];
        BatchResult { epoch: Some(EPOCH), commands, replies, interruption }
    }

    #[test]
    fn a_write_without_a_reply_was_done_or_not_unless_it_was_not_sent() {
        let applied = Outcome::Applied(Token { epoch: EPOCH, cas: 7 }.into());
        let lost = Some(Interruption::NoReply(Failure::TimedOut));
        let outcomes = result(&["HD c7", "NS"], lost).into_outcomes(3, 1010);
        assert_eq!(outcomes, [applied, Outcome::Stale, Outcome::Unknown]);
        let unsent = BatchResult::unsent(Failure::Busy).into_outcomes(2, 1010);
        assert_eq!(unsent, [Outcome::Unavailable, Outcome::Unavailable]);
    }

    #[test]
    fn a_read_needs_all_replies() {
        let entries = |lines, interruption| result(lines, interruption).into_entries("h:1");
        assert_eq!(entries(&["EN", "EN"], None), Ok(vec![None, None]));
        let lost = Some(Interruption::NoReply(Failure::TimedOut));
        assert_eq!(entries(&["EN"], lost), Err(Failure::TimedOut.error("h:1")));
        assert_eq!(entries(&["EN", "HD"], None), Err(Failure::InvalidReply.error("h:1")));
        let unsent = BatchResult::unsent(Failure::Busy).into_entries("h:1");
        assert_eq!(unsent, Err(Failure::Busy.error("h:1")));
    }

    #[test]
    fn an_error_reply_says_more_than_the_interruption_that_it_led_to() {
        let lost = Some(Interruption::NoReply(Failure::InvalidReply));
        let failed = result(&["EN", "CLIENT_ERROR bad data chunk"], lost);
        assert_eq!(failed.failure(), Failure::Rejected("bad data chunk".into()));
        assert_eq!(failed.into_entries("h:1"), Err(Failure::Rejected("bad data chunk".into()).error("h:1")));
    }
}
