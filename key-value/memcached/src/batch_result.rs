//! The result of a batch of commands.

use lovely_session_key_value::{Error, Outcome};
use memcache::exp::ReturnCode;

use crate::failure::{Failure, Interruption};
use crate::process::Epoch;
use crate::reply::Reply;

/// The replies to the commands of a batch, as far as they came.
#[derive(Debug, Default)]
pub struct BatchResult {
    /// The epoch of the process that the batch was sent to.
    pub epoch: Option<Epoch>,
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

    /// The outcome of a write without a reply.
    pub(crate) fn without_reply(&self) -> Outcome {
        self.interruption.as_ref().map_or(Outcome::Unknown, Interruption::outcome)
    }

    /// Whether the family of [`Batch::of_drop`](crate::Batch::of_drop) is dropped on this server.
    ///
    /// # Errors
    ///
    /// When the server has not confirmed it. If the batch was sent, it may be done nevertheless, also later.
    pub fn into_dropped(self, server: &str) -> Result<(), Error> {
        match self.replies.first() {
            Some(Ok(reply)) if reply.rc == ReturnCode::Hd => Ok(()),
            _ => Err(self.failure().error(server)),
        }
    }
}
