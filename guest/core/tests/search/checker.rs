//! The checker: is there a serial order of the transactions that explains all their results, and what readers
//! find at the end?
//!
//! Transactions that succeeded are in the order. Those whose outcome is unknown, or whose client crashed
//! during the commit, may be. All others are not. A transaction that ended before another began comes before
//! it.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::history::{Answer, ENDED, End, History, NOTHING, Observed, View};
use crate::model::State;
use crate::program::{Act, Id, Program, TRUSTED, Tx};
use crate::replay::{Replay, begins_later};
use crate::vacancy::Vacancies;

/// An item of the order.
#[derive(Clone, Copy, Debug)]
enum What {
    /// A transaction.
    Done(usize),
    /// The transaction found no session under an id, or an ended one, and nothing else depends on that. So it
    /// must have been true at one time, but not when the transaction committed.
    Saw(usize, Id, Answer),
    /// The store lost entries.
    Lost(usize),
    /// A reader at the end.
    Looked(usize),
}

/// An item, and what is known of its position.
#[derive(Clone, Copy, Debug)]
struct Item {
    what: What,
    /// Whether it must be in the order.
    must: bool,
    /// The items that come before it, a bit each.
    after: u32,
    /// The items that it cannot follow, a bit each.
    not_behind: u32,
}

/// The number of attempts after which a history is left undecided.
const MAX_ATTEMPTS: usize = 200_000;

/// The number of attempts after which failed ones are remembered.
const MANY_ATTEMPTS: usize = 500;

/// The number of ways in which an eviction can lose the changes of four other sessions.
const MAX_TORN: usize = 16;

/// The result of the checker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Explanation {
    Explained,
    Unexplained,
    /// There are too many orders.
    Undecided,
}

/// Relaxations of the rules, to find out what is wrong with a history.
#[derive(Clone, Copy, Debug, Default)]
pub struct Leniency {
    /// This transaction may be in the order or not, whatever its result.
    pub either: Option<usize>,
    /// What readers find at the end does not matter.
    pub blind: bool,
}

/// The state of the checker for one history.
struct Checker<'h> {
    program: &'h Program,
    history: &'h History,
    transactions: Vec<&'h Tx>,
    items: Vec<Item>,
    /// What readers found at the end, in one of the possibilities.
    ending: &'h [Vec<View>],
    /// By transaction: the ids whose entries the store lost during the transaction.
    evicted: Vec<u16>,
    /// By transaction: what it may have found to be empty.
    vacancies: Vec<Vacancies>,
    must: u32,
    attempts: usize,
    /// Failed attempts, once there were many: the items in the order so far, and the state.
    failed: HashSet<u64>,
}

impl<'h> Checker<'h> {
    fn new(program: &'h Program, history: &'h History, ending: &'h [Vec<View>], leniency: Leniency) -> Self {
        let transactions: Vec<&Tx> = program.transactions().collect();
        let mut evicted = vec![0; transactions.len()];
        for eviction in &history.evictions {
            let under_way = (0..transactions.len()).filter(|number| eviction.under_way & 1 << number != 0);
            under_way.for_each(|number| evicted[number] |= eviction.ids);
        }
        let observed = transactions.iter().zip(&history.observed).zip(&evicted);
        let vacancies =
            observed.map(|((tx, observed), evicted)| Vacancies::of(tx, observed, *evicted)).collect();
        let (items, must, attempts, failed) = (Vec::new(), 0, 0, HashSet::new());
        let mut checker = Self {
            program,
            history,
            ending,
            transactions,
            items,
            evicted,
            vacancies,
            must,
            attempts,
            failed,
        };
        checker.gather(leniency);
        checker.arrange();
        checker
    }

    /// Collects the items.
    fn gather(&mut self, leniency: Leniency) {
        for (number, observed) in self.history.observed.iter().enumerate() {
            let must = match observed.end {
                _ if leniency.either == Some(number)
                    && !matches!(observed.end, End::Never | End::Aborted) =>
                {
                    false
                }
                End::Done => true,
                End::Unknown => false,
                End::Never | End::Failed(_) | End::Aborted => continue,
            };
            self.items.push(Item { what: What::Done(number), must, after: 0, not_behind: 0 });
            if must {
                self.gather_sights(number);
            }
        }
        let evictions = 0..self.history.evictions.len();
        self.items.extend(evictions.map(|position| Item {
            what: What::Lost(position),
            must: true,
            after: 0,
            not_behind: 0,
        }));
        if !leniency.blind {
            let looks = 0..self.ending.len();
            self.items.extend(looks.map(|position| Item {
                what: What::Looked(position),
                must: true,
                after: 0,
                not_behind: 0,
            }));
        }
    }

    /// Collects what a transaction observed and did not depend on.
    fn gather_sights(&mut self, number: usize) {
        let (tx, observed) = (self.transactions[number], &self.history.observed[number]);
        for (position, (act, answer)) in tx.acts.iter().zip(&observed.answers).enumerate() {
            let (Act::Session(id) | Act::Resume(id)) = act else { continue };
            let matters = match *answer {
                NOTHING => !begins_later(tx, observed, position, *id),
                // It may have ended the session itself.
                ENDED => !tx.may_end(),
                _ => false,
            };
            if matters {
                let what = What::Saw(number, *id, *answer);
                self.items.push(Item { what, must: true, after: 0, not_behind: 0 });
            }
        }
    }

    /// Finds out which items must come before others.
    fn arrange(&mut self) {
        assert!(self.items.len() <= 32, "too much to put in order");
        for position in 0..self.items.len() {
            let mut after = 0;
            for other in 0..self.items.len() {
                if other != position && self.items[other].must && self.comes_after(position, other) {
                    after |= 1 << other;
                }
            }
            self.items[position].not_behind = self.ends_before(position);
            self.items[position].after = after;
            self.must |= u32::from(self.items[position].must) << position;
        }
    }

    /// The drops after which a transaction without a known outcome can have no effect: every write of it that still
    /// arrives was stamped for what was dropped. That is what keeps all sessions from coming back.
    fn ends_before(&self, position: usize) -> u32 {
        let What::Done(number) = self.items[position].what else { return 0 };
        let is_behind = |what: What| match what {
            What::Lost(it) => self.history.evictions[it].over & 1 << number != 0,
            _ => false,
        };
        let items = self.items.iter().enumerate();
        items.map(|(position, item)| u32::from(is_behind(item.what)) << position).sum()
    }

    /// Whether an item certainly comes after another.
    fn comes_after(&self, position: usize, other: usize) -> bool {
        let observed = |number: usize| -> &Observed { &self.history.observed[number] };
        let has = |mask: u32, number: usize| mask & 1 << number != 0;
        match (self.items[position].what, self.items[other].what) {
            (What::Done(me) | What::Saw(me, ..), What::Done(it) | What::Saw(it, ..)) => {
                has(observed(me).ended_before, it)
            }
            (What::Done(me) | What::Saw(me, ..), What::Lost(it)) => has(observed(me).evicted_before, it),
            (What::Done(_) | What::Saw(..), What::Looked(_)) => false,
            (What::Lost(me), What::Done(it) | What::Saw(it, ..)) => has(self.history.evictions[me].ended, it),
            (What::Lost(me), What::Lost(it)) => it < me,
            (What::Lost(_), What::Looked(_)) => false,
            (What::Looked(_), What::Done(_) | What::Saw(..)) => true,
            (What::Looked(_), What::Lost(it)) => !self.outlives(it),
            (What::Looked(me), What::Looked(it)) => it < me,
        }
    }

    /// Whether a transaction in progress at an eviction has no known end: then the effect of the eviction may
    /// show only later.
    fn outlives(&self, eviction: usize) -> bool {
        let under_way = self.history.evictions[eviction].under_way;
        let mut observed = self.history.observed.iter().enumerate();
        observed.any(|(number, observed)| {
            under_way & 1 << number != 0 && matches!(observed.end, End::Unknown | End::Never)
        })
    }

    /// Whether the store lost something during a transaction: a session that moved and was then lost looks as
    /// if it had ended.
    fn met_loss(&self, number: usize) -> bool {
        self.history.evictions.iter().any(|eviction| eviction.under_way & 1 << number != 0)
    }

    /// Searches for an order.
    fn check(mut self) -> Explanation {
        let initial = State::initial(self.program);
        if self.search(0, &initial) {
            Explanation::Explained
        } else if self.attempts >= MAX_ATTEMPTS {
            Explanation::Undecided
        } else {
            Explanation::Unexplained
        }
    }

    fn search(&mut self, placed: u32, state: &State) -> bool {
        if placed & self.must == self.must {
            return true;
        }
        if self.attempts > MANY_ATTEMPTS {
            let mut hasher = DefaultHasher::new();
            (placed, state).hash(&mut hasher);
            if !self.failed.insert(hasher.finish()) {
                return false;
            }
        }
        for position in 0..self.items.len() {
            let item = self.items[position];
            if placed & 1 << position != 0 || item.after & !placed != 0 || item.not_behind & placed != 0 {
                continue;
            }
            self.attempts += 1;
            if self.attempts >= MAX_ATTEMPTS {
                return false;
            }
            let placed = placed | 1 << position;
            for way in 0..self.ways(item.what) {
                let next = self.step(item.what, way, state);
                if next.is_some_and(|next| self.search(placed, &next)) {
                    return true;
                }
            }
        }
        false
    }

    /// The number of ways in which an item can change the state.
    fn ways(&self, what: What) -> usize {
        match what {
            What::Done(number) => self.vacancies[number].ways(),
            What::Lost(_) => MAX_TORN,
            What::Saw(..) | What::Looked(_) => 1,
        }
    }

    /// The state after an item, in one of these ways, if the item fits.
    fn step(&self, what: What, way: usize, state: &State) -> Option<State> {
        match what {
            What::Done(number) => {
                let (tx, observed) = (self.transactions[number], &self.history.observed[number]);
                let vacant = self.vacancies[number].choose(way);
                Replay::new(number, tx, observed, self.evicted[number], vacant).run(state)
            }
            What::Saw(number, id, answer) => {
                let is_late = answer == NOTHING && self.may_be_late(id, state);
                let seen = is_late || state.answers(id, answer) || answer == ENDED && self.met_loss(number);
                seen.then_some(*state)
            }
            What::Lost(position) => {
                let eviction = &self.history.evictions[position];
                let not_over = match self.program.faults.budget {
                    // The last step of a transaction that was over may have been lost.
                    2.. => eviction.under_way | eviction.ended,
                    _ => eviction.under_way,
                };
                state.evict(eviction.ids, not_over, way)
            }
            What::Looked(position) => {
                let mut views = self.ending[position].iter().enumerate();
                let is_late = |id, view| view == View::Nothing && self.may_be_late(id, state);
                views
                    .all(|(id, view)| state.view(id as Id) == *view || is_late(id as Id, *view))
                    .then_some(*state)
            }
        }
    }

    /// Whether a session under a fresh id may be absent though its transaction is in the order: the write
    /// that creates it got no reply, so the outcome is unknown, and no other transaction knows the id.
    fn may_be_late(&self, id: Id, state: &State) -> bool {
        let observed = self.history.observed.get(usize::from(state.slot(id).life));
        usize::from(id) >= TRUSTED.len() && observed.is_some_and(|observed| observed.end == End::Unknown)
    }
}

/// Checks a history: every possibility after the end must be explained.
pub fn check(program: &Program, history: &History, leniency: Leniency) -> Explanation {
    let checker = |ending: &Vec<Vec<View>>| Checker::new(program, history, ending, leniency).check();
    history
        .endings
        .iter()
        .map(checker)
        .find(|explanation| *explanation != Explanation::Explained)
        .unwrap_or(Explanation::Explained)
}
