//! What a reply means: entries and outcomes.

use lovely_session_key_value::{Entry, Outcome, Version};
use memcache::exp::{Error, MetaCommandResult, ReturnCode};

use crate::command::PendingCommand;
use crate::process::Epoch;
use crate::reply::{InvalidReply, Reply};
use crate::token::Token;

/// memcached's text for a value over its limit. The protocol has no code for it.
const TOO_LARGE: &str = "object too large for cache";

/// memcached's text for having no memory, and nothing that it may evict.
const NO_MEMORY: &str = "out of memory storing object";

/// The entry that a read found, in a process of this epoch; `None` for an absent one.
///
/// # Errors
///
/// When the result is not that of a read.
pub(crate) fn entry(result: MetaCommandResult, epoch: Epoch) -> Result<Option<Entry>, InvalidReply> {
    match (result.rc, result.value, result.cas, result.ttl) {
        (ReturnCode::En, ..) => Ok(None),
        (ReturnCode::Va, Some(value), Some(cas), Some(ttl)) => {
            let version = Token { epoch, cas }.into();
            Ok(Some(Entry { value, version, seconds_left: seconds_left(ttl) }))
        }
        _ => Err(InvalidReply),
    }
}

/// memcached says -1 for "never expires".
fn seconds_left(ttl: i64) -> Option<u32> {
    u64::try_from(ttl).ok().map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX))
}

/// The outcome of a write by its reply, from a process of this epoch, on a server whose items have at most
/// `item_size_max` bytes.
pub(crate) fn outcome(command: PendingCommand, reply: &Reply, epoch: Epoch, item_size_max: u64) -> Outcome {
    match reply {
        Ok(result) => of_result(command, result, epoch),
        Err(error) => of_error_reply(command, error, item_size_max),
    }
}

/// A result that does not belong to the command is [`Outcome::Unknown`]: something was done.
fn of_result(command: PendingCommand, result: &MetaCommandResult, epoch: Epoch) -> Outcome {
    use PendingCommand::{Delete, Existence, Put, Touch};
    use ReturnCode::{En, Ex, Hd, Nf, Ns};
    match (command, result.rc, result.cas) {
        (Put { .. } | Touch, Hd, Some(cas)) => Outcome::Applied(Token { epoch, cas }.into()),
        (Delete, Hd, _) => Outcome::Applied(Version::of_nothing()),
        // An add of a key that exists is "not stored".
        (Put { .. } | Delete, Ex, _) | (Put { .. }, Ns, _) => Outcome::Stale,
        (Put { .. } | Delete, Nf, _) | (Touch, En, _) => Outcome::Missing,
        (Existence, Hd, _) => Outcome::Stale,
        (Existence, En, _) => Outcome::Missing,
        _ => Outcome::Unknown,
    }
}

/// When memcached has no memory for a put, it drops the entry that was there, so that nobody reads an old value: for the
/// next reader, the entry has been evicted.
fn of_error_reply(command: PendingCommand, error: &Error, item_size_max: u64) -> Outcome {
    match (command, error) {
        (PendingCommand::Put { size, overhead }, Error::Server(text)) if text == TOO_LARGE => {
            // The value is over the limit, whatever is known of the limit.
            let limit = item_size_max.saturating_sub(overhead);
            Outcome::TooLarge(limit.min(size.saturating_sub(1)))
        }
        (PendingCommand::Put { .. }, Error::Server(text)) if text == NO_MEMORY => Outcome::Unavailable,
        _ => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use memcache::exp::{MetaResponse, parse_meta_result};

    use super::*;

    const EPOCH: Epoch = Epoch(9);

    fn reply(line: &str) -> Reply {
        MetaResponse::parse_header(line.as_bytes()).and_then(parse_meta_result)
    }

    #[test]
    fn a_time_left_that_does_not_fit_is_the_largest() {
        assert_eq!(seconds_left(-1), None);
        assert_eq!(seconds_left(0), Some(0));
        assert_eq!(seconds_left(i64::MAX), Some(u32::MAX));
    }

    #[test]
    fn every_reply_to_a_write_has_its_outcome() {
        use PendingCommand::{Delete, Existence, Touch};
        let put = PendingCommand::Put { size: 1, overhead: 65 };
        let applied = Outcome::Applied(Token { epoch: EPOCH, cas: 7 }.into());
        let cases = [
            (put, "HD c7", applied.clone()),
            (put, "HD", Outcome::Unknown),
            (put, "NS", Outcome::Stale),
            (put, "EX", Outcome::Stale),
            (put, "NF", Outcome::Missing),
            (put, "MN", Outcome::Unknown),
            (Touch, "HD c7", applied),
            (Touch, "EN", Outcome::Missing),
            (Delete, "HD", Outcome::Applied(Version::of_nothing())),
            (Delete, "EX", Outcome::Stale),
            (Delete, "NF", Outcome::Missing),
            (Delete, "NS", Outcome::Unknown),
            (Existence, "HD", Outcome::Stale),
            (Existence, "EN", Outcome::Missing),
        ];
        for (command, line, expected) in cases {
            assert_eq!(outcome(command, &reply(line), EPOCH, 1010), expected, "{line} to {command:?}");
        }
    }

    #[test]
    fn a_result_without_a_value_or_a_version_is_not_that_of_a_read() {
        for line in ["HD t5", "VA 1 c7", "MN"] {
            assert_eq!(entry(reply(line).unwrap(), EPOCH), Err(InvalidReply), "{line}");
        }
    }

    #[test]
    fn a_put_that_does_not_fit_has_an_outcome_of_its_own() {
        let of_error = |size, text: &str| {
            let command = PendingCommand::Put { size, overhead: 10 };
            outcome(command, &reply(&format!("SERVER_ERROR {text}")), EPOCH, 1010)
        };
        assert_eq!(of_error(500, TOO_LARGE), Outcome::TooLarge(499));
        assert_eq!(of_error(5000, TOO_LARGE), Outcome::TooLarge(1000));
        assert_eq!(of_error(500, NO_MEMORY), Outcome::Unavailable);
        assert_eq!(of_error(500, "?"), Outcome::Unknown);
        let rejected = reply("CLIENT_ERROR bad data chunk");
        assert_eq!(outcome(PendingCommand::Delete, &rejected, EPOCH, 1000), Outcome::Unknown);
    }
}
