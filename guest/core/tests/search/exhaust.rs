//! Every schedule of a program: a depth-first search of all choices, which does not continue from a state
//! that was seen before.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::schedule::{Action, Chooser};

/// Hashes numbers that are hashes already.
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
    /// Whether to continue from states that were seen before: only to find out whether that makes a
    /// difference.
    repeats: bool,
    /// The states that were seen, with the minimum number of steps to each.
    seen: HashMap<u64, usize, BuildHasherDefault<Same>>,
    /// The number of steps after which a run is cut off. Commits over several records can block each other
    /// for many attempts.
    most_steps: usize,
    /// Whether a run was cut off.
    is_cut_off: bool,
    /// The current path: each choice, and the number of alternatives.
    path: Vec<(u16, u16)>,
    next: usize,
}

impl Default for Exhaust {
    fn default() -> Self {
        Self::up_to(usize::MAX)
    }
}

impl Exhaust {
    /// All schedules of at most this number of steps, and the first steps of longer ones.
    pub fn up_to(most_steps: usize) -> Self {
        let (seen, path) = (HashMap::default(), Vec::new());
        Self { repeats: false, seen, most_steps, is_cut_off: false, path, next: 0 }
    }

    /// All paths, also those that reach states that were seen before.
    pub fn repeating() -> Self {
        Self { repeats: true, ..Self::default() }
    }

    /// Whether there are schedules of more steps.
    pub fn is_cut_off(&self) -> bool {
        self.is_cut_off
    }

    /// The number of states that were seen.
    pub fn states(&self) -> usize {
        self.seen.len()
    }

    /// Turns to the next path. Returns `false` when there is none.
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
