//! Requests of sessions: whether they were found as they should have been.

use super::state::{Checker, SLACK, Status, Use};
use crate::history::{Answer, ENDED, FOUND, NOTHING, SKIPPED};
use crate::program::{Act, Id};
use crate::text::id_name;

impl Checker<'_> {
    /// Checks the result of an act.
    pub fn check_result(&mut self, at: u64, tx: usize, position: usize, answer: Answer) -> Option<String> {
        self.progress[tx].begun = true;
        let used = std::mem::take(&mut self.progress[tx].used);
        let (id, begins) = match self.transactions[tx].acts[position] {
            Act::Session(id) => (id, true),
            Act::Resume(id) => (id, false),
            _ => return None,
        };
        if answer == SKIPPED {
            return None;
        }
        let bit = 1 << id;
        let asked_before = std::mem::replace(&mut self.progress[tx].requested[usize::from(id)], at);
        if at - self.progress[tx].called_at > SLACK {
            // Its clock may have differed from that of the store.
            self.progress[tx].unclear |= bit;
            self.forget_ended(&used);
            return None;
        }
        let was_unclear = self.progress[tx].unclear & bit != 0;
        if asked_before > 0 && at - asked_before >= self.safe() && self.lives().timeout > 0 {
            // It may have restarted the session.
            self.progress[tx].unclear |= bit;
        }
        let Some(last) = used.iter().rfind(|look| look.id == id).copied() else {
            return if was_unclear { None } else { self.check_repeated_request(tx, id, begins, answer) };
        };
        self.progress[tx].read_at[usize::from(id)] = last.at;
        // It reads again where others changed what it read, and returns what it found in one of these reads.
        let mut looks = used.iter().filter(|look| look.id == id);
        let is_explained =
            looks.any(|look| look.disturbed || self.check_request(*look, begins, answer).is_none());
        let wrong = if is_explained { None } else { self.check_request(last, begins, answer) };
        if answer == FOUND {
            match begins && last.status != Status::Live {
                true => self.progress[tx].began |= bit,
                false => self.progress[tx].found |= bit,
            }
            let is_certain = last.status == Status::Live && !last.disturbed;
            self.progress[tx].lives[usize::from(id)] = is_certain.then_some(self.ends[usize::from(id)]);
            // A request that follows a renewal uses the session where it is.
            for look in used {
                if look.status == Status::Live {
                    self.kept[usize::from(look.id)] = look.at;
                }
            }
        }
        wrong.map(|wrong| format!("{wrong}: {}", id_name(id)))
    }

    /// Forgets what is known of ended sessions that were read while time passed: a read of a tombstone slides
    /// its expiry to that of a live session, before the reader restores it; if time passes in between, the
    /// end may be forgotten early.
    fn forget_ended(&mut self, used: &[Use]) {
        for look in used {
            let status = &mut self.status[usize::from(look.id)];
            if matches!(status, Status::Ended { .. }) {
                *status = Status::Unclear;
            }
        }
    }

    /// Whether another transaction read an id some time ago, and has not returned from the act yet.
    pub fn is_being_read(&self, tx: usize, id: Id, at: u64) -> bool {
        self.progress.iter().enumerate().any(|(other, progress)| {
            let is_asking = !progress.over && progress.commits_at == 0;
            other != tx && is_asking && progress.used.iter().any(|look| look.id == id && at - look.at > SLACK)
        })
    }

    /// Checks a repeated request for a session that the transaction has.
    fn check_repeated_request(&mut self, tx: usize, id: Id, begins: bool, answer: Answer) -> Option<String> {
        let bit = 1 << id;
        let is_over = self.status[usize::from(id)] == Status::Over;
        if begins && is_over {
            self.progress[tx].began |= bit;
            self.progress[tx].found &= !bit;
        }
        let began = self.progress[tx].began & bit != 0;
        (is_over && !begins && !began && answer == FOUND && !self.is_disturbed(tx, id)).then(|| {
            format!("resume found a session that had timed out within the transaction: {}", id_name(id))
        })
    }

    /// Returns what is wrong with a result that is based on this read, if anything is.
    fn check_request(&self, look: Use, begins: bool, answer: Answer) -> Option<&'static str> {
        let (remember, when) = (u64::from(self.lives().remember), look.at);
        match look.status {
            Status::Live if answer != FOUND && self.faultless() => Some("a session that was in use was lost"),
            Status::Over if answer == FOUND && !begins => Some("a session was found that had timed out"),
            Status::Absent if answer == FOUND && !begins => Some("a session was found that nobody began"),
            Status::Ended { from, to, grace } => {
                let (least, most) = (when.saturating_sub(to), when.saturating_sub(from));
                if answer == ENDED && least > grace + remember + SLACK {
                    return Some("that a session ended was remembered for too long");
                }
                let certainly = least > grace + SLACK || grace == 0;
                if certainly && most + SLACK < grace + remember {
                    return match answer {
                        NOTHING => Some("that a session ended was forgotten too early"),
                        FOUND if begins => {
                            Some("a session was begun where that one ended was forgotten too early")
                        }
                        FOUND => Some("a session was found that had ended"),
                        _ => None,
                    };
                }
                None
            }
            _ => None,
        }
    }
}
