//! What is asked of a server, as it is sent.

use std::time::SystemTime;

use memcache::exp::{
    DeleteOptions, Error as ClientError, GetOptions, MetaCommand, SetMode, SetOptions, build_delete,
    build_get, build_set,
};

use super::super::check::InvalidRequest;
use super::failure;
use super::incarnation::Epoch;
use super::pipeline::Request;
use super::token::Token;
use super::translate::wire_ttl;
use crate::key_value::{Change, Error, Expectation, Write};

/// What memcached stores with a value and its key: a header of 48 bytes, 8 of version, 3 to end the key and
/// the value. That is what 64-bit builds of 1.6.18 need to the byte; the rest is for later versions.
const ITEM_OVERHEAD: u64 = 64;

/// What a command's line takes beside its value: the key, and flags.
const LINE_BYTES: usize = 350;

/// So many bytes of a value count as much as a command without one.
const WEIGHTY_BYTES: usize = 4096;

/// What was asked by one command: all that it takes to read its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// The entry.
    Read,
    /// A put of a value of this many bytes, which takes so many more in the server.
    Put { size: u64, overhead: u64 },
    /// A touch.
    Touch,
    /// A delete.
    Delete,
    /// Whether there is anything, in place of a write that depends on a version of another epoch: it would
    /// not be done, whatever the number in it.
    Existence,
}

/// One command.
struct Command {
    wire: MetaCommand,
    asked: Asked,
    /// The key, and the epoch of the version that it must have.
    condition: Option<(String, Epoch)>,
}

/// Commands that are sent to a server together.
pub(super) struct Batch {
    /// The token of the first; those of the others follow.
    first_token: u32,
    commands: Vec<Command>,
}

impl Batch {
    /// Reads these keys with their versions and the time they have left, and slides their lifetimes. The
    /// server answers with the time from before.
    pub(super) fn of_reads<'a>(
        keys: impl IntoIterator<Item = &'a str>,
        touch: Option<u32>,
        first_token: u32,
    ) -> Result<Self, Error> {
        let mut options = GetOptions::default();
        options.return_cas = true;
        options.return_ttl = true;
        options.touch = touch;
        let read = |(key, token)| {
            options.opaque = opaque(first_token, token);
            let wire = build_get(key, &options).map_err(|_| failure::unsendable())?;
            Ok(Command { wire, asked: Asked::Read, condition: None })
        };
        let commands = keys.into_iter().zip(0..).map(read).collect::<Result<_, Error>>()?;
        Ok(Self { first_token, commands })
    }

    /// Does these writes.
    pub(super) fn of_writes(
        writes: impl IntoIterator<Item = Write>,
        now: SystemTime,
        first_token: u32,
    ) -> Result<Self, Error> {
        let write = |(write, token)| Command::write(write, now, opaque(first_token, token));
        let commands = writes.into_iter().zip(0..).map(write).collect::<Result<_, _>>()?;
        Ok(Self { first_token, commands })
    }

    /// Whether it changes nothing but lifetimes, so that it may be done twice.
    pub(super) fn is_read_only(&self) -> bool {
        self.commands.iter().all(|command| command.asked == Asked::Read)
    }

    /// How much it is, in commands without a value.
    pub(super) fn weight(&self) -> usize {
        self.commands.iter().map(|command| 1 + command.value_bytes() / WEIGHTY_BYTES).sum()
    }

    /// What is sent to a process of this epoch.
    ///
    /// # Errors
    ///
    /// When the client library refuses a command, which it does not for what has passed the checks.
    pub(super) fn encode(&self, epoch: Epoch) -> Result<Request, ClientError> {
        let size = self.commands.iter().map(|command| LINE_BYTES + command.value_bytes()).sum();
        let mut bytes = Vec::with_capacity(size);
        for (command, place) in self.commands.iter().zip(0..) {
            match command.in_place_of(epoch) {
                Some(key) => existence(key, opaque(self.first_token, place))?.encode_into(&mut bytes)?,
                None => command.wire.encode_into(&mut bytes)?,
            }
        }
        Ok(Request { bytes, first_token: self.first_token, commands: self.commands.len() })
    }

    /// What a process of this epoch is asked, in the order of the commands.
    pub(super) fn asked(&self, epoch: Epoch) -> Vec<Asked> {
        let asked = |command: &Command| match command.in_place_of(epoch) {
            Some(_) => Asked::Existence,
            None => command.asked,
        };
        self.commands.iter().map(asked).collect()
    }
}

impl Command {
    fn write(write: Write, now: SystemTime, opaque: Option<Vec<u8>>) -> Result<Self, Error> {
        let Write { key, expects, change } = write;
        let token = match &expects {
            Expectation::Version(version) => Some(Token::try_from(version)?),
            Expectation::Absent | Expectation::Anything => None,
        };
        let asked = Asked::by(&key, &change);
        let wire = match (change, expects) {
            (Change::Put { value, lifetime }, expects) => {
                put(&key, value, wire_ttl(lifetime, now)?, &expects, token, opaque)
            }
            (Change::Touch(_), Expectation::Version(_)) => {
                let text = "memcached cannot touch an entry on condition of its version";
                return Err(Error::Unsupported(text.into()));
            }
            (Change::Touch(_), Expectation::Absent) => {
                return Err(InvalidRequest::ChangeOfAbsent("a touch").into());
            }
            (Change::Delete, Expectation::Absent) => {
                return Err(InvalidRequest::ChangeOfAbsent("a delete").into());
            }
            (Change::Touch(lifetime), Expectation::Anything) => touch(&key, wire_ttl(lifetime, now)?, opaque),
            (Change::Delete, _) => delete(&key, token, opaque),
        };
        let condition = token.map(|token| (key, token.epoch));
        Ok(Self { wire: wire.map_err(|_| failure::unsendable())?, asked, condition })
    }

    /// The key to look at in place of doing this, when it depends on a version of another epoch.
    fn in_place_of(&self, epoch: Epoch) -> Option<&str> {
        let (key, condition) = self.condition.as_ref()?;
        (*condition != epoch).then_some(key)
    }

    fn value_bytes(&self) -> usize {
        match self.asked {
            Asked::Put { size, .. } => usize::try_from(size).unwrap_or(usize::MAX),
            _ => 0,
        }
    }
}

impl Asked {
    fn by(key: &str, change: &Change) -> Self {
        match change {
            Change::Put { value, .. } => Self::Put { size: value.len() as u64, overhead: item_overhead(key) },
            Change::Touch(_) => Self::Touch,
            Change::Delete => Self::Delete,
        }
    }
}

/// How many bytes memcached stores under this key beside the value.
pub(super) fn item_overhead(key: &str) -> u64 {
    ITEM_OVERHEAD + key.len() as u64
}

fn put(
    key: &str,
    value: Vec<u8>,
    ttl: u32,
    expects: &Expectation,
    token: Option<Token>,
    opaque: Option<Vec<u8>>,
) -> Result<MetaCommand, ClientError> {
    let mut options = SetOptions::default();
    options.mode = if *expects == Expectation::Absent { SetMode::Add } else { SetMode::Set };
    options.compare_cas = token.map(|token| token.cas);
    options.ttl = Some(ttl);
    options.return_cas = true;
    options.opaque = opaque;
    build_set(key, value, &options)
}

fn touch(key: &str, ttl: u32, opaque: Option<Vec<u8>>) -> Result<MetaCommand, ClientError> {
    let mut options = GetOptions::default();
    options.value = false;
    options.return_cas = true;
    options.touch = Some(ttl);
    options.opaque = opaque;
    build_get(key, &options)
}

fn delete(key: &str, token: Option<Token>, opaque: Option<Vec<u8>>) -> Result<MetaCommand, ClientError> {
    let mut options = DeleteOptions::default();
    options.compare_cas = token.map(|token| token.cas);
    options.opaque = opaque;
    build_delete(key, &options)
}

fn existence(key: &str, opaque: Option<Vec<u8>>) -> Result<MetaCommand, ClientError> {
    let mut options = GetOptions::default();
    options.value = false;
    options.no_lru_bump = true;
    options.opaque = opaque;
    build_get(key, &options)
}

fn opaque(first_token: u32, place: u32) -> Option<Vec<u8>> {
    Some(first_token.wrapping_add(place).to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_value::Lifetime;

    const EPOCH: Epoch = Epoch(1);
    const OTHER_EPOCH: Epoch = Epoch(2);

    fn sent(write: Write, epoch: Epoch) -> String {
        let batch = Batch::of_writes([write], SystemTime::UNIX_EPOCH, 5).unwrap();
        String::from_utf8(batch.encode(epoch).unwrap().bytes).unwrap()
    }

    fn put(expects: Expectation) -> Write {
        let change = Change::Put { value: b"v".to_vec(), lifetime: Lifetime::Seconds(9) };
        Write { key: "k".into(), expects, change }
    }

    fn version(epoch: Epoch) -> Expectation {
        Expectation::Version(Token { epoch, cas: 7 }.into())
    }

    #[test]
    fn a_read_asks_for_all_at_once() {
        let batch = Batch::of_reads(["a", "b"], Some(60), u32::MAX).unwrap();
        let bytes = batch.encode(EPOCH).unwrap().bytes;
        assert_eq!(bytes, b"mg a v c t T60 O4294967295\r\nmg b v c t T60 O0\r\n");
    }

    #[test]
    fn a_write_depends_on_what_it_expects() {
        assert_eq!(sent(put(Expectation::Absent), EPOCH), "ms k 1 ME c T9 O5\r\nv\r\n");
        assert_eq!(sent(put(Expectation::Anything), EPOCH), "ms k 1 c T9 O5\r\nv\r\n");
        assert_eq!(sent(put(version(EPOCH)), EPOCH), "ms k 1 c T9 C7 O5\r\nv\r\n");
        let delete = Write { change: Change::Delete, ..put(version(EPOCH)) };
        assert_eq!(sent(delete, EPOCH), "md k C7 O5\r\n");
        let touch = Change::Touch(Lifetime::Seconds(9));
        assert_eq!(sent(Write { change: touch, ..put(Expectation::Anything) }, EPOCH), "mg k c T9 O5\r\n");
    }

    #[test]
    fn a_write_that_depends_on_another_epoch_is_not_sent() {
        let delete = Write { change: Change::Delete, ..put(version(OTHER_EPOCH)) };
        let batch = Batch::of_writes([put(version(OTHER_EPOCH)), delete], SystemTime::UNIX_EPOCH, 5).unwrap();
        assert_eq!(batch.encode(EPOCH).unwrap().bytes, b"mg k u O5\r\nmg k u O6\r\n");
        assert_eq!(batch.asked(EPOCH), [Asked::Existence; 2]);
        assert_eq!(batch.asked(OTHER_EPOCH), [Asked::Put { size: 1, overhead: 65 }, Asked::Delete]);
    }
}
