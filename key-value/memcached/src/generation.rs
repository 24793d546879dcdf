//! Generations of families, by which a whole family is dropped at once.
//!
//! On each server a family has a *generation*, a random number. It is the client flags of a small item under the
//! family's name and a colon, a key that no entry has. Every entry is stamped, in its own client flags, with the
//! generation that its writer knew. An entry counts only while its stamp is the generation of its family. So a new
//! generation drops all entries, and what is still written with the former one was never there.
//!
//! A family without that item has no entries, whatever the server holds. So it is harmless when the item is evicted, or
//! lost in a restart: the family goes with it, and does not come back.

use std::num::NonZeroU32;

/// The most families of which a generation is remembered.
const MAX_FAMILIES: usize = 1024;

/// A random number of 32 bits, which is never 0.
///
/// No generation is installed twice: each is sent to a server once, and never again if that is in doubt. By chance, a
/// new generation equals one particular earlier one in one of 2^32 cases; what was stamped with that one and is still
/// held by the server would be seen again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generation(NonZeroU32);

impl Generation {
    /// A generation from a random number.
    pub fn random(number: u64) -> Self {
        // The upper half, or the lower one if that is 0.
        let halves = [(number >> 32) as u32, number as u32];
        Self(halves.into_iter().find_map(NonZeroU32::new).unwrap_or(NonZeroU32::MIN))
    }

    /// The generation with these client flags. Flags of 0 are not a generation.
    pub(crate) fn of_flags(flags: u32) -> Option<Self> {
        NonZeroU32::new(flags).map(Self)
    }

    /// The client flags.
    pub(crate) fn flags(self) -> u32 {
        self.0.get()
    }
}

/// The key of the item that has the generation of a family.
pub(crate) fn key(family: &str) -> String {
    format!("{family}:")
}

/// The generations of families on one server, as they were last seen. Only a guess, which every exchange with the
/// server corrects: so a write that creates an entry can be sent with a stamp at once.
#[derive(Debug, Default)]
pub struct Generations {
    /// Sorted by family. A map would make the component larger.
    known: Vec<(Box<str>, Generation)>,
    /// The position whose family is forgotten next when there are too many.
    next_victim: usize,
}

impl Generations {
    /// The generation that a family had last.
    pub(crate) fn get(&self, family: &str) -> Option<Generation> {
        let position = self.position(family).ok()?;
        self.known.get(position).map(|(_, generation)| *generation)
    }

    /// Records what the server has said; `None` if the family has no generation.
    pub(crate) fn set(&mut self, family: &str, generation: Option<Generation>) {
        match (self.position(family), generation) {
            (Ok(position), Some(generation)) => {
                if let Some(known) = self.known.get_mut(position) {
                    known.1 = generation;
                }
            }
            (Ok(position), None) => drop(self.known.remove(position)),
            (Err(_), Some(generation)) => self.insert(family, generation),
            (Err(_), None) => {}
        }
    }

    fn insert(&mut self, family: &str, generation: Generation) {
        if self.known.len() >= MAX_FAMILIES {
            // Any of them will do: it costs one more exchange.
            self.next_victim = (self.next_victim + 1) % self.known.len();
            self.known.remove(self.next_victim);
        }
        if let Err(position) = self.position(family) {
            self.known.insert(position, (family.into(), generation));
        }
    }

    /// The position of a family, or where to insert it.
    fn position(&self, family: &str) -> Result<usize, usize> {
        self.known.binary_search_by(|(known, _)| (**known).cmp(family))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generation_is_never_0() {
        assert_eq!(Generation::random(0).flags(), 1);
        assert_eq!(Generation::random(7).flags(), 7);
        assert_eq!(Generation::random(9 << 32).flags(), 9);
        assert_eq!(Generation::of_flags(0), None);
    }

    #[test]
    fn what_was_seen_last_is_known() {
        let mut known = Generations::default();
        for (family, number) in [("b", 2), ("a", 1), ("b", 3)] {
            known.set(family, Generation::of_flags(number));
        }
        assert_eq!(known.get("a"), Generation::of_flags(1));
        assert_eq!(known.get("b"), Generation::of_flags(3));
        known.set("b", None);
        known.set("c", None);
        assert_eq!((known.get("b"), known.get("c")), (None, None));
    }

    #[test]
    fn at_most_a_limit_of_families_is_remembered() {
        let mut known = Generations::default();
        for number in 0..3 * MAX_FAMILIES {
            known.set(&format!("f{number}"), Generation::of_flags(7));
        }
        assert_eq!(known.known.len(), MAX_FAMILIES);
        assert!(known.known.is_sorted_by(|one, next| one.0 < next.0));
        assert!(known.get(&format!("f{}", 3 * MAX_FAMILIES - 1)).is_some());
    }
}
