//! Everything that can happen next in a run.

use lovely_session_core::{Expectation, Write};

use super::state::{PendingRequest, Run};
use crate::environment::Request;
use crate::history::End;
use crate::memory::{ALL_SERVERS, Memory};
use crate::program::StoreKind;
use crate::schedule::Action;

impl Run<'_> {
    /// Everything that can happen next; the faults come last.
    pub fn list(&self, actions: &mut Vec<Action>) {
        for client in 0..self.pending.len() as u8 {
            match &self.pending[usize::from(client)] {
                None if !self.started[usize::from(client)] => actions.push(Action::Step(client, 0)),
                None => {}
                Some(pending) => {
                    parts(pending).for_each(|(part, _)| actions.push(Action::Step(client, part)))
                }
            }
        }
        if actions.is_empty() {
            return;
        }
        actions.extend((0..self.delayed.len() as u8).map(Action::Arrive));
        if self.passed < self.program.lives.passes.len() {
            actions.push(Action::Pass);
        }
        if self.faults > 0 {
            self.list_faults(actions);
        }
    }

    fn list_faults(&self, actions: &mut Vec<Action>) {
        let kinds = &self.program.faults.kinds;
        let has = |kind: char| kinds.contains(kind);
        for (client, pending) in self.pending.iter().enumerate() {
            let Some(pending) = pending else { continue };
            let client = client as u8;
            let whole = pending.open == pending.parts.len();
            for (part, _) in parts(pending).filter(|(_, writes)| *writes) {
                let faults = [
                    ('w', Action::Lose(client, part)),
                    ('a', Action::LoseReply(client, part)),
                    ('d', Action::Unreachable(client, part)),
                    ('l', Action::Delay(client, part)),
                ];
                actions.extend(faults.into_iter().filter(|(kind, _)| has(*kind)).map(|(_, action)| action));
            }
            let writes = matches!(pending.request, Request::Write(_));
            if whole && !matches!(pending.request, Request::Pause) && has(if writes { 'r' } else { 'g' }) {
                actions.push(Action::Refuse(client));
            }
            if whole && writes && has('u') && self.memory.kind != StoreKind::Keeps {
                actions.push(Action::Unsupported(client));
            }
            if has('c') {
                actions.push(Action::Crash(client));
            }
        }
        // A write that creates an entry and got no reply may be applied whenever the key is absent, and is
        // sent again. While it may be the one that took effect, it cannot be distinguished from a session that begins.
        // So the store loses nothing under that key then, but only after the transaction has failed.
        let observed = self.shared.observed.borrow();
        let is_under_way = |number: usize| observed[number].end == End::Never;
        let may_count = |number: usize| !matches!(observed[number].end, End::Failed(_));
        let awaited = |key: &str| {
            let mut delayed =
                self.delayed.iter().filter(|(write, number, _)| creates(write) && may_count(*number));
            let mut creations = self.creations.iter().filter(|(_, number)| is_under_way(*number));
            delayed.any(|(write, ..)| write.key == key) || creations.any(|(its, _)| its == key)
        };
        if has('e') {
            let lost = self.memory.held().filter(|(_, key)| !awaited(key));
            actions.extend(lost.map(|(position, _)| Action::Evict(position as u8)));
        }
        let all_may_be_lost = || self.memory.held().all(|(_, key)| !awaited(key));
        let creates_late =
            || self.delayed.iter().any(|(write, number, _)| creates(write) && may_count(*number));
        if has('R') && all_may_be_lost() && !creates_late() {
            actions.push(Action::Restart);
        }
        let drops = [('D', ALL_SERVERS), ('P', 0b01), ('P', 0b10)];
        let drops = drops.into_iter().filter(|(kind, servers)| has(*kind) && self.may_drop(*servers));
        actions.extend(drops.map(|(_, servers)| Action::Drop(servers)));
    }

    /// Whether the container may be dropped on these servers now, and that would make a difference. A write that was
    /// delayed does not matter, because it counts no more then. But as long as a transaction has a creation without a
    /// reply and is not over, it sends it again, which cannot be distinguished from a session that begins.
    fn may_drop(&self, servers: u8) -> bool {
        let observed = self.shared.observed.borrow();
        let is_here = |key: &str| servers & 1 << Memory::server(key) != 0;
        let mut creations = self.creations.iter();
        let is_awaited = creations.any(|(key, number)| observed[*number].end == End::Never && is_here(key));
        let holds = self.memory.held_on(servers).next().is_some();
        !is_awaited && (holds || self.delayed.iter().any(|(write, ..)| is_here(&write.key)))
    }
}

/// Whether a write expects that the key is absent.
fn creates(write: &Write) -> bool {
    write.expects == Expectation::Absent
}

/// The parts of a client's request that are not done yet, and whether they are writes.
fn parts(pending: &PendingRequest) -> impl Iterator<Item = (u8, bool)> {
    let writes = matches!(pending.request, Request::Write(_));
    let open = pending.parts.iter().enumerate().filter(|(_, part)| part.is_none());
    open.map(move |(part, _)| (part as u8, writes))
}
