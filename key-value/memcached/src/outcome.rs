//! What a reply means: entries, and what becomes of writes.

use lovely_session_key_value::{Entry, Outcome, Version};
use memcache::exp::{Error, MetaCommandResult, ReturnCode};

use crate::batch::Told;
use crate::command::PendingCommand;
use crate::generation::Generation;
use crate::process::Epoch;
use crate::reply::InvalidReply;
use crate::token::Token;

/// memcached's text for a value over its limit. The protocol has no code for it.
const TOO_LARGE: &str = "object too large for cache";

/// memcached's text for having no memory, and nothing that it may evict.
const NO_MEMORY: &str = "out of memory storing object";

/// The entry that a read found, in a process of this epoch; `None` for an absent or dropped one. `told` is the
/// generation of its family afterwards; `None` for a key without a family.
///
/// # Errors
///
/// When the result is not that of a read.
pub(crate) fn entry(
    result: MetaCommandResult,
    epoch: Epoch,
    told: Option<Told>,
) -> Result<Option<Entry>, InvalidReply> {
    let generation = stamp(&result);
    match (result.rc, result.value, result.cas, result.ttl) {
        (ReturnCode::En, ..) => Ok(None),
        (ReturnCode::Va, Some(_), Some(_), Some(_)) if told.is_some_and(|told| !told.lives(generation)) => {
            Ok(None)
        }
        (ReturnCode::Va, Some(value), Some(cas), Some(ttl)) => {
            let generation = told.and(generation);
            let version = Token { epoch, cas, generation }.into();
            Ok(Some(Entry { value, version, seconds_left: seconds_left(ttl) }))
        }
        _ => Err(InvalidReply),
    }
}

/// memcached says -1 for "never expires".
fn seconds_left(ttl: i64) -> Option<u32> {
    u64::try_from(ttl).ok().map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX))
}

/// The stamp of what is there.
fn stamp(result: &MetaCommandResult) -> Option<Generation> {
    result.client_flags.and_then(Generation::of_flags)
}

/// What a write expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    Absent,
    Version,
    Anything,
}

/// What has to be known to understand the reply to the command of a write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent {
    pub(crate) command: PendingCommand,
    pub(crate) condition: Condition,
    /// The epoch of the process that replied.
    pub(crate) epoch: Epoch,
    /// The generation of the family in front of the write, or behind a look; `None` for a key without a family.
    pub(crate) told: Option<Told>,
    /// The stamp of the write.
    pub(crate) stamp: Option<Generation>,
    /// For a delete of anything: whether what was there is known to be dropped.
    pub(crate) is_of_dropped: bool,
}

/// What follows from a reply to the command of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The write is over.
    Over(Outcome),
    /// The write was not done. Whether what is there counts has to be asked.
    Look,
    /// The write was not done, or nobody will see it. It has to be sent again.
    Again,
    /// The same; what is there with this version was dropped, and has to be replaced.
    Replace(u64),
}

impl Sent {
    /// The generation is another one than the stamp, so that the write does not count.
    fn is_void(&self) -> bool {
        self.told.is_some_and(|told| matches!(told, Told::Is(_)) && !told.lives(self.stamp))
    }

    /// Nobody knows whether the write counts.
    fn is_doubtful(&self) -> bool {
        self.told == Some(Told::Nothing)
    }

    /// Whether what is there counts.
    fn finds_entry(&self, result: &MetaCommandResult) -> bool {
        self.told.is_none_or(|told| told.lives(stamp(result)))
    }

    /// Whether what is there was certainly dropped.
    pub(crate) fn finds_dropped(&self, result: &MetaCommandResult) -> bool {
        !self.is_doubtful() && !self.finds_entry(result)
    }

    /// What follows from this result. One that does not belong to the command is [`Outcome::Unknown`]: something was
    /// done.
    pub(crate) fn verdict(&self, result: &MetaCommandResult) -> Verdict {
        use PendingCommand::{Delete, Existence, Look, Put, Touch};
        let verdict = match self.command {
            Put { .. } => self.of_put(result),
            Delete => self.of_delete(result),
            Touch => self.of_touch(result),
            Look | Existence => self.of_look(result),
            _ => None,
        };
        verdict.unwrap_or(Verdict::Over(Outcome::Unknown))
    }

    fn of_put(&self, result: &MetaCommandResult) -> Option<Verdict> {
        use ReturnCode::{Ex, Hd, Nf, Ns};
        let epoch = self.epoch;
        Some(match (result.rc, result.cas, self.condition) {
            (Hd, Some(cas), Condition::Absent) if self.is_void() => Verdict::Replace(cas),
            (Hd, Some(_), Condition::Anything) if self.is_void() => Verdict::Again,
            (Hd, Some(_), Condition::Version) if self.is_void() => Verdict::Over(Outcome::Missing),
            (Hd, Some(cas), _) if !self.is_doubtful() => {
                Verdict::Over(Outcome::Applied(Token { epoch, cas, generation: self.stamp }.into()))
            }
            // What is there may be the remains of what was dropped.
            (Ns, _, Condition::Absent) if self.told.is_some() => Verdict::Look,
            (Ex, _, Condition::Absent) => Verdict::Look,
            (Ex, _, Condition::Version) if self.is_void() => Verdict::Look,
            (Ns | Ex, ..) => Verdict::Over(Outcome::Stale),
            // What was to be replaced is gone.
            (Nf, _, Condition::Absent) => Verdict::Again,
            (Nf, ..) => Verdict::Over(Outcome::Missing),
            _ => return None,
        })
    }

    fn of_delete(&self, result: &MetaCommandResult) -> Option<Verdict> {
        use ReturnCode::{Ex, Hd, Nf};
        let is_version = self.condition == Condition::Version;
        let is_dropped = if is_version { self.is_void() } else { self.is_of_dropped };
        Some(match result.rc {
            Ex if is_dropped => Verdict::Look,
            Ex => Verdict::Over(Outcome::Stale),
            Nf => Verdict::Over(Outcome::Missing),
            Hd if is_dropped => Verdict::Over(Outcome::Missing),
            Hd if !self.is_doubtful() => Verdict::Over(Outcome::Applied(Version::of_nothing())),
            _ => return None,
        })
    }

    fn of_touch(&self, result: &MetaCommandResult) -> Option<Verdict> {
        let epoch = self.epoch;
        Some(Verdict::Over(match (result.rc, result.cas) {
            (ReturnCode::En, _) => Outcome::Missing,
            (ReturnCode::Hd, Some(cas)) if self.finds_entry(result) => {
                let generation = self.told.and(stamp(result));
                Outcome::Applied(Token { epoch, cas, generation }.into())
            }
            (ReturnCode::Hd, Some(_)) if self.finds_dropped(result) => Outcome::Missing,
            _ => return None,
        }))
    }

    /// Of a look at what is there, and not of a write.
    fn of_look(&self, result: &MetaCommandResult) -> Option<Verdict> {
        if self.is_doubtful() {
            // Nothing was written.
            return Some(Verdict::Over(Outcome::Unavailable));
        }
        let is_entry = match result.rc {
            ReturnCode::En => false,
            ReturnCode::Hd => self.finds_entry(result),
            _ => return None,
        };
        let may_go_on = self.condition != Condition::Version;
        Some(match (may_go_on, is_entry, result.cas) {
            // What was not asked for the version was a process that has none of ours.
            (true, _, None) => Verdict::Again,
            (true, false, Some(cas)) => Verdict::Replace(cas),
            (_, true, _) => Verdict::Over(Outcome::Stale),
            (false, false, _) => Verdict::Over(Outcome::Missing),
        })
    }

    /// The outcome of an error reply. When memcached has no memory for a put, it drops the entry that was there, so that
    /// nobody reads an old value: for the next reader, the entry has been evicted.
    pub(crate) fn of_error_reply(&self, error: &Error, item_size_max: u64) -> Outcome {
        match (self.command, error) {
            (PendingCommand::Put { size, overhead }, Error::Server(text)) if text == TOO_LARGE => {
                // The value is over the limit, whatever is known of the limit.
                let limit = item_size_max.saturating_sub(overhead);
                Outcome::TooLarge(limit.min(size.saturating_sub(1)))
            }
            (PendingCommand::Put { .. }, Error::Server(text)) if text == NO_MEMORY => Outcome::Unavailable,
            // Nothing of it was to be done.
            (PendingCommand::Look, _) => Outcome::Unavailable,
            _ => Outcome::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use memcache::exp::{MetaResponse, parse_meta_result};

    use super::*;

    const EPOCH: Epoch = Epoch(9);
    const PUT: PendingCommand = PendingCommand::Put { size: 1, overhead: 10 };

    fn result(line: &str) -> MetaCommandResult {
        MetaResponse::parse_header(line.as_bytes()).and_then(parse_meta_result).unwrap()
    }

    /// Under the generation 5.
    fn sent(command: PendingCommand, condition: Condition, told: Option<u32>) -> Sent {
        let told = told.map(|flags| Told::Is(Generation::of_flags(flags)));
        let stamp = told.and(Generation::of_flags(5));
        Sent { command, condition, epoch: EPOCH, told, stamp, is_of_dropped: false }
    }

    fn applied(generation: u32) -> Verdict {
        let generation = Generation::of_flags(generation);
        Verdict::Over(Outcome::Applied(Token { epoch: EPOCH, cas: 7, generation }.into()))
    }

    #[test]
    fn a_time_left_that_does_not_fit_is_the_largest() {
        assert_eq!(seconds_left(-1), None);
        assert_eq!(seconds_left(0), Some(0));
        assert_eq!(seconds_left(i64::MAX), Some(u32::MAX));
    }

    #[test]
    fn every_reply_to_a_write_of_a_key_without_a_family_has_its_outcome() {
        use Condition::{Absent, Anything, Version as Expects};
        use PendingCommand::{Delete, Existence, Touch};
        let over = Verdict::Over;
        let cases = [
            (PUT, Anything, "HD c7", applied(0)),
            (PUT, Anything, "HD", over(Outcome::Unknown)),
            (PUT, Absent, "NS", over(Outcome::Stale)),
            (PUT, Expects, "EX", over(Outcome::Stale)),
            (PUT, Expects, "NF", over(Outcome::Missing)),
            (PUT, Expects, "MN", over(Outcome::Unknown)),
            (Touch, Anything, "HD c7", applied(0)),
            (Touch, Anything, "EN", over(Outcome::Missing)),
            (Delete, Anything, "HD", over(Outcome::Applied(Version::of_nothing()))),
            (Delete, Expects, "EX", over(Outcome::Stale)),
            (Delete, Expects, "NF", over(Outcome::Missing)),
            (Delete, Expects, "NS", over(Outcome::Unknown)),
            (Existence, Expects, "HD", over(Outcome::Stale)),
            (Existence, Expects, "EN", over(Outcome::Missing)),
        ];
        for (command, condition, line, expected) in cases {
            assert_eq!(
                sent(command, condition, None).verdict(&result(line)),
                expected,
                "{line} to {command:?}"
            );
        }
    }

    #[test]
    fn a_write_counts_only_under_the_generation_of_its_stamp() {
        use Condition::{Absent, Anything, Version as Expects};
        use PendingCommand::{Delete, Existence, Look, Touch};
        let missing = || Verdict::Over(Outcome::Missing);
        let stale = || Verdict::Over(Outcome::Stale);
        let deleted = || Verdict::Over(Outcome::Applied(Version::of_nothing()));
        // The verdict under the generation of the stamp, and under another one. What is there has the stamp 5.
        let cases = [
            (PUT, Absent, "HD c7", applied(5), Verdict::Replace(7)),
            (PUT, Absent, "NS", Verdict::Look, Verdict::Look),
            (PUT, Absent, "EX", Verdict::Look, Verdict::Look),
            (PUT, Absent, "NF", Verdict::Again, Verdict::Again),
            (PUT, Anything, "HD c7", applied(5), Verdict::Again),
            (PUT, Expects, "HD c7", applied(5), missing()),
            (PUT, Expects, "EX", stale(), Verdict::Look),
            (PUT, Expects, "NF", missing(), missing()),
            (Delete, Expects, "HD", deleted(), missing()),
            (Delete, Expects, "EX", stale(), Verdict::Look),
            (Touch, Anything, "HD c7 f5", applied(5), missing()),
            (Existence, Expects, "HD f5", stale(), missing()),
            (Look, Absent, "HD c7 f5", stale(), Verdict::Replace(7)),
            (Look, Absent, "EN", Verdict::Again, Verdict::Again),
            (Look, Expects, "HD c7 f5", stale(), missing()),
            (Look, Expects, "EN", missing(), missing()),
        ];
        for (command, condition, line, same, other) in cases {
            for (told, expected) in [(5, &same), (6, &other), (0, &other)] {
                let verdict = sent(command, condition, Some(told)).verdict(&result(line));
                assert_eq!(verdict, *expected, "{line} to {command:?} under generation {told}");
            }
        }
    }

    #[test]
    fn a_write_is_unknown_when_the_generation_is() {
        for (command, line) in [(PUT, "HD c7"), (PendingCommand::Delete, "HD")] {
            for condition in [Condition::Anything, Condition::Version] {
                let sent = Sent { told: Some(Told::Nothing), ..sent(command, condition, Some(5)) };
                assert_eq!(sent.verdict(&result(line)), Verdict::Over(Outcome::Unknown), "{line}");
            }
        }
        for condition in [Condition::Absent, Condition::Version] {
            let look = sent(PendingCommand::Look, condition, Some(5));
            let verdict = Sent { told: Some(Told::Nothing), ..look }.verdict(&result("HD c7 f5"));
            assert_eq!(verdict, Verdict::Over(Outcome::Unavailable), "a look changes nothing");
        }
    }

    #[test]
    fn a_delete_of_what_was_dropped_finds_nothing() {
        let sent = sent(PendingCommand::Delete, Condition::Anything, Some(6));
        let of_dropped = Sent { is_of_dropped: true, ..sent };
        assert_eq!(of_dropped.verdict(&result("HD")), Verdict::Over(Outcome::Missing));
        assert_eq!(sent.verdict(&result("HD")), Verdict::Over(Outcome::Applied(Version::of_nothing())));
    }

    #[test]
    fn a_read_returns_only_what_has_the_stamp_of_its_family() {
        let read = |told: Option<u32>| {
            let mut found = result("VA 1 c7 t5 f5");
            found.value = Some(b"v".to_vec());
            let told = told.map(|flags| Told::Is(Generation::of_flags(flags)));
            entry(found, EPOCH, told).unwrap().map(|entry| entry.version)
        };
        let token = |flags| Token { epoch: EPOCH, cas: 7, generation: Generation::of_flags(flags) };
        assert_eq!(read(Some(5)), Some(token(5).into()));
        assert_eq!(read(None), Some(token(0).into()));
        assert_eq!((read(Some(6)), read(Some(0))), (None, None));
    }

    #[test]
    fn a_result_without_a_value_or_a_version_is_not_that_of_a_read() {
        for line in ["HD t5", "VA 1 c7", "MN"] {
            assert_eq!(entry(result(line), EPOCH, None), Err(InvalidReply), "{line}");
        }
    }

    #[test]
    fn a_put_that_does_not_fit_has_an_outcome_of_its_own() {
        let of_error = |size, text: &str| {
            let command = PendingCommand::Put { size, overhead: 10 };
            let error = Error::Server(text.into());
            sent(command, Condition::Anything, None).of_error_reply(&error, 1010)
        };
        assert_eq!(of_error(500, TOO_LARGE), Outcome::TooLarge(499));
        assert_eq!(of_error(5000, TOO_LARGE), Outcome::TooLarge(1000));
        assert_eq!(of_error(500, NO_MEMORY), Outcome::Unavailable);
        assert_eq!(of_error(500, "?"), Outcome::Unknown);
        let delete = sent(PendingCommand::Delete, Condition::Anything, None);
        assert_eq!(delete.of_error_reply(&Error::Rejected("bad data chunk".into()), 1000), Outcome::Unknown);
    }
}
