//! Commands that are sent together.
//!
//! Every exchange with a server that concerns a family reads the family's generation as well, in the same round trip;
//! memcached executes the commands of a connection in their order. Where this read stands decides what it proves:
//!
//! - *Behind reads.* If an entry has the stamp that is the generation afterwards, the generation was the same when the
//!   entry was read, because no generation comes twice. So the entry was there. Asked before the read, a drop between
//!   the two could be followed by a write that counts no more, and that write would be seen.
//! - *In front of writes.* If the stamp of a write is the generation before it, the write is done: a drop between the
//!   two is concurrent, and counts as the later one. If the generation is another one, the family was dropped before
//!   the write, which was stamped for what is gone, and nobody will ever see it. Asked behind the write, nobody could
//!   tell which of both came first.

use std::time::Duration;

use lovely_session_key_value::{Entry, Error, Lifetime, family};
use memcache::exp::ReturnCode;

use crate::batch_result::BatchResult;
use crate::command::{Command, InvalidCommand, PendingCommand};
use crate::failure::Failure;
use crate::generation::{Generation, Generations};
use crate::lifetime::expiration;
use crate::outcome::entry;
use crate::process::Epoch;

/// An upper bound for the line of a command: the key, and flags.
const LINE_BYTES: usize = 370;

/// This many bytes of a value count as much as a command without a value.
const BYTES_PER_WEIGHT: usize = 4096;

/// Encoded commands.
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

/// Commands for one server.
#[derive(Debug)]
pub struct Batch {
    first_opaque: u32,
    pub(crate) commands: Vec<Command>,
    families: Families,
    /// The position of the command that reads the generation of the first family. Those of the others follow.
    generations_at: usize,
}

/// The families of the keys of a batch, each once.
#[derive(Debug, Default)]
pub(crate) struct Families(Vec<String>);

impl Families {
    /// The position of a key's family, which is added if it is new.
    pub(crate) fn position(&mut self, key: &str) -> Option<usize> {
        let family = family(key)?;
        // Most batches have one.
        Some(self.0.iter().position(|known| known == family).unwrap_or_else(|| {
            self.0.push(family.to_owned());
            self.0.len() - 1
        }))
    }

    /// The commands that read their generations.
    fn reads(&self) -> impl Iterator<Item = Result<Command, InvalidCommand>> {
        self.0.iter().map(|family| Command::generation(family))
    }
}

/// What an exchange has told about the generation of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// The generation; `None` if the family has none, and so no entries.
    Is(Option<Generation>),
    /// Nothing: the server refused the command.
    Nothing,
}

impl Told {
    /// Whether what has this stamp is an entry.
    pub(crate) fn lives(self, stamp: Option<Generation>) -> bool {
        stamp.is_some() && self == Self::Is(stamp)
    }
}

impl Batch {
    /// Reads these keys with their versions and the time they have left, and slides their lifetimes; `now` is the time
    /// since 1970. The time left is that from before. `reserve` reserves the opaques of so many commands, and returns
    /// the first. Use [`Self::into_entries`] on the result.
    ///
    /// The lifetime of what was dropped slides as well, until it is written again or memcached needs its room. It is
    /// never returned.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when memcached cannot keep an entry for that long.
    pub fn of_reads(
        keys: impl IntoIterator<Item = String>,
        touch: Option<Lifetime>,
        now: Duration,
        reserve: impl FnOnce(usize) -> u32,
    ) -> Result<Self, Error> {
        let touch = touch.map(|lifetime| expiration(lifetime, now)).transpose()?;
        let mut families = Families::default();
        let reads = keys.into_iter().map(|key| {
            let family = families.position(&key);
            Command::read(key, touch, family)
        });
        let reads = reads.collect::<Result<Vec<_>, _>>()?;
        Ok(Self::with_generations_behind(reads, families, reserve)?)
    }

    /// Reads the generations of the families of these keys, and nothing else. Use [`Self::learn`] on the result.
    ///
    /// # Errors
    ///
    /// When a key is not one that memcached takes.
    pub fn of_generations<'a>(
        keys: impl IntoIterator<Item = &'a str>,
        reserve: impl FnOnce(usize) -> u32,
    ) -> Result<Self, InvalidCommand> {
        let mut families = Families::default();
        for key in keys {
            families.position(key);
        }
        Self::with_generations_behind(Vec::new(), families, reserve)
    }

    /// Drops a family, by giving it a new generation: `random` has to be a random number that was never used for this,
    /// and the batch may be sent once only. Use [`BatchResult::into_dropped`] on the result.
    ///
    /// # Errors
    ///
    /// When the name is not one that memcached takes.
    pub fn of_drop(
        family: &str,
        random: u64,
        reserve: impl FnOnce(usize) -> u32,
    ) -> Result<Self, InvalidCommand> {
        let install = Command::install(family, Generation::random(random), false)?;
        Self::with_generations_behind(Vec::from([install]), Families::default(), reserve)
    }

    pub(crate) fn with_generations_behind(
        mut commands: Vec<Command>,
        families: Families,
        reserve: impl FnOnce(usize) -> u32,
    ) -> Result<Self, InvalidCommand> {
        let generations_at = commands.len();
        for read in families.reads() {
            commands.push(read?);
        }
        Ok(Self::numbered(commands, families, generations_at, reserve))
    }

    pub(crate) fn with_generations_in_front(
        writes: Vec<Command>,
        families: Families,
        reserve: impl FnOnce(usize) -> u32,
    ) -> Result<Self, InvalidCommand> {
        let mut commands = families.reads().collect::<Result<Vec<_>, _>>()?;
        commands.extend(writes);
        Ok(Self::numbered(commands, families, 0, reserve))
    }

    fn numbered(
        commands: Vec<Command>,
        families: Families,
        generations_at: usize,
        reserve: impl FnOnce(usize) -> u32,
    ) -> Self {
        let first_opaque = reserve(commands.len());
        let opaques = (0..).map(|position| first_opaque.wrapping_add(position));
        let commands = commands.into_iter().zip(opaques).map(|(command, opaque)| command.numbered(opaque));
        Self { first_opaque, commands: commands.collect(), families, generations_at }
    }

    /// Whether the commands change nothing but lifetimes, so that they may be repeated.
    pub fn is_read_only(&self) -> bool {
        use PendingCommand::{Generation, Look, Read};
        self.commands.iter().all(|command| matches!(command.pending, Read | Generation | Look))
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

    /// Remembers the generations that the server has told.
    pub fn learn(&self, result: &BatchResult, known: &mut Generations) {
        for (position, family) in self.families.0.iter().enumerate() {
            if let Some(Told::Is(generation)) = self.told(result, Some(position)) {
                known.set(family, generation);
            }
        }
    }

    /// What the server has told about the generation of the family at this position; `None` for no family.
    pub(crate) fn told(&self, result: &BatchResult, family: Option<usize>) -> Option<Told> {
        let reply = result.replies.get(self.generations_at + family?);
        let Some(Ok(reply)) = reply else { return Some(Told::Nothing) };
        Some(match (reply.rc, reply.client_flags) {
            (ReturnCode::En, _) => Told::Is(None),
            (ReturnCode::Hd, Some(flags)) => Told::Is(Generation::of_flags(flags)),
            _ => Told::Nothing,
        })
    }

    /// As [`Self::told`], by a key.
    pub(crate) fn told_of(&self, result: &BatchResult, key: &str) -> Option<Told> {
        let family = family(key)?;
        self.told(result, self.families.0.iter().position(|known| known == family))
    }

    /// The entries that the commands of [`Self::of_reads`] have read from this server, in the order of the keys.
    ///
    /// # Errors
    ///
    /// When a reply is missing, is an error reply, or is not that to a read.
    pub fn into_entries(
        self,
        result: BatchResult,
        server: &str,
        known: &mut Generations,
    ) -> Result<Vec<Option<Entry>>, Error> {
        let has_failed = result.interruption.is_some() || result.replies.iter().any(Result::is_err);
        let (Some(epoch), false) = (result.epoch, has_failed) else {
            return Err(result.failure().error(server));
        };
        self.learn(&result, known);
        let told: Vec<_> = self.commands.iter().map(|read| self.told(&result, read.family)).collect();
        let replies = result.replies.into_iter().take(self.generations_at);
        let read = |(reply, told)| entry(reply, epoch, told);
        let entries = replies.flatten().zip(told).map(read).collect::<Result<_, _>>();
        entries.map_err(|_| Failure::InvalidReply.error(server))
    }
}

#[cfg(test)]
mod tests {
    use memcache::exp::{MAX_KEY_LENGTH, MetaResponse, parse_meta_result};

    use super::*;
    use crate::failure::Interruption;

    const EPOCH: Epoch = Epoch(1);

    fn reads(keys: &[&str], touch: Option<Lifetime>) -> Batch {
        let keys = keys.iter().map(|&key| key.to_owned());
        Batch::of_reads(keys, touch, Duration::ZERO, |_| u32::MAX).unwrap()
    }

    fn sent(batch: &Batch) -> String {
        String::from_utf8(batch.encode(EPOCH).unwrap().bytes).unwrap()
    }

    fn result(lines: &[&str], interruption: Option<Interruption>) -> BatchResult {
        let reply = |line: &&str| MetaResponse::parse_header(line.as_bytes()).and_then(parse_meta_result);
        BatchResult { epoch: Some(EPOCH), replies: lines.iter().map(reply).collect(), interruption }
    }

    #[test]
    fn a_read_returns_the_value_the_version_and_the_time_left() {
        let touching = reads(&["a", "b"], Some(Lifetime::Seconds(60)));
        assert_eq!(sent(&touching), "mg a v c t T60 O4294967295\r\nmg b v c t T60 O0\r\n");
        assert_eq!(sent(&reads(&["a"], None)), "mg a v c t O4294967295\r\n");
        assert!(touching.is_read_only());
    }

    #[test]
    fn the_generation_of_each_family_is_asked_once_behind_the_reads() {
        let batch = reads(&["f:a", "g:b", "f:c", "d"], None);
        let expected = "mg f:a v f c t O4294967295\r\nmg g:b v f c t O0\r\nmg f:c v f c t O1\r\nmg d v c t O2\r\n\
                        mg f: f O3\r\nmg g: f O4\r\n";
        assert_eq!(sent(&batch), expected);
        let mut known = Generations::default();
        batch.learn(&result(&["EN", "EN", "EN", "EN", "HD f7", "EN"], None), &mut known);
        assert_eq!((known.get("f"), known.get("g")), (Generation::of_flags(7), None));
    }

    #[test]
    fn a_read_needs_all_replies() {
        let entries = |lines: &[&str], interruption| {
            let batch = reads(&["a", "f:b"], None);
            batch.into_entries(result(lines, interruption), "h:1", &mut Generations::default())
        };
        assert_eq!(entries(&["EN", "EN", "HD f7"], None), Ok(vec![None, None]));
        let lost = Some(Interruption::NoReply(Failure::TimedOut));
        assert_eq!(entries(&["EN", "EN"], lost), Err(Failure::TimedOut.error("h:1")));
        assert_eq!(entries(&["EN", "HD", "HD f7"], None), Err(Failure::InvalidReply.error("h:1")));
        let refused = entries(&["EN", "EN", "SERVER_ERROR busy"], None);
        assert_eq!(refused, Err(Failure::ServerError("busy".into()).error("h:1")));
        let unsent = BatchResult::unsent(Failure::Busy);
        let unsent = reads(&["a"], None).into_entries(unsent, "h:1", &mut Generations::default());
        assert_eq!(unsent, Err(Failure::Busy.error("h:1")));
    }

    #[test]
    fn an_error_reply_says_more_than_the_interruption_that_it_led_to() {
        let lost = Some(Interruption::NoReply(Failure::InvalidReply));
        let failed = result(&["EN", "CLIENT_ERROR bad data chunk"], lost);
        assert_eq!(failed.failure(), Failure::Rejected("bad data chunk".into()));
    }

    #[test]
    fn a_drop_gives_a_family_another_generation_whatever_is_there() {
        let drop = Batch::of_drop("f", 9, |_| 1).unwrap();
        assert_eq!(sent(&drop), "ms f: 0 c F9 T0 O1\r\n\r\n");
        assert!(!drop.is_read_only());
        assert_eq!(result(&["HD c3 O1"], None).into_dropped("h:1"), Ok(()));
        let lost = result(&[], Some(Interruption::NoReply(Failure::TimedOut))).into_dropped("h:1");
        assert_eq!(lost, Err(Failure::TimedOut.error("h:1")));
    }

    #[test]
    fn a_key_that_memcached_does_not_take_is_not_encoded() {
        let long = "k".repeat(MAX_KEY_LENGTH + 1);
        for key in ["", &long] {
            assert!(reads(&[key], None).encode(EPOCH).is_err(), "{key:?}");
        }
    }

    #[test]
    fn a_value_weighs_more_than_a_command() {
        let put = Command::put("k".into(), vec![0; 9000], 0, crate::command::PutIf::Always, None).unwrap();
        let batch = Batch::with_generations_behind(vec![put], Families::default(), |_| 0).unwrap();
        assert_eq!(batch.weight(), 3);
    }
}
