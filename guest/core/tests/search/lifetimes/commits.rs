//! Commits: whether they failed as they should have, and what they changed.

use super::state::{Checker, SLACK, Status};
use crate::history::{ENDED, End, Failure, SKIPPED};
use crate::program::{Act, Deed, Id, MAX_IDS, TRUSTED};

impl Checker<'_> {
    /// The ids whose sessions a transaction writes to.
    fn written(&self, tx: usize) -> u16 {
        let (spec, observed) = (self.transactions[tx], &self.history.observed[tx]);
        let mut requested = Vec::new();
        let mut written = 0;
        for (act, answer) in spec.acts.iter().zip(&observed.answers) {
            match act {
                Act::Session(id) | Act::Resume(id) => requested.push(*id),
                Act::On(
                    handle,
                    Deed::Set(..) | Deed::Increment(_) | Deed::Add(..) | Deed::Destroy | Deed::Renew(..),
                ) if *answer != SKIPPED && *answer != ENDED => {
                    written |= 1 << requested[usize::from(*handle)];
                }
                _ => {}
            }
        }
        written
    }

    pub fn commits(&mut self, at: u64, tx: usize) {
        let written = self.written(tx);
        let progress = &self.progress[tx];
        // Ending a session that has timed out is allowed.
        let ends = self.transactions[tx].acts.iter().any(|act| matches!(act, Act::On(_, Deed::Destroy)));
        let (mut must_fail, mut in_time) = (false, true);
        for id in 0..MAX_IDS {
            if written & progress.found & !progress.began & 1 << id != 0 {
                must_fail |= self.status[id] == Status::Over
                    && progress.unclear & 1 << id == 0
                    && !self.is_disturbed(tx, id as Id);
                in_time &= self.status[id] == Status::Live
                    && progress.lives[id] == Some(self.ends[id])
                    && !self.is_disturbed(tx, id as Id);
            }
        }
        let progress = &mut self.progress[tx];
        (progress.commits_at, progress.must_fail, progress.in_time) = (at, must_fail && !ends, in_time);
    }

    pub fn ended(&mut self, at: u64, tx: usize, end: End) -> Option<String> {
        let written = self.written(tx);
        self.progress[tx].over = true;
        match end {
            End::Never | End::Aborted => None,
            End::Failed(failure) => {
                let ids = (0..MAX_IDS).filter(|id| written & 1 << id != 0);
                let lives = self.progress[tx].lives;
                let mut live = ids.map(|id| {
                    let lives_on = self.status[id] == Status::Live && lives[id] == Some(self.ends[id]);
                    lives_on && !self.is_disturbed(tx, id as Id)
                });
                let lost = failure == Failure::Gone && self.progress[tx].in_time && self.faultless();
                (lost && live.all(|live| live))
                    .then(|| "a session that was in use was gone at the commit".into())
            }
            End::Unknown => {
                self.forget(tx, written);
                None
            }
            End::Done => {
                if self.progress[tx].must_fail {
                    return Some("a session that had timed out was written back".into());
                }
                self.apply(at, tx, written);
                None
            }
        }
    }

    /// Forgets what is known of everything that a transaction may have changed.
    fn forget(&mut self, tx: usize, written: u16) {
        let ends = self.transactions[tx].may_end();
        for id in 0..MAX_IDS {
            let drawn = id >= TRUSTED.len() && self.status[id] != Status::Absent;
            // A session may have been ended under the id that it moved to.
            if written & 1 << id != 0 || ends && drawn {
                self.end_life(id, Status::Unclear);
            }
        }
        for act in &self.transactions[tx].acts {
            if let Act::On(_, Deed::Renew(id, _)) = act {
                self.end_life((*id).into(), Status::Unclear);
            }
        }
    }

    /// Notes what a transaction did.
    fn apply(&mut self, at: u64, tx: usize, written: u16) {
        let spec = self.transactions[tx];
        if !self.faultless() || spec.acts.iter().filter(|act| act.handles() > 0).count() > 1 && spec.may_end()
        {
            // What it did may also have been done earlier, or to the same session under another id.
            self.forget(tx, written);
            return;
        }
        let from = self.progress[tx].commits_at;
        if at - from > SLACK || self.progress[tx].unclear & written != 0 {
            self.forget(tx, written);
            return;
        }
        for id in 0..MAX_IDS {
            if written & 1 << id == 0 {
                continue;
            }
            let found = self.progress[tx].found & 1 << id != 0;
            let renewed = spec.acts.iter().rev().find_map(|act| match act {
                Act::On(_, Deed::Renew(new, grace)) => Some((*new, *grace)),
                _ => None,
            });
            let destroyed = spec.acts.iter().any(|act| matches!(act, Act::On(_, Deed::Destroy)));
            if self.is_disturbed(tx, id as Id) {
                self.forget(tx, written);
            } else if destroyed || renewed.is_some() {
                if destroyed && renewed.is_some() || !found || self.status[id] != Status::Live {
                    self.forget(tx, written);
                    continue;
                }
                let grace = match renewed {
                    Some((_, true)) if !destroyed => u64::from(self.lives().grace),
                    _ => 0,
                };
                self.end_life(id, Status::Ended { from, to: at, grace });
                if let Some((new, _)) = renewed.filter(|_| !destroyed) {
                    self.live(tx, new.into());
                }
            } else if self.status[id] != Status::Unclear {
                self.live(tx, id);
            }
        }
    }

    fn live(&mut self, tx: usize, id: usize) {
        if let Status::Ended { from, to, grace } = self.status[id] {
            let read_at = self.progress[tx].read_at[id];
            let remember = u64::from(self.lives().remember);
            if read_at.saturating_sub(to) <= grace + remember + SLACK {
                // It had moved with a grace, and was written where it is, unless its tombstone was just
                // forgotten.
                if read_at.saturating_sub(from) + SLACK >= grace {
                    self.status[id] = Status::Unclear;
                }
                return;
            }
        }
        self.status[id] = Status::Live;
        self.kept[id] = self.progress[tx].last[id];
        self.used[id] = self.used[id].max(self.kept[id]);
    }
}
