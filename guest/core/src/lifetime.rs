//! How long records are kept, and when their sessions are over.
//!
//! A read slides the expiry of whatever it finds to that of a live session, without knowing what it is. So the
//! record itself tells when its session ended, and a reader who finds a tombstone gives it back the time that it
//! needs.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::time::Duration;

use crate::environment::Lifetime;
use crate::options::Settings;
use crate::record::Header;

/// The seconds that the store keeps a record beyond its time, so that the record decides and not the rounding
/// of the store's clock.
const SLACK: u32 = 2;

/// The seconds for which an ended session remembers the decisions it took, where sessions never time out:
/// thirty days.
const REMEMBER_DECISIONS: u32 = 2_592_000;

/// Who watches over the expiry of sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// The store, which slides it with every read.
    Store,
    /// The record: the store cannot slide an expiry, but may drop the record by itself.
    Record,
    /// The record alone: the store knows no expiry.
    RecordAlone,
}

impl Expiry {
    /// How long a record lives from now on, as far as the store can see to it; 0 seconds stand for ever.
    pub fn lifetime(self, seconds: u32) -> Lifetime {
        if seconds == 0 || self == Self::RecordAlone {
            Lifetime::NeverExpires
        } else {
            Lifetime::Seconds(seconds)
        }
    }
}

/// What the store turned out to be able to do, for each container of one transaction. The next transaction asks
/// again: one refusal must not decide how sessions are kept from then on.
#[derive(Debug, Default)]
pub struct Expiries(RefCell<Vec<(Rc<Settings>, Expiry)>>);

impl Expiries {
    /// Who watches over the expiry of a container's sessions.
    pub fn of(&self, settings: &Rc<Settings>) -> Expiry {
        let learned = self.0.borrow();
        learned.iter().find(|(of, _)| Rc::ptr_eq(of, settings)).map_or(Expiry::Store, |(_, expiry)| *expiry)
    }

    /// Takes in that the store refused something. Returns whether that is news.
    pub fn learn(&self, settings: &Rc<Settings>, expiry: Expiry) -> bool {
        let mut learned = self.0.borrow_mut();
        match learned.iter_mut().find(|(of, _)| Rc::ptr_eq(of, settings)) {
            Some((_, known)) => core::mem::replace(known, expiry) != expiry,
            None => {
                learned.push((Rc::clone(settings), expiry));
                true
            }
        }
    }
}

/// For how many seconds the store keeps the record of a live session with this timeout, from its last use on; 0 for
/// ever. It is not kept longer for the sake of tombstones: a read that slides a session which has timed out would
/// make it look alive.
pub fn kept_seconds(timeout: u32) -> u32 {
    if timeout == 0 { 0 } else { timeout.saturating_add(SLACK) }
}

/// For how many seconds from now on the record of an ended session is needed; none when it may go.
///
/// It is remembered for as long as it says. One that took decisions over several records also has to outlive
/// what waits for them, which is as long as a session can wait.
pub fn remembered_seconds(header: &Header, now: Duration) -> Option<u32> {
    let decisions_until = match (header.decisions.is_empty(), header.timeout) {
        (true, _) => 0,
        (false, 0) => header.saved.saturating_add(REMEMBER_DECISIONS.into()),
        (false, timeout) => header.saved.saturating_add(timeout.into()),
    };
    let until = header.ended_until.unwrap_or_default().max(decisions_until);
    let left = until.checked_sub(now.as_secs()).filter(|left| *left > 0)?;
    Some(u32::try_from(left).unwrap_or(u32::MAX).saturating_add(SLACK))
}

/// What it takes to tell how long a session has been idle.
#[derive(Clone, Copy, Debug)]
pub struct Idleness {
    pub expiry: Expiry,
    pub now: Duration,
}

impl Idleness {
    /// The seconds since a session was last used, given what the store said of its record. None when nobody
    /// can tell: the session never times out, or the store slides its expiry and does not tell it.
    pub fn seconds(&self, header: &Header, seconds_left: Option<u32>) -> Option<u64> {
        if header.timeout == 0 {
            None
        } else if self.is_told_by_record(header) {
            Some(self.age(header))
        } else {
            Some(kept_seconds(header.timeout).saturating_sub(seconds_left?).into())
        }
    }

    /// Whether a session timed out.
    pub fn is_over(&self, header: &Header, seconds_left: Option<u32>) -> bool {
        self.seconds(header, seconds_left).is_some_and(|idle| idle >= header.timeout.into())
    }

    /// Whether the record alone tells when the session was used last, so that reads have to write it.
    pub fn is_told_by_record(&self, header: &Header) -> bool {
        self.expiry != Expiry::Store || header.is_kept
    }

    /// The seconds since the record was written.
    pub fn age(&self, header: &Header) -> u64 {
        self.now.as_secs().saturating_sub(header.saved)
    }
}
