//! How long records are kept, and when sessions time out.
//!
//! A read slides the expiry of every entry it finds to that of a live session, because it does not know yet
//! what the entry holds. So a record itself says when its session ended, and a reader that finds a tombstone
//! restores its lifetime.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::time::Duration;

use crate::environment::Lifetime;
use crate::options::Settings;
use crate::record::Header;

/// The number of seconds that the store keeps a record beyond its timeout, so that the record decides when
/// the session is over, and not the rounding of the store's clock.
const SLACK: u32 = 2;

/// The number of seconds for which an ended session remembers its decisions if sessions never time out: 30
/// days.
const REMEMBER_DECISIONS: u32 = 2_592_000;

/// What ends sessions that are not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// The store, which slides the expiry with every read.
    Store,
    /// The record. The store cannot slide an expiry, but may drop the entry once it expired.
    Record,
    /// The record alone. The store cannot expire entries.
    RecordAlone,
}

impl Expiry {
    /// The lifetime to give to a record that is needed for this number of seconds from now on, or for ever
    /// when it is 0.
    pub fn lifetime(self, seconds: u32) -> Lifetime {
        if seconds == 0 || self == Self::RecordAlone {
            Lifetime::NeverExpires
        } else {
            Lifetime::Seconds(seconds)
        }
    }
}

/// The kind of expiry of each container in one transaction. It is learned from what the store refuses, and
/// every transaction starts anew: one refusal must not decide how sessions are kept from then on.
#[derive(Debug, Default)]
pub struct Expiries(RefCell<Vec<(Rc<Settings>, Expiry)>>);

impl Expiries {
    /// The kind of expiry of a container's sessions.
    pub fn of(&self, settings: &Rc<Settings>) -> Expiry {
        let learned = self.0.borrow();
        learned.iter().find(|(of, _)| Rc::ptr_eq(of, settings)).map_or(Expiry::Store, |(_, expiry)| *expiry)
    }

    /// Notes the kind of expiry that the store supports. Returns whether it is different from what was known.
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

/// The number of seconds for which the store keeps the record of a live session after each use; 0 means for
/// ever. It is not longer for the sake of tombstones: a read slides the expiry of a session that has timed
/// out as well, and would make it look alive.
pub fn kept_seconds(timeout: u32) -> u32 {
    if timeout == 0 { 0 } else { timeout.saturating_add(SLACK) }
}

/// The number of seconds from now on for which the record of an ended session is needed; `None` when it can
/// be removed.
///
/// It is needed for as long as the header says. One that decided commits over several records must also
/// outlive the records that wait for these decisions: they are kept for at most the longest timeout.
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

/// Computes how long sessions have been idle.
#[derive(Clone, Copy, Debug)]
pub struct Idleness {
    pub expiry: Expiry,
    pub now: Duration,
}

impl Idleness {
    /// The number of seconds since a session was last used, given the remaining lifetime that the store
    /// reported. `None` when it cannot be known: the session never times out, or the store slides its expiry
    /// and does not report it.
    pub fn seconds(&self, header: &Header, seconds_left: Option<u32>) -> Option<u64> {
        if header.timeout == 0 {
            None
        } else if self.is_told_by_record(header) {
            Some(self.age(header))
        } else {
            Some(kept_seconds(header.timeout).saturating_sub(seconds_left?).into())
        }
    }

    /// Whether a session has timed out.
    pub fn is_over(&self, header: &Header, seconds_left: Option<u32>) -> bool {
        self.seconds(header, seconds_left).is_some_and(|idle| idle >= header.timeout.into())
    }

    /// Whether only the record says when the session was last used, so that reads have to write it.
    pub fn is_told_by_record(&self, header: &Header) -> bool {
        self.expiry != Expiry::Store || header.is_kept
    }

    /// The number of seconds since the record was written.
    pub fn age(&self, header: &Header) -> u64 {
        self.now.as_secs().saturating_sub(header.saved)
    }
}
