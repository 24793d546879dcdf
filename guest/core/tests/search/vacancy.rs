//! What the results of a transaction do not show about how it found its sessions, so that all possibilities
//! are tried.
//!
//! A transaction at a weaker level may have found something to be empty. To clear what is empty, or to end or
//! renew an absent session, changes nothing, so it needs no position in the order; and what is loaded is not
//! validated there.

use lovely_session_core::Isolation;

use crate::history::{ENDED, FOUND, Observed, SKIPPED};
use crate::program::{Act, Deed, Tx};

/// The maximum number of acts of one transaction for which both possibilities are tried.
const MAX_VACANCIES: usize = 5;

/// The transaction followed sessions to where they had moved before the store lost the tombstone.
pub const FOLLOWED: u64 = 1 << 63;

/// The store lost what the transaction found under an id, and another session has begun there since.
pub const REPLACED: u64 = 1 << 62;

/// What may have been the case or not; a bit each.
#[derive(Debug, Default)]
pub struct Vacancies(Vec<u64>);

/// The bit for the first session that an act requests, or the second.
pub fn bit(act: usize, second: bool) -> u64 {
    1 << (2 * act + usize::from(second))
}

impl Vacancies {
    /// What is unknown of a transaction, during which the store lost the entries of these ids.
    pub fn of(tx: &Tx, observed: &Observed, evicted: u16) -> Self {
        let mut bits = Vec::new();
        if evicted != 0 {
            bits.extend([FOLLOWED, REPLACED]);
        }
        let is_weak = tx.isolation != Isolation::Serializable;
        for (position, (act, answer)) in tx.acts.iter().zip(&observed.answers).enumerate() {
            let may_be_absent =
                is_weak && *answer == FOUND && tx.may_end() && observed.certain & 1 << position == 0;
            match act {
                Act::On(_, Deed::Clear(_) | Deed::RemovePackage(_) | Deed::Remove(_))
                    if is_weak && !matches!(*answer, SKIPPED | ENDED) =>
                {
                    bits.push(bit(position, false));
                }
                Act::Session(_) if may_be_absent => bits.push(bit(position, false)),
                Act::Sessions(..) if may_be_absent => {
                    bits.extend([bit(position, false), bit(position, true)])
                }
                _ => {}
            }
        }
        bits.truncate(MAX_VACANCIES);
        Self(bits)
    }

    /// The number of possibilities.
    pub fn ways(&self) -> usize {
        1 << self.0.len()
    }

    /// One of the possibilities: the acts that found nothing.
    pub fn choose(&self, way: usize) -> u64 {
        self.0.iter().enumerate().filter(|(position, _)| way & 1 << position != 0).map(|(_, bit)| bit).sum()
    }
}
