//! The records that a commit writes.

use alloc::string::String;
use alloc::vec::Vec;

use super::context::Commit;
use super::part::{Change, Part};
use crate::environment::{self, Environment, Write};
use crate::error::Error;
use crate::lifetime::{Expiry, kept_seconds, remembered_seconds};
use crate::record::{Decision, Effect, Header, Mark, Marks, Move, Pending, Record, encode, encode_pending};

/// A record to be written, and for how many seconds the store keeps it; 0 for ever.
pub struct Image {
    pub value: Vec<u8>,
    pub seconds: u32,
}

/// Refuses a record over the limit of its container.
fn check_size(part: &Part<'_>, value: Vec<u8>) -> Result<Vec<u8>, Error> {
    let (size, limit) = (value.len() as u64, u64::from(part.session.settings.options.max_size));
    if size > limit {
        return Err(Error::TooLarge { session: part.session.name(), size, limit });
    }
    Ok(value)
}

impl<'s, E: Environment> Commit<'s, E> {
    /// The record in which the commit is decided.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Damaged`].
    pub fn primary_image(&self, decision: &Decision) -> Result<Image, Error> {
        let primary = self.parts.first().ok_or(Error::Finished)?;
        self.image(primary, &decision.mark, (!decision.keys.is_empty()).then_some(decision))
    }

    /// The other records as they become once the commit is decided.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Damaged`].
    pub fn settled_images(&self, mark: &Mark) -> Result<Vec<Image>, Error> {
        self.parts.iter().skip(1).map(|part| self.image(part, mark, None)).collect()
    }

    /// A record with what the commit makes of it.
    pub fn image(&self, part: &Part<'s>, mark: &Mark, decision: Option<&Decision>) -> Result<Image, Error> {
        let source = self.source(part);
        let mut header = self.header(part, Some(mark));
        header.decisions.extend(decision.cloned());
        let options = &part.session.settings.options;
        let (value, seconds) = match part.change {
            Change::Save | Change::Arrive => {
                let record = source.live_record();
                let value = encode(&header, record, &part.replacements(record)?);
                (value, kept_seconds(options.timeout))
            }
            Change::End | Change::Leave => {
                (header.ended_until, header.moved_to) = self.end(part);
                header.timeout = self.longest_timeout();
                let seconds = remembered_seconds(&header, self.now).unwrap_or(1);
                (encode(&header, None, &[]), seconds)
            }
        };
        Ok(Image { value: check_size(part, value)?, seconds })
    }

    /// A record in which the commit is prepared: as it is, with what it becomes if the commit is decided.
    fn prepared(&self, part: &Part<'s>, mut pending: Pending, is_primary: bool) -> Result<Image, Error> {
        let (source, options) = (self.source(part), &part.session.settings.options);
        let begins = part.change == Change::Arrive || part.base().live().is_none();
        let record = source.live_record();
        let empty = Vec::new();
        let (header, earlier, replaced) = if is_primary {
            pending.effect = if begins { Effect::Begin } else { Effect::Hold };
            (self.header(part, None), record, empty)
        } else if begins {
            pending.effect = Effect::Begin;
            let value = encode(&self.header(part, None), record, &part.replacements(record)?);
            return self.prepared_to_begin(part, value, &pending);
        } else {
            let replaced = match part.change {
                Change::Save | Change::Arrive => part.replacements(record)?,
                Change::End | Change::Leave => {
                    let (ended_until, moved_to) = self.end(part);
                    pending.effect = Effect::End { ended_until: ended_until.unwrap_or_default(), moved_to };
                    empty
                }
            };
            (self.unchanged_header(part), record, replaced)
        };
        let value = encode_pending(&header, &pending, earlier, &replaced);
        Ok(Image { value: check_size(part, value)?, seconds: kept_seconds(options.timeout) })
    }

    /// A record that does not count yet, with the whole session.
    fn prepared_to_begin(&self, part: &Part<'s>, whole: Vec<u8>, pending: &Pending) -> Result<Image, Error> {
        let whole = Record::decode(whole).map_err(|error| error.of_session(part.session.name()))?;
        let value = encode_pending(whole.header(), pending, Some(&whole), &[]);
        Ok(Image {
            value: check_size(part, value)?,
            seconds: kept_seconds(part.session.settings.options.timeout),
        })
    }

    /// The change that waits in the other records, less its effect.
    fn pending(&self, mark: &Mark, expects: &str) -> Pending {
        let primary = self.parts.first();
        Pending {
            mark: *mark,
            primary: primary.map(|primary| String::from(&*primary.key)).unwrap_or_default(),
            expects: String::from(expects),
            since: self.now.as_secs(),
            is_validated: !self.watched.is_empty(),
            effect: Effect::Change { replaced: Vec::new(), removed: Vec::new() },
        }
    }

    /// The newest mark that the primary has as long as nothing is decided.
    pub fn undecided_mark(&self) -> String {
        let record = self.parts.first().and_then(|primary| primary.base().record.as_ref());
        record.map(|record| String::from(record.header().marks.newest())).unwrap_or_default()
    }

    /// The write that prepares a record.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Damaged`].
    pub fn prepared_write(&self, number: usize, mark: &Mark, expects: &str) -> Result<Write, Error> {
        let part = self.parts.get(number).ok_or(Error::Finished)?;
        Ok(self.write(part, self.prepared(part, self.pending(mark, expects), number == 0)?))
    }

    /// The write of an image over what the record was.
    pub fn write(&self, part: &Part<'s>, image: Image) -> Write {
        let Image { value, seconds } = image;
        let lifetime = self.expiries.of(&part.session.settings).lifetime(seconds);
        let change = environment::Change::Put { value, lifetime };
        Write { key: String::from(&*part.key), expects: part.base().expectation(), change }
    }

    /// The write that takes back what was prepared.
    pub fn released_write(&self, part: &Part<'s>) -> Write {
        let settings = &part.session.settings;
        let header = self.unchanged_header(part);
        let was_there = part.base().live().is_some() || !header.decisions.is_empty();
        // Not every store can remove on a condition.
        if !was_there && self.expiries.of(settings) == Expiry::Store {
            let (key, expects) = (String::from(&*part.key), part.base().expectation());
            return Write { key, expects, change: environment::Change::Delete };
        }
        let (header, seconds) = if was_there {
            (header, kept_seconds(settings.options.timeout))
        } else {
            (Header { ended_until: Some(0), ..header }, settings.options.remember_ended)
        };
        let record = part.base().record.as_deref();
        self.write(part, Image { value: encode(&header, record, &[]), seconds })
    }

    /// The part whose record holds the session up to now.
    fn source<'a>(&'a self, part: &'a Part<'s>) -> &'a Part<'s> {
        let left =
            |other: &&Part<'_>| other.change == Change::Leave && other.session.index == part.session.index;
        if part.change != Change::Arrive {
            return part;
        }
        self.parts.iter().find(left).unwrap_or(part)
    }

    /// The header of a record as the commit writes it: with its mark, or with the marks that were there before.
    fn header(&self, part: &Part<'s>, mark: Option<&Mark>) -> Header {
        let source = self.source(part);
        let (now, live) = (self.now.as_secs(), source.live_header());
        let earlier = source.base().record.as_ref().map(|record| record.header());
        let marks = match (earlier, mark) {
            (Some(header), Some(mark)) => header.marks.with(mark),
            (None, Some(mark)) => Marks::default().with(mark),
            (earlier, None) => earlier.map(|header| header.marks.clone()).unwrap_or_default(),
        };
        let is_new_place = part.change == Change::Arrive;
        let decisions = earlier.filter(|_| !is_new_place).map(|header| header.decisions.iter());
        let kept = |decision: &&Decision| !part.forgotten.contains(&decision.mark);
        Header {
            life: *source.life(),
            marks,
            created: live.map_or(now, |header| header.created),
            saved: now,
            timeout: part.session.settings.options.timeout,
            is_kept: self.is_kept(part),
            decisions: decisions.into_iter().flatten().filter(kept).cloned().collect(),
            ..Header::default()
        }
    }

    /// The header of a record that stays as it is for now.
    fn unchanged_header(&self, part: &Part<'s>) -> Header {
        let header = part.base().record.as_ref().map(|record| record.header().clone()).unwrap_or_default();
        Header { is_kept: header.is_kept || self.is_kept(part), pending: None, ..header }
    }

    /// For how long any of the records can wait for the decision; 0 for ever.
    fn longest_timeout(&self) -> u32 {
        let timeouts = self.parts.iter().map(|part| part.session.settings.options.timeout);
        timeouts.reduce(|one, other| if one == 0 || other == 0 { 0 } else { one.max(other) }).unwrap_or(0)
    }

    fn is_kept(&self, part: &Part<'s>) -> bool {
        let settings = &part.session.settings;
        settings.options.timeout > 0 && self.expiries.of(settings) == Expiry::RecordAlone
    }

    /// How the old record of a session says that it ended: until when that is remembered, and where it moved.
    fn end(&self, part: &Part<'s>) -> (Option<u64>, Option<Move>) {
        let (now, identity) = (self.now.as_secs(), &part.session.identity);
        let grace = if part.change == Change::Leave { identity.grace.into() } else { 0 };
        let remembered = u64::from(part.session.settings.options.remember_ended);
        let moved_to = (part.change == Change::Leave).then(|| Move {
            key: String::from(&*identity.key),
            until: if grace > 0 { now.saturating_add(grace) } else { 0 },
        });
        (Some(now.saturating_add(remembered).saturating_add(grace)), moved_to)
    }

    /// The decision, and the records that wait for it.
    pub fn decision(&self, mark: &Mark) -> Decision {
        let keys = self.parts.iter().skip(1).map(|part| String::from(&*part.key)).collect();
        Decision { mark: *mark, keys }
    }
}
