//! What is asked of a server, as it is sent.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;
use core::time::Duration;

use lovely_session_key_value::check::InvalidRequest;
use lovely_session_key_value::{Change, Error, Expectation, Lifetime, Write};

use crate::process::Epoch;
use crate::token::Token;
use crate::translate::wire_ttl;

/// What memcached stores with a value and its key: a header of 48 bytes, 8 of version, 3 to end the key and
/// the value. That is what 64-bit builds of 1.6.18 need to the byte; the rest is for later versions.
const ITEM_OVERHEAD: u64 = 64;

/// What a command's line takes beside its value: the key, and flags.
const LINE_BYTES: usize = 350;

/// So many bytes of a value count as much as a command without one.
const WEIGHTY_BYTES: usize = 4096;

/// What was asked by one command: all that it takes to read its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The entry.
    Read,
    /// A put.
    Put {
        /// The bytes of the value.
        size: u64,
        /// The bytes that the server needs beside them.
        overhead: u64,
    },
    /// A touch.
    Touch,
    /// A delete.
    Delete,
    /// Whether there is anything, in place of a write that depends on a version of another epoch: it would
    /// not be done, whatever the number in it.
    Existence,
}

/// Several commands that are sent together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// All commands, as they are sent.
    pub bytes: Vec<u8>,
    /// The number of the first command; those of the others follow. The server repeats them, so that no
    /// answer is taken for that to another command.
    pub first_token: u32,
    /// How many commands there are.
    pub commands: usize,
}

/// One command.
struct Command {
    key: String,
    action: Action,
    /// The version that the entry must have.
    condition: Option<Token>,
}

enum Action {
    /// Slides the lifetime to this.
    Read(Option<u32>),
    Put {
        value: Vec<u8>,
        ttl: u32,
        /// Only if there is nothing.
        is_add: bool,
    },
    Touch(u32),
    Delete,
}

/// Commands for a server.
pub struct Batch {
    /// The number of the first; those of the others follow.
    first_token: u32,
    commands: Vec<Command>,
}

impl Batch {
    /// Reads these keys with their versions and the time they have left, and slides their lifetimes; `now` is the
    /// time since 1970. The server answers with the time from before.
    ///
    /// # Errors
    ///
    /// When memcached cannot keep an entry for that long.
    pub fn of_reads(
        keys: impl IntoIterator<Item = String>,
        touch: Option<Lifetime>,
        now: Duration,
        first_token: u32,
    ) -> Result<Self, Error> {
        let touch = touch.map(|lifetime| wire_ttl(lifetime, now)).transpose()?;
        let read = |key| Command { key, action: Action::Read(touch), condition: None };
        Ok(Self { first_token, commands: keys.into_iter().map(read).collect() })
    }

    /// Does these writes, which have passed the checks of the port; `now` is the time since 1970.
    ///
    /// # Errors
    ///
    /// When memcached cannot do what one of them asks.
    pub fn of_writes(
        writes: impl IntoIterator<Item = Write>,
        now: Duration,
        first_token: u32,
    ) -> Result<Self, Error> {
        let commands =
            writes.into_iter().map(|write| Command::write(write, now)).collect::<Result<_, _>>()?;
        Ok(Self { first_token, commands })
    }

    /// Whether it changes nothing but lifetimes, so that it may be done twice.
    pub fn is_read_only(&self) -> bool {
        self.commands.iter().all(|command| matches!(command.action, Action::Read(_)))
    }

    /// How much it is, in commands without a value.
    pub fn weight(&self) -> usize {
        self.commands.iter().map(|command| 1 + command.value_bytes() / WEIGHTY_BYTES).sum()
    }

    /// What is sent to a process of this epoch.
    pub fn encode(&self, epoch: Epoch) -> Request {
        let size = self.commands.iter().map(|command| LINE_BYTES + command.value_bytes()).sum();
        let mut bytes = Vec::with_capacity(size);
        let mut line = String::with_capacity(LINE_BYTES);
        for (command, place) in self.commands.iter().zip(0..) {
            line.clear();
            command.write_line(&mut line, epoch, self.first_token.wrapping_add(place));
            bytes.extend_from_slice(line.as_bytes());
            if let (Action::Put { value, .. }, false) = (&command.action, command.is_of_another(epoch)) {
                bytes.extend_from_slice(value);
                bytes.extend_from_slice(b"\r\n");
            }
        }
        Request { bytes, first_token: self.first_token, commands: self.commands.len() }
    }

    /// What a process of this epoch is asked, in the order of the commands.
    pub fn asked(&self, epoch: Epoch) -> Vec<Asked> {
        let asked = |command: &Command| match command.is_of_another(epoch) {
            true => Asked::Existence,
            false => command.asked(),
        };
        self.commands.iter().map(asked).collect()
    }
}

impl Command {
    fn write(write: Write, now: Duration) -> Result<Self, Error> {
        let Write { key, expects, change } = write;
        let condition = match &expects {
            Expectation::Version(version) => Some(Token::try_from(version)?),
            Expectation::Absent | Expectation::Anything => None,
        };
        let action = match (change, expects) {
            (Change::Put { value, lifetime }, expects) => {
                Action::Put { value, ttl: wire_ttl(lifetime, now)?, is_add: expects == Expectation::Absent }
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
            (Change::Touch(lifetime), Expectation::Anything) => Action::Touch(wire_ttl(lifetime, now)?),
            (Change::Delete, _) => Action::Delete,
        };
        Ok(Self { key, action, condition })
    }

    /// Whether it depends on a version of another epoch: then the server is only asked for what is there.
    fn is_of_another(&self, epoch: Epoch) -> bool {
        self.condition.is_some_and(|token| token.epoch != epoch)
    }

    fn asked(&self) -> Asked {
        match &self.action {
            Action::Read(_) => Asked::Read,
            Action::Put { value, .. } => {
                Asked::Put { size: value.len() as u64, overhead: item_overhead(&self.key) }
            }
            Action::Touch(_) => Asked::Touch,
            Action::Delete => Asked::Delete,
        }
    }

    fn value_bytes(&self) -> usize {
        match &self.action {
            Action::Put { value, .. } => value.len(),
            _ => 0,
        }
    }

    /// The line of the command, with its end. Writing to a string cannot fail.
    fn write_line(&self, line: &mut String, epoch: Epoch, token: u32) {
        let key = &self.key;
        let _ = match &self.action {
            _ if self.is_of_another(epoch) => write!(line, "mg {key} u"),
            Action::Read(None) => write!(line, "mg {key} v c t"),
            Action::Read(Some(ttl)) => write!(line, "mg {key} v c t T{ttl}"),
            Action::Put { value, ttl, is_add: true } => write!(line, "ms {key} {} ME c T{ttl}", value.len()),
            Action::Put { value, ttl, is_add: false } => write!(line, "ms {key} {} c T{ttl}", value.len()),
            Action::Touch(ttl) => write!(line, "mg {key} c T{ttl}"),
            Action::Delete => write!(line, "md {key}"),
        };
        if let Some(Token { cas, .. }) = self.condition.filter(|token| token.epoch == epoch) {
            let _ = write!(line, " C{cas}");
        }
        let _ = write!(line, " O{token}\r\n");
    }
}

/// How many bytes memcached stores under this key beside the value.
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
        String::from_utf8(batch.encode(epoch).bytes).unwrap()
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
        let keys = ["a", "b"].map(String::from);
        let batch = |touch| Batch::of_reads(keys.clone(), touch, Duration::ZERO, u32::MAX).unwrap();
        let bytes = |touch| batch(touch).encode(EPOCH).bytes;
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
    fn a_write_that_depends_on_another_epoch_is_not_sent() {
        let delete = Write { change: Change::Delete, ..put(version(OTHER_EPOCH)) };
        let batch = Batch::of_writes([put(version(OTHER_EPOCH)), delete], Duration::ZERO, 5).unwrap();
        assert_eq!(batch.encode(EPOCH).bytes, b"mg k u O5\r\nmg k u O6\r\n");
        assert_eq!(batch.asked(EPOCH), [Asked::Existence; 2]);
        assert_eq!(batch.asked(OTHER_EPOCH), [Asked::Put { size: 1, overhead: 65 }, Asked::Delete]);
    }

    #[test]
    fn a_value_weighs_more_than_a_command() {
        let change = Change::Put { value: [0; 9000].into(), lifetime: Lifetime::NeverExpires };
        let batch = Batch::of_writes([Write { change, ..put(Expectation::Anything) }], Duration::ZERO, 0);
        assert_eq!(batch.unwrap().weight(), 3);
    }
}
