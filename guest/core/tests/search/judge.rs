//! The judge: is there an order of the transactions, one after another, that explains what each was told and what is
//! there at the end?
//!
//! Transactions that were told "done" are in the order; those that were told "unknown", or whose client crashed while
//! it committed, may be; all others are not. A transaction that ended before another began comes before it.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::history::{Answer, ENDED, End, History, NOTHING, Told, View};
use crate::model::State;
use crate::program::{Act, Id, Program, TRUSTED, Tx};
use crate::replay::{Replay, begins_later};
use crate::vacancy::Vacancies;

/// Something that has its place in the order.
#[derive(Clone, Copy, Debug)]
enum What {
    /// A transaction.
    Done(usize),
    /// A transaction was told that there is no session under an id, or that it ended. It did not build on that, so that
    /// this needs to have been true at one moment, and not when it committed.
    Saw(usize, Id, Answer),
    /// The store lost something.
    Lost(usize),
    /// A reader at the end looked.
    Looked(usize),
}

/// One thing to be put in order.
#[derive(Clone, Copy, Debug)]
struct Item {
    what: What,
    /// Whether it must be in the order.
    must: bool,
    /// The items that come before it, a bit each.
    after: u32,
}

/// How often the judge tries to go on before it leaves a history undecided.
const MAX_TRIES: usize = 200_000;

/// After so many tries it remembers which were in vain.
const MANY_TRIES: usize = 500;

/// In how many ways an eviction may tear the changes of other sessions: each of four is lost, or not.
const MAX_TORN: usize = 16;

/// What the judge says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Explained,
    Unexplained,
    /// There are too many orders.
    Undecided,
}

/// What a judgement takes for granted; to find out what is wrong with a history, it is judged with less.
#[derive(Clone, Copy, Debug, Default)]
pub struct Leniency {
    /// This transaction may be in the order or not, whatever it was told.
    pub either: Option<usize>,
    /// What is there at the end does not matter.
    pub blind: bool,
}

/// Judges a history.
struct Judge<'h> {
    program: &'h Program,
    history: &'h History,
    transactions: Vec<&'h Tx>,
    items: Vec<Item>,
    /// What readers found at the end, in one of the ways to go on.
    ending: &'h [Vec<View>],
    /// By transaction: the ids of which the store lost something while it was under way.
    evicted: Vec<u16>,
    /// By transaction: what it may have found to be empty.
    vacancies: Vec<Vacancies>,
    must: u32,
    tries: usize,
    /// What was tried in vain, once there were many tries: the items that were placed, and the state.
    in_vain: HashSet<u64>,
}

impl<'h> Judge<'h> {
    fn new(program: &'h Program, history: &'h History, ending: &'h [Vec<View>], leniency: Leniency) -> Self {
        let transactions: Vec<&Tx> = program.transactions().collect();
        let mut evicted = vec![0; transactions.len()];
        for eviction in &history.evictions {
            let under_way = (0..transactions.len()).filter(|number| eviction.under_way & 1 << number != 0);
            under_way.for_each(|number| evicted[number] |= eviction.ids);
        }
        let told = transactions.iter().zip(&history.told).zip(&evicted);
        let vacancies = told.map(|((tx, told), evicted)| Vacancies::of(tx, told, *evicted)).collect();
        let (items, must, tries, in_vain) = (Vec::new(), 0, 0, HashSet::new());
        let mut judge =
            Self { program, history, ending, transactions, items, evicted, vacancies, must, tries, in_vain };
        judge.gather(leniency);
        judge.arrange();
        judge
    }

    /// Finds what has to be put in order.
    fn gather(&mut self, leniency: Leniency) {
        for (number, told) in self.history.told.iter().enumerate() {
            let must = match told.end {
                _ if leniency.either == Some(number) && !matches!(told.end, End::Never | End::Aborted) => {
                    false
                }
                End::Done => true,
                End::Unknown => false,
                End::Never | End::Failed(_) | End::Aborted => continue,
            };
            self.items.push(Item { what: What::Done(number), must, after: 0 });
            if must {
                self.gather_sights(number);
            }
        }
        let evictions = 0..self.history.evictions.len();
        self.items.extend(evictions.map(|place| Item { what: What::Lost(place), must: true, after: 0 }));
        if !leniency.blind {
            let looks = 0..self.ending.len();
            self.items.extend(looks.map(|place| Item { what: What::Looked(place), must: true, after: 0 }));
        }
    }

    /// What a transaction saw that it did not build on.
    fn gather_sights(&mut self, number: usize) {
        let (tx, told) = (self.transactions[number], &self.history.told[number]);
        for (place, (act, answer)) in tx.acts.iter().zip(&told.answers).enumerate() {
            let (Act::Session(id) | Act::Resume(id)) = act else { continue };
            let matters = match *answer {
                NOTHING => !begins_later(tx, told, place, *id),
                // It may have ended the session itself.
                ENDED => !tx.may_end(),
                _ => false,
            };
            if matters {
                let what = What::Saw(number, *id, *answer);
                self.items.push(Item { what, must: true, after: 0 });
            }
        }
    }

    /// Finds what must come before what.
    fn arrange(&mut self) {
        assert!(self.items.len() <= 32, "too much to put in order");
        for place in 0..self.items.len() {
            let mut after = 0;
            for other in 0..self.items.len() {
                if other != place && self.items[other].must && self.comes_after(place, other) {
                    after |= 1 << other;
                }
            }
            self.items[place].after = after;
            self.must |= u32::from(self.items[place].must) << place;
        }
    }

    /// Whether an item comes after another for certain.
    fn comes_after(&self, place: usize, other: usize) -> bool {
        let told = |number: usize| -> &Told { &self.history.told[number] };
        let has = |mask: u32, number: usize| mask & 1 << number != 0;
        match (self.items[place].what, self.items[other].what) {
            (What::Done(me) | What::Saw(me, ..), What::Done(it) | What::Saw(it, ..)) => {
                has(told(me).ended_before, it)
            }
            (What::Done(me) | What::Saw(me, ..), What::Lost(it)) => has(told(me).evicted_before, it),
            (What::Done(_) | What::Saw(..), What::Looked(_)) => false,
            (What::Lost(me), What::Done(it) | What::Saw(it, ..)) => has(self.history.evictions[me].ended, it),
            (What::Lost(me), What::Lost(it)) => it < me,
            (What::Lost(_), What::Looked(_)) => false,
            (What::Looked(_), What::Done(_) | What::Saw(..)) => true,
            (What::Looked(_), What::Lost(it)) => !self.outlives(it),
            (What::Looked(me), What::Looked(it)) => it < me,
        }
    }

    /// Whether somebody who was under way at an eviction never came to an end that is known: then what the eviction
    /// took away may show only later.
    fn outlives(&self, eviction: usize) -> bool {
        let under_way = self.history.evictions[eviction].under_way;
        let mut told = self.history.told.iter().enumerate();
        told.any(|(number, told)| {
            under_way & 1 << number != 0 && matches!(told.end, End::Unknown | End::Never)
        })
    }

    /// Whether the store lost something while a transaction was under way: a session that moved away and was lost on
    /// the way there looks as if it had ended.
    fn met_loss(&self, number: usize) -> bool {
        self.history.evictions.iter().any(|eviction| eviction.under_way & 1 << number != 0)
    }

    /// Looks for an order.
    fn judge(mut self) -> Verdict {
        let initial = State::initial(self.program);
        if self.search(0, &initial) {
            Verdict::Explained
        } else if self.tries >= MAX_TRIES {
            Verdict::Undecided
        } else {
            Verdict::Unexplained
        }
    }

    fn search(&mut self, placed: u32, state: &State) -> bool {
        if placed & self.must == self.must {
            return true;
        }
        if self.tries > MANY_TRIES {
            let mut hasher = DefaultHasher::new();
            (placed, state).hash(&mut hasher);
            if !self.in_vain.insert(hasher.finish()) {
                return false;
            }
        }
        for place in 0..self.items.len() {
            let item = self.items[place];
            if placed & 1 << place != 0 || item.after & !placed != 0 {
                continue;
            }
            self.tries += 1;
            if self.tries >= MAX_TRIES {
                return false;
            }
            let placed = placed | 1 << place;
            for way in 0..self.ways(item.what) {
                let next = self.step(item.what, way, state);
                if next.is_some_and(|next| self.search(placed, &next)) {
                    return true;
                }
            }
        }
        false
    }

    /// In how many ways an item may change the state.
    fn ways(&self, what: What) -> usize {
        match what {
            What::Done(number) => self.vacancies[number].ways(),
            What::Lost(_) => MAX_TORN,
            What::Saw(..) | What::Looked(_) => 1,
        }
    }

    /// The state after an item, in one of the ways, if it fits there.
    fn step(&self, what: What, way: usize, state: &State) -> Option<State> {
        match what {
            What::Done(number) => {
                let (tx, told) = (self.transactions[number], &self.history.told[number]);
                let vacant = self.vacancies[number].choose(way);
                Replay::new(number, tx, told, self.evicted[number], vacant).run(state)
            }
            What::Saw(number, id, answer) => {
                let is_late = answer == NOTHING && self.may_be_late(id, state);
                let seen = is_late || state.answers(id, answer) || answer == ENDED && self.met_loss(number);
                seen.then_some(*state)
            }
            What::Lost(place) => {
                let eviction = &self.history.evictions[place];
                let not_over = match self.program.faults.budget {
                    // The last step of a transaction that was over may have been lost.
                    2.. => eviction.under_way | eviction.ended,
                    _ => eviction.under_way,
                };
                state.evict(eviction.ids, not_over, way)
            }
            What::Looked(place) => {
                let mut views = self.ending[place].iter().enumerate();
                let is_late = |id, view| view == View::Nothing && self.may_be_late(id, state);
                views
                    .all(|(id, view)| state.view(id as Id) == *view || is_late(id as Id, *view))
                    .then_some(*state)
            }
        }
    }

    /// Whether a session under a fresh id may not be there yet, though its transaction is in the order: its creation got
    /// no answer, and the transaction was told that nobody knows, so that nobody else knew of the id.
    fn may_be_late(&self, id: Id, state: &State) -> bool {
        let told = self.history.told.get(usize::from(state.slot(id).life));
        usize::from(id) >= TRUSTED.len() && told.is_some_and(|told| told.end == End::Unknown)
    }
}

/// Judges a history: however it goes on after the end, that is explained.
pub fn judge(program: &Program, history: &History, leniency: Leniency) -> Verdict {
    let judge = |ending: &Vec<Vec<View>>| Judge::new(program, history, ending, leniency).judge();
    history
        .endings
        .iter()
        .map(judge)
        .find(|verdict| *verdict != Verdict::Explained)
        .unwrap_or(Verdict::Explained)
}
