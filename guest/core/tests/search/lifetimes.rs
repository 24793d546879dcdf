//! The judge of how long sessions live, in programs in which time passes. It looks at what happened when, and leaves
//! alone what depends on a few seconds, or on transactions that run at the same time.

use crate::history::{Answer, ENDED, End, Event, FOUND, Failure, History, NOTHING, SKIPPED, View};
use crate::program::{
    Act, Deed, Id, Initial, Lives, MAX_IDS, MAX_TRANSACTIONS, Program, StoreKind, TRUSTED, Tx,
};
use crate::text::id_name;

/// How many seconds clocks and roundings may make a difference.
const SLACK: u64 = 8;

/// What is known of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Absent,
    Live,
    /// It timed out.
    Over,
    /// It was destroyed, or moved for so many seconds of grace; between these two moments.
    Ended {
        from: u64,
        to: u64,
        grace: u64,
    },
    /// One of these, or it is just about to time out.
    Unclear,
}

/// What is known of a transaction.
#[derive(Clone, Debug, Default)]
struct Progress {
    begun: bool,
    over: bool,
    /// When its last act began.
    asked_at: u64,
    /// When it last asked for each id.
    asked: [u64; MAX_IDS],
    /// When it last looked what is there, for one of its acts.
    looked: [u64; MAX_IDS],
    /// The ids of which it is not clear what it did.
    unclear: u16,
    /// What it used since its last act.
    used: Vec<Use>,
    /// When it last used each id.
    last: [u64; MAX_IDS],
    commits_at: u64,
    /// The ids under which it found a session that was there.
    found: u16,
    /// The ids under which it may have begun a session.
    began: u16,
    /// Which life of each session it certainly found, by how often the sessions under that id had ended before.
    lives: [Option<u32>; MAX_IDS],
    /// It would write back what has timed out.
    must_fail: bool,
    /// Nothing that it changes has timed out.
    in_time: bool,
}

/// A look at what is stored for an id.
#[derive(Clone, Copy, Debug)]
struct Use {
    id: Id,
    at: u64,
    /// What was known then.
    status: Status,
    disturbed: bool,
}

struct Judge<'h> {
    program: &'h Program,
    transactions: Vec<&'h Tx>,
    history: &'h History,
    status: [Status; MAX_IDS],
    /// When somebody last used a session, and when somebody last did so that it certainly lives on.
    used: [u64; MAX_IDS],
    kept: [u64; MAX_IDS],
    /// How often a session that certainly lived under an id ended, or may have.
    ends: [u32; MAX_IDS],
    progress: Vec<Progress>,
}

/// What is wrong with how long sessions lived in a run, if anything is.
pub fn judge(program: &Program, history: &History) -> Option<String> {
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
    let mut judge =
        Judge { program, transactions, history, status, used, kept, ends: [0; MAX_IDS], progress };
    judge.judge()
}

impl Judge<'_> {
    fn judge(&mut self) -> Option<String> {
        for (at, event) in &self.history.events {
            let at = at.as_secs();
            self.age(at);
            let wrong = match *event {
                Event::Used(tx, id) => {
                    self.progress[tx].begun = true;
                    let ended = matches!(self.status[usize::from(id)], Status::Ended { .. });
                    if ended && self.is_being_looked_at(tx, id, at) {
                        self.status[usize::from(id)] = Status::Unclear;
                    }
                    let (status, disturbed) = (self.status[usize::from(id)], self.is_disturbed(tx, id));
                    self.progress[tx].used.push(Use { id, at, status, disturbed });
                    self.progress[tx].last[usize::from(id)] = at;
                    self.used[usize::from(id)] = at;
                    None
                }
                Event::Asks(tx) => {
                    self.progress[tx].asked_at = at;
                    None
                }
                Event::Told(tx, place, answer) => self.told(at, tx, place, answer),
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

    fn lives(&self) -> &Lives {
        &self.program.lives
    }

    fn faultless(&self) -> bool {
        self.program.faults.budget == 0
    }

    /// The seconds without use for which a session certainly lives on.
    fn safe(&self) -> u64 {
        let timeout = u64::from(self.lives().timeout);
        let resolution = if self.program.store == StoreKind::Slides { 0 } else { timeout / 2 };
        timeout.saturating_sub(resolution + SLACK)
    }

    /// Takes in which time it is.
    fn age(&mut self, at: u64) {
        let timeout = u64::from(self.lives().timeout);
        for id in 0..MAX_IDS {
            if timeout == 0 || self.status[id] != Status::Live {
                continue;
            }
            if at - self.used[id] > timeout + SLACK {
                self.become_no_more(id, Status::Over);
            } else if at - self.kept[id] >= self.safe() {
                // It may have timed out, and may not.
                self.become_no_more(id, Status::Unclear);
            }
        }
    }

    /// Takes in that a session does not certainly live any more.
    fn become_no_more(&mut self, id: usize, status: Status) {
        self.ends[id] += u32::from(self.status[id] == Status::Live);
        self.status[id] = status;
    }

    /// Whether another transaction that is under way may change whether there is a session under an id.
    fn is_disturbed(&self, tx: usize, id: Id) -> bool {
        self.transactions.iter().enumerate().any(|(other, spec)| {
            let Progress { begun, over, .. } = self.progress[other];
            other != tx && begun && !over && self.changes_life(spec, id)
        })
    }

    fn changes_life(&self, spec: &Tx, id: Id) -> bool {
        let asks = |act: &Act| matches!(act, Act::Session(it) | Act::Resume(it) if *it == id);
        let begins = |act: &Act| matches!(act, Act::Session(it) if *it == id);
        spec.may_end() && (spec.acts.iter().any(asks) || usize::from(id) >= TRUSTED.len())
            || spec.acts.iter().any(begins) && self.status[usize::from(id)] != Status::Live
    }

    /// An act was answered.
    fn told(&mut self, at: u64, tx: usize, place: usize, answer: Answer) -> Option<String> {
        self.progress[tx].begun = true;
        let used = std::mem::take(&mut self.progress[tx].used);
        let (id, begins) = match self.transactions[tx].acts[place] {
            Act::Session(id) => (id, true),
            Act::Resume(id) => (id, false),
            _ => return None,
        };
        if answer == SKIPPED {
            return None;
        }
        let bit = 1 << id;
        let asked_before = std::mem::replace(&mut self.progress[tx].asked[usize::from(id)], at);
        if at - self.progress[tx].asked_at > SLACK {
            // Its clock may have told another time than the store's.
            self.progress[tx].unclear |= bit;
            self.blur_what_ended(&used);
            return None;
        }
        let was_unclear = self.progress[tx].unclear & bit != 0;
        if asked_before > 0 && at - asked_before >= self.safe() && self.lives().timeout > 0 {
            // It may have begun the session again.
            self.progress[tx].unclear |= bit;
        }
        let Some(last) = used.iter().rfind(|look| look.id == id).copied() else {
            return if was_unclear { None } else { self.told_without_looking(tx, id, begins, answer) };
        };
        self.progress[tx].looked[usize::from(id)] = last.at;
        // It looks again where others changed what it saw, and tells what it saw at one of these moments.
        let mut looks = used.iter().filter(|look| look.id == id);
        let is_explained = looks.any(|look| look.disturbed || self.check(*look, begins, answer).is_none());
        let wrong = if is_explained { None } else { self.check(last, begins, answer) };
        if answer == FOUND {
            match begins && last.status != Status::Live {
                true => self.progress[tx].began |= bit,
                false => self.progress[tx].found |= bit,
            }
            let is_certain = last.status == Status::Live && !last.disturbed;
            self.progress[tx].lives[usize::from(id)] = is_certain.then_some(self.ends[usize::from(id)]);
            // Who follows a session that moved uses it where it is.
            for look in used {
                if look.status == Status::Live {
                    self.kept[usize::from(look.id)] = look.at;
                }
            }
        }
        wrong.map(|wrong| format!("{wrong}: {}", id_name(id)))
    }

    /// Time passed while somebody looked at these. A look at what an ended session left slides its expiry to that of
    /// a live session, before the one who looks gives it its time back; if time passes between, it may be forgotten
    /// early.
    fn blur_what_ended(&mut self, used: &[Use]) {
        for look in used {
            let status = &mut self.status[usize::from(look.id)];
            if matches!(status, Status::Ended { .. }) {
                *status = Status::Unclear;
            }
        }
    }

    /// Whether somebody else has looked at what is there some time ago, and is not done with it.
    fn is_being_looked_at(&self, tx: usize, id: Id, at: u64) -> bool {
        self.progress.iter().enumerate().any(|(other, progress)| {
            let is_asking = !progress.over && progress.commits_at == 0;
            other != tx && is_asking && progress.used.iter().any(|look| look.id == id && at - look.at > SLACK)
        })
    }

    /// A transaction asked again for a session that it has.
    fn told_without_looking(&mut self, tx: usize, id: Id, begins: bool, answer: Answer) -> Option<String> {
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

    /// Whether what somebody was told who looked at this moment is wrong.
    fn check(&self, look: Use, begins: bool, answer: Answer) -> Option<&'static str> {
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

    /// The ids whose sessions a transaction writes to.
    fn written(&self, tx: usize) -> u16 {
        let (spec, told) = (self.transactions[tx], &self.history.told[tx]);
        let mut asked = Vec::new();
        let mut written = 0;
        for (act, answer) in spec.acts.iter().zip(&told.answers) {
            match act {
                Act::Session(id) | Act::Resume(id) => asked.push(*id),
                Act::On(
                    handle,
                    Deed::Set(..) | Deed::Increment(_) | Deed::Add(..) | Deed::Destroy | Deed::Renew(..),
                ) if *answer != SKIPPED && *answer != ENDED => {
                    written |= 1 << asked[usize::from(*handle)];
                }
                _ => {}
            }
        }
        written
    }

    fn commits(&mut self, at: u64, tx: usize) {
        let written = self.written(tx);
        let progress = &self.progress[tx];
        // To end what has timed out is no harm.
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

    fn ended(&mut self, at: u64, tx: usize, end: End) -> Option<String> {
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
                self.blur(tx, written);
                None
            }
            End::Done => {
                if self.progress[tx].must_fail {
                    return Some("a session that had timed out was written back".into());
                }
                self.take_in(at, tx, written);
                None
            }
        }
    }

    /// Nothing is known any more of what a transaction may have changed.
    fn blur(&mut self, tx: usize, written: u16) {
        let ends = self.transactions[tx].may_end();
        for id in 0..MAX_IDS {
            let drawn = id >= TRUSTED.len() && self.status[id] != Status::Absent;
            // A session may have been ended where it moved to.
            if written & 1 << id != 0 || ends && drawn {
                self.become_no_more(id, Status::Unclear);
            }
        }
        for act in &self.transactions[tx].acts {
            if let Act::On(_, Deed::Renew(id, _)) = act {
                self.become_no_more((*id).into(), Status::Unclear);
            }
        }
    }

    /// Takes in what a transaction did.
    fn take_in(&mut self, at: u64, tx: usize, written: u16) {
        let spec = self.transactions[tx];
        if !self.faultless() || spec.acts.iter().filter(|act| act.handles() > 0).count() > 1 && spec.may_end()
        {
            // What it did may also have been done earlier, or to the same session under another id.
            self.blur(tx, written);
            return;
        }
        let from = self.progress[tx].commits_at;
        if at - from > SLACK || self.progress[tx].unclear & written != 0 {
            self.blur(tx, written);
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
                self.blur(tx, written);
            } else if destroyed || renewed.is_some() {
                if destroyed && renewed.is_some() || !found || self.status[id] != Status::Live {
                    self.blur(tx, written);
                    continue;
                }
                let grace = match renewed {
                    Some((_, true)) if !destroyed => u64::from(self.lives().grace),
                    _ => 0,
                };
                self.become_no_more(id, Status::Ended { from, to: at, grace });
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
            let looked = self.progress[tx].looked[id];
            let remember = u64::from(self.lives().remember);
            if looked.saturating_sub(to) <= grace + remember + SLACK {
                // It had moved with a grace, and was written where it is, unless what it left was just forgotten.
                if looked.saturating_sub(from) + SLACK >= grace {
                    self.status[id] = Status::Unclear;
                }
                return;
            }
        }
        self.status[id] = Status::Live;
        self.kept[id] = self.progress[tx].last[id];
        self.used[id] = self.used[id].max(self.kept[id]);
    }

    /// Long after the end everything is forgotten that can be.
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
