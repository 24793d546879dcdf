//! The records that a commit writes.

use alloc::string::String;
use alloc::vec::Vec;

use super::context::Commit;
use super::participant::{Action, Participant};
use crate::environment::{self, Environment, Write};
use crate::error::Error;
use crate::lifetime::{Expiry, kept_seconds, remembered_seconds};
use crate::record::{Decision, Effect, Header, Mark, Marks, Move, Pending, Record, encode, encode_pending};

/// A record to write, and for how many seconds the store keeps it; 0 means for ever.
pub struct NewRecord {
    pub value: Vec<u8>,
    pub seconds: u32,
}

/// Checks the size of a record against the limit of its container.
fn check_size(participant: &Participant<'_>, value: Vec<u8>) -> Result<Vec<u8>, Error> {
    let (size, limit) = (value.len() as u64, u64::from(participant.session.settings.options.max_size));
    if size > limit {
        return Err(Error::TooLarge { session: participant.session.name(), size, limit });
    }
    Ok(value)
}

impl<'s, E: Environment> Commit<'s, E> {
    /// The primary record with the decision.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Damaged`].
    pub fn new_primary(&self, decision: &Decision) -> Result<NewRecord, Error> {
        let primary = self.participants.first().ok_or(Error::Finished)?;
        self.new_record(primary, &decision.mark, (!decision.keys.is_empty()).then_some(decision))
    }

    /// The other records after the decision.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Damaged`].
    pub fn settled_records(&self, mark: &Mark) -> Result<Vec<NewRecord>, Error> {
        self.participants.iter().skip(1).map(|participant| self.new_record(participant, mark, None)).collect()
    }

    /// A record after the commit.
    pub fn new_record(
        &self,
        participant: &Participant<'s>,
        mark: &Mark,
        decision: Option<&Decision>,
    ) -> Result<NewRecord, Error> {
        let source = self.source(participant);
        let mut header = self.header(participant, Some(mark));
        header.decisions.extend(decision.cloned());
        let options = &participant.session.settings.options;
        let (value, seconds) = match participant.action {
            Action::Save | Action::MoveIn => {
                let record = source.live_record();
                let value = encode(&header, record, &participant.replacements(record)?);
                (value, kept_seconds(options.timeout))
            }
            Action::End | Action::MoveOut => {
                (header.ended_until, header.moved_to) = self.end(participant);
                header.timeout = self.longest_timeout;
                let seconds = remembered_seconds(&header, self.now).unwrap_or(1);
                (encode(&header, None, &[]), seconds)
            }
        };
        Ok(NewRecord { value: check_size(participant, value)?, seconds })
    }

    /// A prepared record: its present content, with the change as a pending one.
    fn prepared(
        &self,
        participant: &Participant<'s>,
        mut pending: Pending,
        is_primary: bool,
    ) -> Result<NewRecord, Error> {
        let (source, options) = (self.source(participant), &participant.session.settings.options);
        let begins = participant.action == Action::MoveIn || participant.base().live().is_none();
        let record = source.live_record();
        let empty = Vec::new();
        let (header, earlier, replaced) = if is_primary {
            pending.effect = if begins { Effect::Begin } else { Effect::Hold };
            (self.header(participant, None), record, empty)
        } else if begins {
            pending.effect = Effect::Begin;
            let value = encode(&self.header(participant, None), record, &participant.replacements(record)?);
            return self.prepared_to_begin(participant, value, &pending);
        } else {
            let replaced = match participant.action {
                Action::Save | Action::MoveIn => participant.replacements(record)?,
                Action::End | Action::MoveOut => {
                    let (ended_until, moved_to) = self.end(participant);
                    pending.effect = Effect::End { ended_until: ended_until.unwrap_or_default(), moved_to };
                    empty
                }
            };
            (self.unchanged_header(participant), record, replaced)
        };
        let value = encode_pending(&header, &pending, earlier, &replaced);
        Ok(NewRecord { value: check_size(participant, value)?, seconds: kept_seconds(options.timeout) })
    }

    /// A prepared record of a session that begins: it holds the whole session, and does not count before the
    /// decision.
    fn prepared_to_begin(
        &self,
        participant: &Participant<'s>,
        whole: Vec<u8>,
        pending: &Pending,
    ) -> Result<NewRecord, Error> {
        let whole = Record::decode(whole).map_err(|error| error.of_session(participant.session.name()))?;
        let value = encode_pending(whole.header(), pending, Some(&whole), &[]);
        Ok(NewRecord {
            value: check_size(participant, value)?,
            seconds: kept_seconds(participant.session.settings.options.timeout),
        })
    }

    /// The pending change for the other records, without its effect.
    fn pending(&self, mark: &Mark, expects: &str) -> Pending {
        let primary = self.participants.first();
        Pending {
            mark: *mark,
            primary: primary.map(|primary| String::from(&*primary.key)).unwrap_or_default(),
            expects: String::from(expects),
            since: self.now.as_secs(),
            is_validated: !self.read_only.is_empty(),
            effect: Effect::Change { replaced: Vec::new(), removed: Vec::new() },
        }
    }

    /// The newest mark of the primary while nothing is decided.
    pub fn undecided_mark(&self) -> String {
        let record = self.participants.first().and_then(|primary| primary.base().record.as_ref());
        record.map(|record| String::from(record.header().marks.newest())).unwrap_or_default()
    }

    /// The write that prepares a record.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Damaged`].
    pub fn prepared_write(&self, position: usize, mark: &Mark, expects: &str) -> Result<Write, Error> {
        let participant = self.participants.get(position).ok_or(Error::Finished)?;
        Ok(self.write(participant, self.prepared(participant, self.pending(mark, expects), position == 0)?))
    }

    /// The write that puts a record in the place of the current one.
    pub fn write(&self, participant: &Participant<'s>, new_record: NewRecord) -> Write {
        let NewRecord { value, seconds } = new_record;
        let lifetime = self.expiries.of(&participant.session.settings).lifetime(seconds);
        let change = environment::Change::Put { value, lifetime };
        Write { key: String::from(&*participant.key), expects: participant.base().expectation(), change }
    }

    /// The write that removes what was prepared.
    pub fn released_write(&self, participant: &Participant<'s>) -> Write {
        let settings = &participant.session.settings;
        let header = self.unchanged_header(participant);
        let was_there = participant.base().live().is_some() || !header.decisions.is_empty();
        // Not every store can delete on a condition.
        if !was_there && self.expiries.of(settings) == Expiry::Store {
            let (key, expects) = (String::from(&*participant.key), participant.base().expectation());
            return Write { key, expects, change: environment::Change::Delete };
        }
        let (header, seconds) = if was_there {
            (header, kept_seconds(settings.options.timeout))
        } else {
            (Header { ended_until: Some(0), ..header }, settings.options.remember_ended)
        };
        let record = participant.base().record.as_deref();
        self.write(participant, NewRecord { value: encode(&header, record, &[]), seconds })
    }

    /// The participant whose record has the session until now: of a session that moves, that under its old
    /// key.
    fn source<'a>(&'a self, participant: &'a Participant<'s>) -> &'a Participant<'s> {
        if participant.action != Action::MoveIn {
            return participant;
        }
        let position = self.moving.get(participant.session.index).copied().flatten();
        position.and_then(|position| self.participants.get(position)).unwrap_or(participant)
    }

    /// The header of a record as the commit writes it. Without a mark, the marks stay as they are.
    fn header(&self, participant: &Participant<'s>, mark: Option<&Mark>) -> Header {
        let source = self.source(participant);
        let (now, live) = (self.now.as_secs(), source.live_header());
        let earlier = source.base().record.as_ref().map(|record| record.header());
        let marks = match (earlier, mark) {
            (Some(header), Some(mark)) => header.marks.with(mark),
            (None, Some(mark)) => Marks::default().with(mark),
            (earlier, None) => earlier.map(|header| header.marks.clone()).unwrap_or_default(),
        };
        let is_new_place = participant.action == Action::MoveIn;
        let decisions = earlier.filter(|_| !is_new_place).map(|header| header.decisions.iter());
        let kept = |decision: &&Decision| !participant.settled_decisions.contains(&decision.mark);
        Header {
            life: *source.life(),
            marks,
            created: live.map_or(now, |header| header.created),
            saved: now,
            timeout: participant.session.settings.options.timeout,
            is_kept: self.is_kept(participant),
            decisions: decisions.into_iter().flatten().filter(kept).cloned().collect(),
            ..Header::default()
        }
    }

    /// The header of a record that does not change yet.
    fn unchanged_header(&self, participant: &Participant<'s>) -> Header {
        let header =
            participant.base().record.as_ref().map(|record| record.header().clone()).unwrap_or_default();
        Header { is_kept: header.is_kept || self.is_kept(participant), pending: None, ..header }
    }

    fn is_kept(&self, participant: &Participant<'s>) -> bool {
        let settings = &participant.session.settings;
        settings.options.timeout > 0 && self.expiries.of(settings) == Expiry::RecordAlone
    }

    /// Until when the tombstone of a session is remembered, and where the session moved.
    fn end(&self, participant: &Participant<'s>) -> (Option<u64>, Option<Move>) {
        let (now, identity) = (self.now.as_secs(), &participant.session.identity);
        let grace = if participant.action == Action::MoveOut { identity.grace.into() } else { 0 };
        let remembered = u64::from(participant.session.settings.options.remember_ended);
        let moved_to = (participant.action == Action::MoveOut).then(|| Move {
            key: String::from(&*identity.key),
            until: if grace > 0 { now.saturating_add(grace) } else { 0 },
        });
        (Some(now.saturating_add(remembered).saturating_add(grace)), moved_to)
    }

    /// The decision, with the keys of the records that wait for it.
    pub fn decision(&self, mark: &Mark) -> Decision {
        let keys =
            self.participants.iter().skip(1).map(|participant| String::from(&*participant.key)).collect();
        Decision { mark: *mark, keys }
    }
}
