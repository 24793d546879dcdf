//! The writes of a call on one server, from the first exchange to the last outcome.
//!
//! As a rule that is one exchange. Further ones are needed only where nobody has used a family for a while, or where it
//! was just dropped: to give it a generation, to find out whether what is in the way of a new entry was dropped, and to
//! send again what was stamped with a former generation. No write is stamped with a generation of which the server has
//! not said that it is in use. So whatever arrives late, even after a drop and an eviction, was stamped for something
//! that is gone.

use std::time::Duration;

use lovely_session_key_value::{Error, Outcome, Write, family};

use crate::batch::{Batch, Families, Told};
use crate::batch_result::BatchResult;
use crate::command::{Command, InvalidCommand};
use crate::generation::{Generation, Generations};
use crate::open_write::{OpenWrite, Step};

/// The most exchanges. More are needed only if a family is dropped again and again meanwhile.
const MAX_EXCHANGES: usize = 8;

/// The writes of a call on one server.
#[derive(Debug)]
pub struct Writing {
    writes: Vec<OpenWrite>,
    exchanges: usize,
    /// Whether the latest batch was one of [`Self::preparation`].
    is_preparing: bool,
}

impl Writing {
    /// These writes, which have passed the checks of the interface; `now` is the time since 1970.
    ///
    /// # Errors
    ///
    /// When memcached cannot do one of them.
    pub fn new(
        writes: impl IntoIterator<Item = Write>,
        now: Duration,
        known: &Generations,
    ) -> Result<Self, Error> {
        let writes = writes.into_iter().map(|write| OpenWrite::new(write, now, known));
        Ok(Self { writes: writes.collect::<Result<_, _>>()?, exchanges: 0, is_preparing: false })
    }

    /// What to send next; `None` when every write has its outcome. `random` returns a new random number with each call,
    /// and `reserve` reserves the opaques of so many commands and returns the first. The batch may be sent once only,
    /// unless it is [read-only](Batch::is_read_only), and its result is passed to [`Self::receive`].
    ///
    /// # Errors
    ///
    /// When a key is not one that memcached takes. This can only be so the first time.
    pub fn next_batch(
        &mut self,
        random: impl FnMut() -> u64,
        reserve: impl FnOnce(usize) -> u32,
    ) -> Result<Option<Batch>, InvalidCommand> {
        if self.open().next().is_none() {
            return Ok(None);
        }
        if self.exchanges >= MAX_EXCHANGES {
            // None of them was done, or ever counts.
            self.open().for_each(|(_, write)| write.outcome = Some(Outcome::Unavailable));
            return Ok(None);
        }
        self.exchanges += 1;
        let is_preparing = self.open().any(|(_, write)| write.needs_preparation());
        self.is_preparing = is_preparing;
        let batch = if self.is_preparing { self.preparation(random, reserve) } else { self.sending(reserve) };
        batch.map(Some)
    }

    /// Gives families a generation, and looks at what is in the way.
    fn preparation(
        &mut self,
        mut random: impl FnMut() -> u64,
        reserve: impl FnOnce(usize) -> u32,
    ) -> Result<Batch, InvalidCommand> {
        let (mut families, mut commands, mut installed) = (Families::default(), Vec::new(), Vec::new());
        for (position, write) in self.open().filter(|(_, write)| write.needs_preparation()) {
            let family_position = families.position(&write.key);
            if let Step::Look = write.step {
                commands.push(Command::look(write.key.clone())?.of(position, family_position));
            }
            let name = family(&write.key).filter(|_| write.needs_stamp());
            if let (Some(name), false) = (name, installed.contains(&family_position)) {
                installed.push(family_position);
                commands.push(Command::install(name, Generation::random(random()), true)?);
            }
        }
        Batch::with_generations_behind(commands, families, reserve)
    }

    fn sending(&mut self, reserve: impl FnOnce(usize) -> u32) -> Result<Batch, InvalidCommand> {
        let (mut families, mut commands) = (Families::default(), Vec::new());
        for (position, write) in self.open() {
            let family = families.position(&write.key);
            if write.is_delete_of_anything() && family.is_some() {
                commands.push(Command::look(write.key.clone())?.of(position, family));
            }
            commands.push(write.command(family)?.of(position, family));
        }
        Batch::with_generations_in_front(commands, families, reserve)
    }

    /// Takes the result of the latest batch, on a server whose items have at most `item_size_max` bytes.
    ///
    /// # Errors
    ///
    /// As [`Self::next_batch`].
    pub fn receive(
        &mut self,
        batch: Batch,
        result: &BatchResult,
        known: &mut Generations,
        item_size_max: u64,
    ) -> Result<(), InvalidCommand> {
        batch.learn(result, known);
        if self.is_preparing {
            self.stamp(&batch, result);
        }
        let told: Vec<_> = batch.commands.iter().map(|it| batch.told(result, it.family)).collect();
        for (position, (command, told)) in batch.commands.into_iter().zip(told).enumerate() {
            let Some(write) = command.write.and_then(|position| self.writes.get_mut(position)) else {
                continue;
            };
            match (result.replies.get(position), result.epoch) {
                (Some(reply), Some(epoch)) => write.receive(command, reply, epoch, told, item_size_max)?,
                _ if self.is_preparing => write.outcome = Some(Outcome::Unavailable),
                _ => write.outcome = Some(result.without_reply()),
            }
        }
        Ok(())
    }

    /// Stamps the writes whose families have got a generation. Where there is none, the server cannot keep one.
    fn stamp(&mut self, batch: &Batch, result: &BatchResult) {
        for (_, write) in self.open().filter(|(_, write)| write.needs_stamp()) {
            match batch.told_of(result, &write.key) {
                Some(Told::Is(Some(generation))) => write.stamp = Some(generation),
                _ => write.outcome = Some(Outcome::Unavailable),
            }
        }
    }

    /// The outcomes, in the order of the writes. What has none was not done.
    pub fn into_outcomes(self) -> Vec<Outcome> {
        let outcomes = self.writes.into_iter().map(|write| write.outcome);
        outcomes.map(|outcome| outcome.unwrap_or(Outcome::Unavailable)).collect()
    }

    /// The writes without an outcome, with their positions.
    fn open(&mut self) -> impl Iterator<Item = (usize, &mut OpenWrite)> {
        self.writes.iter_mut().enumerate().filter(|(_, write)| write.outcome.is_none())
    }
}

#[cfg(test)]
mod tests {
    use lovely_session_key_value::{Change, Expectation, Lifetime, Version};
    use memcache::exp::{MetaResponse, parse_meta_result};

    use super::*;
    use crate::failure::{Failure, Interruption};
    use crate::process::Epoch;
    use crate::token::Token;

    const EPOCH: Epoch = Epoch(1);
    const OTHER_EPOCH: Epoch = Epoch(2);

    /// Writes to a server whose generation of `f` is 5, as far as is known.
    struct Server {
        writing: Writing,
        known: Generations,
        batch: Option<Batch>,
    }

    impl Server {
        fn of(writes: Vec<Write>) -> Self {
            let mut known = Generations::default();
            known.set("f", Generation::of_flags(5));
            let writing = Writing::new(writes, Duration::ZERO, &known).unwrap();
            Self { writing, known, batch: None }
        }

        /// The bytes that are sent next to a process of this epoch.
        fn sends_to(&mut self, epoch: Epoch) -> String {
            self.batch = self.writing.next_batch(|| 8, |_| 1).unwrap();
            let bytes = self.batch.as_ref().map(|batch| batch.encode(epoch).unwrap().bytes);
            String::from_utf8(bytes.unwrap_or_default()).unwrap()
        }

        fn sends(&mut self) -> String {
            self.sends_to(EPOCH)
        }

        fn replies_and_breaks(&mut self, lines: &[&str], interruption: Option<Interruption>) {
            let reply = |line: &&str| MetaResponse::parse_header(line.as_bytes()).and_then(parse_meta_result);
            let replies = lines.iter().map(reply).collect();
            let result = BatchResult { epoch: Some(EPOCH), replies, interruption };
            let batch = self.batch.take().unwrap();
            self.writing.receive(batch, &result, &mut self.known, 1 << 20).unwrap();
        }

        fn replies(&mut self, lines: &[&str]) {
            self.replies_and_breaks(lines, None);
        }

        fn outcomes(mut self) -> Vec<Outcome> {
            assert_eq!(self.sends(), "");
            self.writing.into_outcomes()
        }
    }

    fn put(key: &str, expects: Expectation) -> Write {
        let change = Change::Put { value: b"v".to_vec(), lifetime: Lifetime::Seconds(9) };
        Write { key: key.into(), expects, change }
    }

    fn delete(key: &str, expects: Expectation) -> Write {
        Write { change: Change::Delete, ..put(key, expects) }
    }

    fn token(epoch: Epoch, generation: u32) -> Version {
        Token { epoch, cas: 7, generation: Generation::of_flags(generation) }.into()
    }

    fn version(epoch: Epoch) -> Expectation {
        Expectation::Version(token(epoch, 0))
    }

    fn applied(generation: u32) -> Outcome {
        Outcome::Applied(token(EPOCH, generation))
    }

    #[test]
    fn a_write_of_a_key_without_a_family_depends_on_what_it_expects() {
        let sent = |write: Write| Server::of(vec![write]).sends();
        assert_eq!(sent(put("k", Expectation::Absent)), "ms k 1 ME c T9 O1\r\nv\r\n");
        assert_eq!(sent(put("k", Expectation::Anything)), "ms k 1 c T9 O1\r\nv\r\n");
        assert_eq!(sent(put("k", version(EPOCH))), "ms k 1 c T9 C7 O1\r\nv\r\n");
        assert_eq!(sent(delete("k", version(EPOCH))), "md k C7 O1\r\n");
        let touch = Change::Touch(Lifetime::Seconds(9));
        assert_eq!(sent(Write { change: touch, ..put("k", Expectation::Anything) }), "mg k c T9 O1\r\n");
    }

    #[test]
    fn a_write_that_expects_a_version_of_another_epoch_is_not_sent() {
        let mut server = Server::of(vec![put("k", version(OTHER_EPOCH)), delete("l", version(OTHER_EPOCH))]);
        assert_eq!(server.sends(), "mg k u O1\r\nmg l u O2\r\n");
        server.replies(&["HD O1", "EN O2"]);
        assert_eq!(server.outcomes(), [Outcome::Stale, Outcome::Missing]);
    }

    #[test]
    fn a_write_without_a_reply_was_done_or_not_unless_it_was_not_sent() {
        let writes = || ["a", "b", "c"].map(|key| put(key, Expectation::Absent)).to_vec();
        let mut server = Server::of(writes());
        server.sends();
        server.replies_and_breaks(&["HD c7", "NS"], Some(Interruption::NoReply(Failure::TimedOut)));
        assert_eq!(server.outcomes(), [applied(0), Outcome::Stale, Outcome::Unknown]);
        let mut server = Server::of(writes());
        server.sends();
        server.replies_and_breaks(&[], Some(Interruption::Unsent(Failure::Busy)));
        assert_eq!(server.outcomes(), vec![Outcome::Unavailable; 3]);
    }

    #[test]
    fn a_write_is_stamped_and_its_generation_is_asked_in_front_in_the_same_exchange() {
        let mut server = Server::of(vec![
            put("f:a", Expectation::Absent),
            put("f:b", Expectation::Version(token(EPOCH, 4))),
            delete("f:c", Expectation::Anything),
        ]);
        let bytes = "mg f: f O1\r\nms f:a 1 ME c F5 T9 O2\r\nv\r\nms f:b 1 c F4 T9 C7 O3\r\nv\r\n\
                     mg f:c f c u O4\r\nmd f:c O5\r\n";
        assert_eq!(server.sends(), bytes);
        server.replies(&["HD f5 O1", "HD c7 O2", "HD c8 O3", "HD c9 f4 O4", "HD O5"]);
        assert_eq!(server.outcomes(), [applied(5), Outcome::Missing, Outcome::Missing]);
    }

    #[test]
    fn a_creation_with_a_former_generation_is_sent_again_in_its_own_place() {
        let mut server = Server::of(vec![put("f:a", Expectation::Absent)]);
        server.sends();
        server.replies(&["HD f6 O1", "HD c3 O2"]);
        assert_eq!(server.sends(), "mg f: f O1\r\nms f:a 1 c F6 T9 C3 O2\r\nv\r\n");
        server.replies(&["HD f6 O1", "HD c7 O2"]);
        assert_eq!(server.known.get("f"), Generation::of_flags(6));
        assert_eq!(server.outcomes(), [applied(6)]);
    }

    #[test]
    fn a_creation_looks_whether_what_is_in_its_way_was_dropped() {
        for (found, replaced) in [("HD f5 c3 O1", false), ("HD f4 c3 O1", true)] {
            let mut server = Server::of(vec![put("f:a", Expectation::Absent)]);
            server.sends();
            server.replies(&["HD f5 O1", "NS O2"]);
            assert_eq!(server.sends(), "mg f:a f c u O1\r\nmg f: f O2\r\n");
            server.replies(&[found, "HD f5 O2"]);
            if replaced {
                assert_eq!(server.sends(), "mg f: f O1\r\nms f:a 1 c F5 T9 C3 O2\r\nv\r\n");
                server.replies(&["HD f5 O1", "HD c7 O2"]);
            }
            assert_eq!(server.outcomes(), [if replaced { applied(5) } else { Outcome::Stale }]);
        }
    }

    #[test]
    fn a_family_without_a_generation_gets_one_before_anything_is_stamped_with_it() {
        let mut server = Server::of(vec![put("g:a", Expectation::Absent), put("g:b", Expectation::Anything)]);
        assert_eq!(server.sends(), "ms g: 0 ME c F8 T0 O1\r\n\r\nmg g: f O2\r\n");
        // Somebody else was first.
        server.replies(&["NS O1", "HD f3 O2"]);
        assert!(server.sends().contains("F3"), "the generation that is there counts");
        // It is evicted, and there are remains.
        server.replies(&["EN O1", "NS O2", "HD c4 O3"]);
        assert_eq!(server.sends(), "mg g:a f c u O1\r\nms g: 0 ME c F8 T0 O2\r\n\r\nmg g: f O3\r\n");
        server.replies(&["HD f3 c2 O1", "HD O2", "HD f8 O3"]);
        let again = "mg g: f O1\r\nms g:a 1 c F8 T9 C2 O2\r\nv\r\nms g:b 1 c F8 T9 O3\r\nv\r\n";
        assert_eq!(server.sends(), again);
        server.replies(&["HD f8 O1", "HD c7 O2", "HD c7 O3"]);
        assert_eq!(server.outcomes(), [applied(8), applied(8)]);
    }

    #[test]
    fn a_batch_that_gives_a_generation_may_not_be_sent_twice() {
        let mut server = Server::of(vec![put("g:a", Expectation::Absent)]);
        server.sends();
        assert!(!server.batch.as_ref().unwrap().is_read_only());
        server.replies_and_breaks(&[], Some(Interruption::NoReply(Failure::TimedOut)));
        assert_eq!(server.outcomes(), [Outcome::Unavailable], "nothing of the entry was sent");
    }

    #[test]
    fn a_family_that_is_dropped_again_and_again_makes_its_creations_unavailable_in_the_end() {
        let mut server = Server::of(vec![put("f:a", Expectation::Absent)]);
        for number in 6..6 + MAX_EXCHANGES {
            server.sends();
            server.replies(&[&format!("HD f{number} O1"), "HD c3 O2"]);
        }
        assert_eq!(server.outcomes(), [Outcome::Unavailable]);
    }
}
