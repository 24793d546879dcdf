//! What readers find after a run.

use std::time::Duration;

use super::state::Run;
use crate::history::{Afterwards, View};
use crate::memory::Memory;
use crate::program::Lives;
use crate::reader;

impl Run<'_> {
    /// The results of readers at the end, with and without a reader before the last delayed writes are
    /// applied.
    pub fn look(&mut self) -> Vec<Vec<Vec<View>>> {
        let mut looked_at = self.memory.clone();
        let first = self.read_all(&mut looked_at);
        if self.delayed.is_empty() {
            return vec![vec![first]];
        }
        let delayed: Vec<_> = self.delayed.drain(..).collect();
        for (write, _, stamp) in &delayed {
            looked_at.arrive(write, *stamp);
            let outcome = self.memory.arrive(write, *stamp);
            self.trace.arrives(self.shared, write, &outcome);
        }
        let again = self.read_all(&mut looked_at);
        let mut memory = self.memory.clone();
        vec![vec![first, again], vec![self.read_all(&mut memory)]]
    }

    /// The results of a reader for every id.
    fn read_all(&mut self, memory: &mut Memory) -> Vec<View> {
        let ids = self.shared.ids.borrow();
        let views = reader::look(&self.program.lives, memory, &ids[..self.program.ids()]);
        self.trace.sees(&views);
        views
    }

    /// The results of a reader after everything must have been forgotten.
    pub fn afterwards(&mut self) -> Afterwards {
        let Lives { timeout, remember, grace, .. } = self.program.lives;
        let at = self.memory.now;
        // Where sessions never time out, an ended session remembers its decisions for 30 days.
        let longest = if timeout == 0 { 31 * 86_400 } else { timeout };
        self.memory.now += Duration::from_secs(u64::from(longest.max(remember + grace)) + 100);
        let left = self.memory.held().filter_map(|(_, key)| self.shared.id_of(key)).collect();
        let ids = self.shared.ids.borrow().clone();
        let later = reader::look(&self.program.lives, &mut self.memory, &ids[..self.program.ids()]);
        Afterwards { at, later, left }
    }
}
