//! Commands, as they are sent to a server.

use std::time::Duration;

use lovely_session_key_value::check::{self, InvalidRequest};
use lovely_session_key_value::{Change, Error, Expectation, Lifetime, Write};
use memcache::exp::{
    DeleteOptions, Error as EncodeError, GetOptions, MAX_KEY_LENGTH, MetaCommand, SetMode, SetOptions,
    build_delete, build_get, build_set,
};

use crate::lifetime::expiration;
use crate::process::Epoch;
use crate::token::Token;

/// Checked keys fit, so encoding their commands does not fail.
const _: () = assert!(check::MAX_KEY_BYTES <= MAX_KEY_LENGTH);

/// What memcached stores beside the key and the value: a header of 48 bytes, 8 of version, and 3 to end the key and the
/// value. 64-bit builds of 1.6.18 need exactly that; the rest is a margin for later versions.
const ITEM_OVERHEAD: u64 = 64;

/// An upper bound for the line of a command: the key, and flags.
const LINE_BYTES: usize = 350;

/// This many bytes of a value count as much as a command without a value.
const BYTES_PER_WEIGHT: usize = 4096;

/// A command that was sent: what its reply is understood by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PendingCommand {
    /// A read of an entry.
    Read,
    /// A put.
    Put {
        /// The bytes of the value.
        size: u64,
        /// The bytes that the server stores beside the value.
        overhead: u64,
    },
    /// A touch.
    Touch,
    /// A delete.
    Delete,
    /// Whether there is an entry. This is sent in place of a write that expects a version of another epoch, which must
    /// not be done, whatever number is in that version.
    Existence,
}

/// Commands that are sent together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The encoded commands.
    pub bytes: Vec<u8>,
    /// The opaque of the first command. Each further command has the next number. The server repeats it, so that no
    /// reply is taken for that to another command.
    pub first_opaque: u32,
    /// The number of commands.
    pub commands: usize,
}

/// A command cannot be encoded, because its key is not one that memcached takes.
#[derive(Debug, thiserror::Error)]
#[error("a command cannot be encoded: {0}")]
pub struct InvalidCommand(#[from] EncodeError);

impl From<InvalidCommand> for Error {
    fn from(invalid: InvalidCommand) -> Self {
        Self::Other(invalid.to_string())
    }
}

/// One command.
#[derive(Debug)]
struct Command {
    key: String,
    opaque: u32,
    command: MetaCommand,
    pending: PendingCommand,
    /// The epoch of the version that the entry must have.
    epoch: Option<Epoch>,
}

/// Commands for one server.
#[derive(Debug)]
pub struct Batch {
    first_opaque: u32,
    commands: Vec<Command>,
}

impl Batch {
    /// Reads these keys with their versions and the time they have left, and slides their lifetimes; `now` is the time
    /// since 1970. The time left is that from before.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when memcached cannot keep an entry for that long.
    pub fn of_reads(
        keys: impl IntoIterator<Item = String>,
        touch: Option<Lifetime>,
        now: Duration,
        first_opaque: u32,
    ) -> Result<Self, Error> {
        let touch = touch.map(|lifetime| expiration(lifetime, now)).transpose()?;
        let commands = numbered(keys, first_opaque).map(|(key, opaque)| Command::read(key, touch, opaque));
        Ok(Self { first_opaque, commands: commands.collect::<Result<_, _>>()? })
    }

    /// Does these writes, which have passed the checks of the interface; `now` is the time since 1970.
    ///
    /// # Errors
    ///
    /// When memcached cannot do one of them.
    pub fn of_writes(
        writes: impl IntoIterator<Item = Write>,
        now: Duration,
        first_opaque: u32,
    ) -> Result<Self, Error> {
        let commands =
            numbered(writes, first_opaque).map(|(write, opaque)| Command::write(write, now, opaque));
        Ok(Self { first_opaque, commands: commands.collect::<Result<_, _>>()? })
    }

    /// Whether the commands change nothing but lifetimes, so that they may be repeated.
    pub fn is_read_only(&self) -> bool {
        self.commands.iter().all(|command| command.pending == PendingCommand::Read)
    }

    /// The size of the batch: one for each command, and one for each 4 KiB of a value.
    pub fn weight(&self) -> usize {
        self.commands.iter().map(|command| 1 + command.value_bytes() / BYTES_PER_WEIGHT).sum()
    }

    /// Encodes the commands for a process of this epoch.
    ///
    /// # Errors
    ///
    /// When a key is not one that memcached takes; nothing must be sent then. A key that has passed the checks of the
    /// interface always is.
    pub fn encode(&self, epoch: Epoch) -> Result<Request, InvalidCommand> {
        let size = self.commands.iter().map(|command| LINE_BYTES + command.value_bytes()).sum();
        let mut bytes = Vec::with_capacity(size);
        for command in &self.commands {
            command.encode_into(epoch, &mut bytes)?;
        }
        Ok(Request { bytes, first_opaque: self.first_opaque, commands: self.commands.len() })
    }

    /// What [`Self::encode`] has encoded for a process of this epoch, in the order of the commands.
    pub fn pending(&self, epoch: Epoch) -> Vec<PendingCommand> {
        let pending = |command: &Command| match command.is_of_another(epoch) {
            true => PendingCommand::Existence,
            false => command.pending,
        };
        self.commands.iter().map(pending).collect()
    }
}

impl Command {
    fn read(key: String, touch: Option<u32>, opaque: u32) -> Result<Self, InvalidCommand> {
        let mut options = GetOptions::default();
        options.return_cas = true;
        options.return_ttl = true;
        options.touch = touch;
        options.opaque = wire(opaque);
        let command = build_get(&key, &options)?;
        Ok(Self { key, opaque, command, pending: PendingCommand::Read, epoch: None })
    }

    fn write(write: Write, now: Duration, opaque: u32) -> Result<Self, Error> {
        let Write { key, expects, change } = write;
        let condition = match &expects {
            Expectation::Version(version) => Some(Token::try_from(version)?),
            Expectation::Absent | Expectation::Anything => None,
        };
        let cas = condition.map(|token| token.cas);
        let (command, pending) = match change {
            Change::Put { value, lifetime } => {
                let size = value.len() as u64;
                let pending = PendingCommand::Put { size, overhead: item_overhead(&key) };
                let (ttl, is_add) = (expiration(lifetime, now)?, expects == Expectation::Absent);
                (put(&key, value, ttl, is_add, cas, opaque), pending)
            }
            Change::Touch(_) if expects == Expectation::Absent => {
                return Err(InvalidRequest::ChangeOfAbsent("a touch").into());
            }
            Change::Touch(_) if condition.is_some() => {
                let text = "memcached cannot touch an entry on condition of its version";
                return Err(Error::Unsupported(text.into()));
            }
            Change::Touch(ttl) => (touch(&key, expiration(ttl, now)?, opaque), PendingCommand::Touch),
            Change::Delete if expects == Expectation::Absent => {
                return Err(InvalidRequest::ChangeOfAbsent("a delete").into());
            }
            Change::Delete => (delete(&key, cas, opaque), PendingCommand::Delete),
        };
        let command = command.map_err(InvalidCommand)?;
        let epoch = condition.map(|token| token.epoch);
        Ok(Self { key, opaque, command, pending, epoch })
    }

    /// Whether it expects a version of another epoch. The server is only asked then whether there is an entry.
    fn is_of_another(&self, epoch: Epoch) -> bool {
        self.epoch.is_some_and(|expected| expected != epoch)
    }

    fn encode_into(&self, epoch: Epoch, bytes: &mut Vec<u8>) -> Result<(), InvalidCommand> {
        if self.is_of_another(epoch) {
            existence(&self.key, self.opaque)?.encode_into(bytes)?;
        } else {
            self.command.encode_into(bytes)?;
        }
        Ok(())
    }

    fn value_bytes(&self) -> usize {
        match self.pending {
            PendingCommand::Put { size, .. } => usize::try_from(size).unwrap_or(usize::MAX),
            _ => 0,
        }
    }
}

fn put(
    key: &str,
    value: Vec<u8>,
    ttl: u32,
    is_add: bool,
    cas: Option<u64>,
    opaque: u32,
) -> Result<MetaCommand, EncodeError> {
    let mut options = SetOptions::default();
    options.ttl = Some(ttl);
    options.mode = if is_add { SetMode::Add } else { SetMode::Set };
    options.compare_cas = cas;
    options.return_cas = true;
    options.opaque = wire(opaque);
    build_set(key, value, &options)
}

fn touch(key: &str, ttl: u32, opaque: u32) -> Result<MetaCommand, EncodeError> {
    let mut options = GetOptions::default();
    options.value = false;
    options.return_cas = true;
    options.touch = Some(ttl);
    options.opaque = wire(opaque);
    build_get(key, &options)
}

fn delete(key: &str, cas: Option<u64>, opaque: u32) -> Result<MetaCommand, EncodeError> {
    let mut options = DeleteOptions::default();
    options.compare_cas = cas;
    options.opaque = wire(opaque);
    build_delete(key, &options)
}

fn existence(key: &str, opaque: u32) -> Result<MetaCommand, EncodeError> {
    let mut options = GetOptions::default();
    options.value = false;
    options.no_lru_bump = true;
    options.opaque = wire(opaque);
    build_get(key, &options)
}

fn wire(opaque: u32) -> Option<Vec<u8>> {
    Some(opaque.to_string().into_bytes())
}

/// Each item with its opaque.
fn numbered<T>(items: impl IntoIterator<Item = T>, first: u32) -> impl Iterator<Item = (T, u32)> {
    items.into_iter().zip(0..).map(move |(item, position)| (item, first.wrapping_add(position)))
}

/// The bytes that memcached stores under this key beside the value.
pub fn item_overhead(key: &str) -> u64 {
    ITEM_OVERHEAD + key.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPOCH: Epoch = Epoch(1);
    const OTHER_EPOCH: Epoch = Epoch(2);

    fn sent(write: Write, epoch: Epoch) -> String {
        let batch = Batch::of_writes([write], Duration::ZERO, 5).unwrap();
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
    fn a_read_returns_the_value_the_version_and_the_time_left() {
        let keys = ["a", "b"].map(String::from);
        let batch = |touch| Batch::of_reads(keys.clone(), touch, Duration::ZERO, u32::MAX).unwrap();
        let bytes = |touch| batch(touch).encode(EPOCH).unwrap().bytes;
        let touching = bytes(Some(Lifetime::Seconds(60)));
        assert_eq!(touching, b"mg a v c t T60 O4294967295\r\nmg b v c t T60 O0\r\n");
        assert_eq!(bytes(None), b"mg a v c t O4294967295\r\nmg b v c t O0\r\n");
        assert!(batch(None).is_read_only());
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
    fn a_write_that_expects_a_version_of_another_epoch_is_not_sent() {
        let delete = Write { change: Change::Delete, ..put(version(OTHER_EPOCH)) };
        let batch = Batch::of_writes([put(version(OTHER_EPOCH)), delete], Duration::ZERO, 5).unwrap();
        assert_eq!(batch.encode(EPOCH).unwrap().bytes, b"mg k u O5\r\nmg k u O6\r\n");
        assert_eq!(batch.pending(EPOCH), [PendingCommand::Existence; 2]);
        let put = PendingCommand::Put { size: 1, overhead: 65 };
        assert_eq!(batch.pending(OTHER_EPOCH), [put, PendingCommand::Delete]);
    }

    #[test]
    fn a_key_that_memcached_does_not_take_is_not_encoded() {
        let long = "k".repeat(MAX_KEY_LENGTH + 1);
        for key in ["", &long] {
            let batch = Batch::of_reads([key.to_owned()], None, Duration::ZERO, 0).unwrap();
            assert!(batch.encode(EPOCH).is_err(), "{key:?}");
        }
    }

    #[test]
    fn a_value_weighs_more_than_a_command() {
        let change = Change::Put { value: [0; 9000].into(), lifetime: Lifetime::NeverExpires };
        let batch = Batch::of_writes([Write { change, ..put(Expectation::Anything) }], Duration::ZERO, 0);
        assert_eq!(batch.unwrap().weight(), 3);
    }
}
