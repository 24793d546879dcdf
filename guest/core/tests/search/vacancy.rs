//! What is not told of how a transaction found its sessions, so that both is tried.
//!
//! A transaction at a weaker level may have found something to be empty. To clear what is empty, or to end or renew a session
//! that is not there, changes nothing, so it needs no place in the order; and what is loaded is not validated there.

use lovely_session_core::Isolation;

use crate::history::{ENDED, FOUND, SKIPPED, Told};
use crate::program::{Act, Deed, Tx};

/// The most acts of one transaction of which both is tried. Of further ones it is not.
const MAX_VACANCIES: usize = 5;

/// It followed sessions to where they had moved before the store lost the way.
pub const FOLLOWED: u64 = 1 << 63;

/// What it found under an id was lost by the store, and another session has begun there since.
pub const REPLACED: u64 = 1 << 62;

/// What may have been so or not; a bit each.
#[derive(Debug, Default)]
pub struct Vacancies(Vec<u64>);

/// A bit for the first session that an act asks for, or the second.
pub fn bit(act: usize, second: bool) -> u64 {
    1 << (2 * act + usize::from(second))
}

impl Vacancies {
    /// What is not told of a transaction, during which the store lost something under these ids.
    pub fn of(tx: &Tx, told: &Told, evicted: u16) -> Self {
        let mut bits = Vec::new();
        if evicted != 0 {
            bits.extend([FOLLOWED, REPLACED]);
        }
        let is_weak = tx.isolation != Isolation::Serializable;
        for (place, (act, answer)) in tx.acts.iter().zip(&told.answers).enumerate() {
            let may_be_absent = is_weak && *answer == FOUND && tx.may_end() && told.certain & 1 << place == 0;
            match act {
                Act::On(_, Deed::Clear(_) | Deed::RemovePackage(_) | Deed::Remove(_))
                    if is_weak && !matches!(*answer, SKIPPED | ENDED) =>
                {
                    bits.push(bit(place, false));
                }
                Act::Session(_) if may_be_absent => bits.push(bit(place, false)),
                Act::Sessions(..) if may_be_absent => bits.extend([bit(place, false), bit(place, true)]),
                _ => {}
            }
        }
        bits.truncate(MAX_VACANCIES);
        Self(bits)
    }

    /// In how many ways they can have been empty or not.
    pub fn ways(&self) -> usize {
        1 << self.0.len()
    }

    /// One of these ways: the acts that found nothing.
    pub fn choose(&self, way: usize) -> u64 {
        self.0.iter().enumerate().filter(|(place, _)| way & 1 << place != 0).map(|(_, bit)| bit).sum()
    }
}
