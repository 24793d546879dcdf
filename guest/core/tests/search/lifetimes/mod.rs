//! Checks how long sessions live, in programs in which time passes. It follows what happened when, and ignores what depends
//! on a few seconds, or on transactions that run at the same time.

mod commits;
mod requests;
mod state;

use self::state::{Checker, Progress, Status, Use};
use crate::history::{Event, History, View};
use crate::program::{Id, Initial, MAX_IDS, MAX_TRANSACTIONS, Program, StoreKind, Tx};
use crate::text::id_name;

/// Returns what is wrong with how long sessions lived in a run, if anything is.
pub fn check(program: &Program, history: &History) -> Option<String> {
    let transactions: Vec<&Tx> = program.transactions().collect();
    let start = crate::setup::NOW.as_secs();
    let mut status = [Status::Absent; MAX_IDS];
    for (id, initial) in program.initial.iter().enumerate() {
        status[id] = match initial {
            Initial::Absent => Status::Absent,
            Initial::Live(_) => Status::Live,
            Initial::Ended => Status::Unclear,
        };
    }
    let progress = vec![Progress::default(); transactions.len().min(MAX_TRANSACTIONS)];
    let (used, kept) = ([start; MAX_IDS], [start; MAX_IDS]);
    let mut checker =
        Checker { program, transactions, history, status, used, kept, ends: [0; MAX_IDS], progress };
    checker.check()
}

impl Checker<'_> {
    fn check(&mut self) -> Option<String> {
        for (at, event) in &self.history.events {
            let at = at.as_secs();
            self.age(at);
            let wrong = match *event {
                Event::Used(tx, id) => {
                    self.progress[tx].begun = true;
                    let ended = matches!(self.status[usize::from(id)], Status::Ended { .. });
                    if ended && self.is_being_read(tx, id, at) {
                        self.status[usize::from(id)] = Status::Unclear;
                    }
                    let (status, disturbed) = (self.status[usize::from(id)], self.is_disturbed(tx, id));
                    self.progress[tx].used.push(Use { id, at, status, disturbed });
                    self.progress[tx].last[usize::from(id)] = at;
                    self.used[usize::from(id)] = at;
                    None
                }
                Event::Calls(tx) => {
                    self.progress[tx].called_at = at;
                    None
                }
                Event::Returned(tx, position, answer) => self.check_result(at, tx, position, answer),
                Event::Commits(tx) => {
                    self.commits(at, tx);
                    None
                }
                Event::Ended(tx, end) => self.ended(at, tx, end),
            };
            if wrong.is_some() {
                return wrong;
            }
        }
        self.afterwards()
    }

    /// Checks that everything is forgotten long after the end.
    fn afterwards(&mut self) -> Option<String> {
        let timeout = self.lives().timeout;
        self.age(self.history.afterwards.at.as_secs());
        for (id, view) in self.history.afterwards.later.iter().enumerate() {
            let name = id_name(id as Id);
            match view {
                View::Live(_) if timeout > 0 => {
                    return Some(format!("a session lives long after its timeout: {name}"));
                }
                View::Ended => return Some(format!("that a session ended is never forgotten: {name}")),
                View::Broken => return Some(format!("a session cannot be read: {name}")),
                View::Nothing if timeout == 0 && self.status[id] == Status::Live && self.faultless() => {
                    return Some(format!("a session that never times out was lost: {name}"));
                }
                _ => {}
            }
        }
        if self.program.store == StoreKind::Keeps || self.program.faults.kinds.contains('u') {
            return None;
        }
        let mut left = self.history.afterwards.left.iter();
        let ended = |id: &Id| matches!(self.status[usize::from(*id)], Status::Ended { .. });
        let id = left.find(|id| timeout > 0 || ended(id))?;
        Some(format!("the store holds something for ever: {}", id_name(*id)))
    }
}
