//! Every schedule of a program: choices are tried depth first, and a state that was seen is not gone on from again.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::schedule::{Action, Chooser};

/// Numbers that are hashes already.
#[derive(Clone, Copy, Default)]
pub struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unimplemented_for_bytes();
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

fn unimplemented_for_bytes() {
    panic!("only numbers are hashed");
}

/// The choices still to be tried.
pub struct Exhaust {
    /// Whether states that were seen are gone on from again: only to find out whether that makes a difference.
    repeats: bool,
    /// The states that were seen, with the fewest steps after which they were.
    seen: HashMap<u64, usize, BuildHasherDefault<Same>>,
    /// After so many steps a run is broken off. Commits over several records can be in each other's way for many rounds.
    most_steps: usize,
    /// Whether a run was.
    is_cut_off: bool,
    /// The path under way: what was chosen of how many.
    path: Vec<(u16, u16)>,
    next: usize,
}

impl Default for Exhaust {
    fn default() -> Self {
        Self::up_to(usize::MAX)
    }
}

impl Exhaust {
    /// Tries every schedule of up to so many steps, and the first steps of the others.
    pub fn up_to(most_steps: usize) -> Self {
        let (seen, path) = (HashMap::default(), Vec::new());
        Self { repeats: false, seen, most_steps, is_cut_off: false, path, next: 0 }
    }

    /// Tries every path, even those that come to states that were seen.
    pub fn repeating() -> Self {
        Self { repeats: true, ..Self::default() }
    }

    /// Whether there are schedules of more steps.
    pub fn is_cut_off(&self) -> bool {
        self.is_cut_off
    }

    /// How many states were seen.
    pub fn states(&self) -> usize {
        self.seen.len()
    }

    /// Turns to the next path; false when there is none.
    pub fn advance(&mut self) -> bool {
        self.next = 0;
        while let Some((choice, count)) = self.path.pop() {
            if choice + 1 < count {
                self.path.push((choice + 1, count));
                return true;
            }
        }
        false
    }
}

impl Chooser for Exhaust {
    fn choose(&mut self, actions: &[Action], state: &mut dyn FnMut() -> u64) -> Option<usize> {
        if let Some((choice, _)) = self.path.get(self.next) {
            self.next += 1;
            return Some((*choice).into());
        }
        if self.next >= self.most_steps {
            self.is_cut_off = true;
            return None;
        }
        let steps = self.seen.entry(state()).or_insert(usize::MAX);
        if self.next >= *steps && !self.repeats {
            return None;
        }
        *steps = self.next;
        self.path.push((0, actions.len() as u16));
        self.next += 1;
        Some(0)
    }
}
