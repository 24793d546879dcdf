//! A write that has no outcome yet.

use std::time::Duration;

use lovely_session_key_value::check::InvalidRequest;
use lovely_session_key_value::{Change, Error, Expectation, Outcome, Write, family};
use memcache::exp::ReturnCode;

use crate::batch::Told;
use crate::command::{Command, InvalidCommand, PendingCommand, PutIf};
use crate::generation::{Generation, Generations};
use crate::lifetime::expiration;
use crate::outcome::{Condition, Sent, Verdict};
use crate::process::Epoch;
use crate::reply::Reply;
use crate::token::Token;

/// A write of a call, from the call to its outcome.
#[derive(Debug)]
pub(crate) struct OpenWrite {
    pub(crate) key: String,
    change: Prepared,
    condition: Condition,
    /// The version that it expects.
    token: Option<Token>,
    /// What it is stamped with; `None` if that is not known yet, or if the key is in no family.
    pub(crate) stamp: Option<Generation>,
    pub(crate) step: Step,
    /// For a delete of anything: whether what was there is known to be dropped.
    is_of_dropped: bool,
    pub(crate) outcome: Option<Outcome>,
}

/// A change, with its lifetime as memcached takes it.
#[derive(Debug)]
enum Prepared {
    /// The value is empty while it is in a command.
    Put {
        value: Vec<u8>,
        ttl: u32,
    },
    Touch(u32),
    Delete,
}

impl Prepared {
    fn new(change: Change, condition: Condition, now: Duration) -> Result<Self, Error> {
        Ok(match (change, condition) {
            (Change::Put { value, lifetime }, _) => Self::Put { value, ttl: expiration(lifetime, now)? },
            (Change::Touch(_), Condition::Absent) => {
                return Err(InvalidRequest::ChangeOfAbsent("a touch").into());
            }
            (Change::Touch(_), Condition::Version) => {
                let text = "memcached cannot touch an entry on condition of its version";
                return Err(Error::Unsupported(text.into()));
            }
            (Change::Touch(lifetime), Condition::Anything) => Self::Touch(expiration(lifetime, now)?),
            (Change::Delete, Condition::Absent) => {
                return Err(InvalidRequest::ChangeOfAbsent("a delete").into());
            }
            (Change::Delete, _) => Self::Delete,
        })
    }
}

/// What a write needs next.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    Send,
    Look,
    /// To be sent in place of what has this version, in the process of this epoch.
    Replace(u64, Epoch),
}

impl OpenWrite {
    pub(crate) fn new(write: Write, now: Duration, known: &Generations) -> Result<Self, Error> {
        let Write { key, expects, change } = write;
        let (condition, token) = match &expects {
            Expectation::Version(version) => (Condition::Version, Some(Token::try_from(version)?)),
            Expectation::Absent => (Condition::Absent, None),
            Expectation::Anything => (Condition::Anything, None),
        };
        let change = Prepared::new(change, condition, now)?;
        let stamp = match token {
            Some(token) => token.generation,
            None => family(&key).and_then(|family| known.get(family)),
        };
        let (step, is_of_dropped) = (Step::Send, false);
        Ok(Self { key, change, condition, token, stamp, step, is_of_dropped, outcome: None })
    }

    fn is_put(&self) -> bool {
        matches!(self.change, Prepared::Put { .. })
    }

    pub(crate) fn is_delete_of_anything(&self) -> bool {
        matches!(self.change, Prepared::Delete) && self.condition == Condition::Anything
    }

    pub(crate) fn needs_stamp(&self) -> bool {
        let may_choose = self.is_put() && self.condition != Condition::Version;
        may_choose && self.stamp.is_none() && family(&self.key).is_some()
    }

    pub(crate) fn needs_preparation(&self) -> bool {
        matches!(self.step, Step::Look) || self.needs_stamp()
    }

    pub(crate) fn command(&mut self, family: Option<usize>) -> Result<Command, InvalidCommand> {
        let (key, cas) = (self.key.clone(), self.token.map(|token| token.cas));
        let epoch = match self.step {
            Step::Replace(_, epoch) => Some(epoch),
            _ => self.token.map(|token| token.epoch),
        };
        let put_if = match (self.step, self.condition, cas) {
            (Step::Replace(cas, _), ..) | (_, _, Some(cas)) => PutIf::Version(cas),
            (_, Condition::Absent, _) => PutIf::Absent,
            _ => PutIf::Always,
        };
        let command = match &mut self.change {
            Prepared::Put { value, ttl } => {
                Command::put(key, std::mem::take(value), *ttl, put_if, self.stamp)
            }
            Prepared::Touch(ttl) => Command::touch(key, *ttl, family),
            Prepared::Delete => Command::delete(key, cas),
        };
        Ok(command?.only_in(epoch))
    }

    /// Takes the reply to one of its commands, from a process of this epoch on a server whose items have at most
    /// `item_size_max` bytes; `told` is the generation of its family.
    pub(crate) fn receive(
        &mut self,
        command: Command,
        reply: &Reply,
        epoch: Epoch,
        told: Option<Told>,
        item_size_max: u64,
    ) -> Result<(), InvalidCommand> {
        let is_first_of_two = self.is_delete_of_anything() && command.pending == PendingCommand::Look;
        let sent = self.sent(&command, epoch, told);
        let verdict = match reply {
            Ok(found) if is_first_of_two => {
                self.is_of_dropped = found.rc == ReturnCode::Hd && sent.finds_dropped(found);
                return Ok(());
            }
            Ok(result) => sent.verdict(result),
            Err(error) => Verdict::Over(sent.of_error_reply(error, item_size_max)),
        };
        self.take(verdict, command, epoch, told)
    }

    fn sent(&self, command: &Command, epoch: Epoch, told: Option<Told>) -> Sent {
        let pending = if command.is_of_another(epoch) { PendingCommand::Existence } else { command.pending };
        let (condition, stamp, is_of_dropped) = (self.condition, self.stamp, self.is_of_dropped);
        Sent { command: pending, condition, epoch, told, stamp, is_of_dropped }
    }

    /// Does what follows from a verdict on a command.
    fn take(
        &mut self,
        verdict: Verdict,
        command: Command,
        epoch: Epoch,
        told: Option<Told>,
    ) -> Result<(), InvalidCommand> {
        self.step = match verdict {
            Verdict::Over(outcome) => {
                self.outcome = Some(outcome);
                return Ok(());
            }
            Verdict::Look => Step::Look,
            Verdict::Again => Step::Send,
            Verdict::Replace(cas) => Step::Replace(cas, epoch),
        };
        if let (Prepared::Put { value, .. }, PendingCommand::Put { .. }) = (&mut self.change, command.pending)
        {
            *value = command.into_value()?;
        }
        if let (Some(Told::Is(generation)), true) = (told, self.condition != Condition::Version) {
            self.stamp = generation;
        }
        Ok(())
    }
}
