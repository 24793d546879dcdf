//! Commands, as they are sent to a server.

use lovely_session_key_value::{Error, check};
use memcache::exp::{
    DeleteOptions, Error as EncodeError, GetOptions, MAX_KEY_LENGTH, MetaCommand, SetMode, SetOptions,
    build_delete, build_get, build_set,
};

use crate::generation::{self, Generation};
use crate::process::Epoch;

/// Checked keys fit, so encoding their commands does not fail.
const _: () = assert!(check::MAX_KEY_BYTES <= MAX_KEY_LENGTH);

/// What memcached stores beside the key and the value: a header of 48 bytes, 8 of version, 4 of client flags, and 3 to
/// end the key and the value. 64-bit builds of 1.6.18 need exactly that; the rest is a margin for later versions.
const ITEM_OVERHEAD: u64 = 68;

/// The end of the line of a command, and of a value.
const LINE_END: &[u8] = b"\r\n";

/// A command that was sent: what its reply is understood by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PendingCommand {
    /// A read of an entry.
    Read,
    /// A read of the generation of a family.
    Generation,
    /// A generation is given to a family.
    Install,
    /// The version and the stamp of what is there.
    Look,
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

/// A command cannot be encoded, because its key is not one that memcached takes.
#[derive(Debug, thiserror::Error)]
#[error("a command cannot be encoded: {0}")]
pub struct InvalidCommand(#[from] EncodeError);

impl From<InvalidCommand> for Error {
    fn from(invalid: InvalidCommand) -> Self {
        Self::Other(invalid.to_string())
    }
}

/// When a put is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PutIf {
    /// Nothing is there.
    Absent,
    /// This version is there.
    Version(u64),
    Always,
}

/// One command.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) key: String,
    opaque: u32,
    command: MetaCommand,
    pub(crate) pending: PendingCommand,
    /// The position of its key's family among those of the batch.
    pub(crate) family: Option<usize>,
    /// The epoch of the version that the entry must have.
    epoch: Option<Epoch>,
    /// The position of its write in the call.
    pub(crate) write: Option<usize>,
}

impl Command {
    fn new(
        key: String,
        pending: PendingCommand,
        built: Result<MetaCommand, EncodeError>,
    ) -> Result<Self, InvalidCommand> {
        let command = built?;
        Ok(Self { key, opaque: 0, command, pending, family: None, epoch: None, write: None })
    }

    /// Reads an entry with its version, the time that it has left, and its stamp if it is in a family.
    pub(crate) fn read(
        key: String,
        touch: Option<u32>,
        family: Option<usize>,
    ) -> Result<Self, InvalidCommand> {
        let mut options = GetOptions::default();
        options.return_cas = true;
        options.return_ttl = true;
        options.return_client_flags = family.is_some();
        options.touch = touch;
        let built = build_get(&key, &options);
        Ok(Self { family, ..Self::new(key, PendingCommand::Read, built)? })
    }

    /// Reads the generation of a family.
    pub(crate) fn generation(family: &str) -> Result<Self, InvalidCommand> {
        let key = generation::key(family);
        let mut options = GetOptions::default();
        options.value = false;
        options.return_client_flags = true;
        let built = build_get(&key, &options);
        Self::new(key, PendingCommand::Generation, built)
    }

    /// Gives a family this generation, only if it has none or in any case. It never expires, as entries need not.
    pub(crate) fn install(
        family: &str,
        generation: Generation,
        only_if_absent: bool,
    ) -> Result<Self, InvalidCommand> {
        let key = generation::key(family);
        let condition = if only_if_absent { PutIf::Absent } else { PutIf::Always };
        let built = build_set(&key, Vec::new(), &set_options(0, condition, Some(generation)));
        Self::new(key, PendingCommand::Install, built)
    }

    /// Asks for the version and the stamp of what is there.
    pub(crate) fn look(key: String) -> Result<Self, InvalidCommand> {
        let built = build_get(&key, &look_options());
        Self::new(key, PendingCommand::Look, built)
    }

    /// Puts a value with this stamp.
    pub(crate) fn put(
        key: String,
        value: Vec<u8>,
        ttl: u32,
        condition: PutIf,
        stamp: Option<Generation>,
    ) -> Result<Self, InvalidCommand> {
        let pending = PendingCommand::Put { size: value.len() as u64, overhead: item_overhead(&key) };
        let built = build_set(&key, value, &set_options(ttl, condition, stamp));
        Self::new(key, pending, built)
    }

    /// Slides the lifetime of what is there.
    pub(crate) fn touch(key: String, ttl: u32, family: Option<usize>) -> Result<Self, InvalidCommand> {
        let mut options = GetOptions::default();
        options.value = false;
        options.return_cas = true;
        options.return_client_flags = family.is_some();
        options.touch = Some(ttl);
        let built = build_get(&key, &options);
        Self::new(key, PendingCommand::Touch, built)
    }

    /// Deletes what is there, if it has this version.
    pub(crate) fn delete(key: String, cas: Option<u64>) -> Result<Self, InvalidCommand> {
        let mut options = DeleteOptions::default();
        options.compare_cas = cas;
        let built = build_delete(&key, &options);
        Self::new(key, PendingCommand::Delete, built)
    }

    /// The same command, for the write at this position of the call, of a key in this family.
    pub(crate) fn of(self, write: usize, family: Option<usize>) -> Self {
        Self { write: Some(write), family, ..self }
    }

    /// The same command, only for the process of this epoch.
    pub(crate) fn only_in(self, epoch: Option<Epoch>) -> Self {
        Self { epoch, ..self }
    }

    /// The same command with an opaque.
    pub(crate) fn numbered(self, opaque: u32) -> Self {
        Self { opaque, command: self.command.flag(format!("O{opaque}")), ..self }
    }

    /// Whether it expects a version of another epoch. The server is only asked then whether there is an entry.
    pub(crate) fn is_of_another(&self, epoch: Epoch) -> bool {
        self.epoch.is_some_and(|expected| expected != epoch)
    }

    pub(crate) fn encode_into(&self, epoch: Epoch, bytes: &mut Vec<u8>) -> Result<(), InvalidCommand> {
        if self.is_of_another(epoch) {
            existence(&self.key, self.family, self.opaque)?.encode_into(bytes)?;
        } else {
            self.command.encode_into(bytes)?;
        }
        Ok(())
    }

    pub(crate) fn value_bytes(&self) -> usize {
        match self.pending {
            PendingCommand::Put { size, .. } => usize::try_from(size).unwrap_or(usize::MAX),
            _ => 0,
        }
    }

    /// The value of a put. It was moved into the command, which can only encode it.
    pub(crate) fn into_value(self) -> Result<Vec<u8>, InvalidCommand> {
        let mut value = self.command.encode()?;
        let line = value.windows(LINE_END.len()).position(|bytes| bytes == LINE_END).unwrap_or_default();
        value.drain(..line + LINE_END.len());
        value.truncate(value.len().saturating_sub(LINE_END.len()));
        Ok(value)
    }
}

fn set_options(ttl: u32, condition: PutIf, stamp: Option<Generation>) -> SetOptions {
    let mut options = SetOptions::default();
    options.ttl = Some(ttl);
    options.mode = if condition == PutIf::Absent { SetMode::Add } else { SetMode::Set };
    options.compare_cas = if let PutIf::Version(cas) = condition { Some(cas) } else { None };
    options.client_flags = stamp.map(Generation::flags);
    options.return_cas = true;
    options
}

fn look_options() -> GetOptions {
    let mut options = GetOptions::default();
    options.value = false;
    options.return_cas = true;
    options.return_client_flags = true;
    options.no_lru_bump = true;
    options
}

fn existence(key: &str, family: Option<usize>, opaque: u32) -> Result<MetaCommand, EncodeError> {
    let mut options = GetOptions::default();
    options.value = false;
    options.return_client_flags = family.is_some();
    options.no_lru_bump = true;
    options.opaque = Some(opaque.to_string().into_bytes());
    build_get(key, &options)
}

/// The bytes that memcached stores under this key beside the value.
pub fn item_overhead(key: &str) -> u64 {
    ITEM_OVERHEAD + key.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_a_put_can_be_taken_back() {
        for value in [&b""[..], b"v", b"a\r\nb\r\n", b"\r\n"] {
            let command = Command::put("k".into(), value.into(), 9, PutIf::Always, None).unwrap();
            assert_eq!(command.numbered(5).into_value().unwrap(), value);
        }
    }
}
