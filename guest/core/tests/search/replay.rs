//! Replays a transaction on the reference, with the same requests: what would the results have been?

use lovely_session_core::Isolation;

use crate::history::{Answer, ENDED, FOUND, NOTHING, Observed, SKIPPED};
use crate::joined::{Joined, NO_SESSION, NONE};
use crate::model::{EMPTY, Found, NOBODY, Slot, State, What};
use crate::program::{Act, Deed, Id, PLACES, Tx};
use crate::vacancy;

/// The maximum number of sessions that a transaction joins.
const MAX_JOINED: usize = 6;

/// A transaction that is done again on a state.
pub struct Replay<'r> {
    number: usize,
    tx: &'r Tx,
    observed: &'r Observed,
    /// The ids whose entries the store lost during the transaction; a bit each.
    evicted: u16,
    /// The acts that found nothing where there may be something; see `vacancy.rs`.
    vacant: u64,
    joined: [Joined; MAX_JOINED],
    count: usize,
    handles: [u8; 12],
    handed: usize,
    savepoints: [([Joined; MAX_JOINED], usize); 4],
    saved: usize,
}

/// How a session is requested.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opens {
    /// If there is one.
    Resumes,
    /// It begins if there is none.
    Begins,
    /// It was absent, so it begins; it may exist by now.
    BeginsVacant,
}

impl Opens {
    fn new(vacant: u64, position: usize, second: bool) -> Self {
        if vacant & vacancy::bit(position, second) == 0 { Self::Begins } else { Self::BeginsVacant }
    }
}

/// A handle without a session.
const NO_HANDLE: u8 = u8::MAX;

impl<'r> Replay<'r> {
    pub fn new(number: usize, tx: &'r Tx, observed: &'r Observed, evicted: u16, vacant: u64) -> Self {
        Self {
            number,
            tx,
            observed,
            evicted,
            vacant,
            joined: [NO_SESSION; MAX_JOINED],
            count: 0,
            handles: [NO_HANDLE; 12],
            handed: 0,
            savepoints: [([NO_SESSION; MAX_JOINED], 0); 4],
            saved: 0,
        }
    }

    /// The ids under which another session may have begun since the store lost the one that was found.
    fn replaced(&self) -> u16 {
        if self.vacant & vacancy::REPLACED == 0 { 0 } else { u16::MAX }
    }

    fn strict(&self) -> bool {
        self.tx.isolation == Isolation::Serializable
    }

    /// Returns the state after the transaction, or `None` if its results would have been different.
    pub fn run(mut self, state: &State) -> Option<State> {
        for (position, answer) in self.observed.answers.iter().enumerate() {
            if !self.act(state, position, *answer) {
                return None;
            }
        }
        self.commit(state)
    }

    fn act(&mut self, state: &State, position: usize, answer: Answer) -> bool {
        match &self.tx.acts[position] {
            Act::Session(id) => {
                self.open(state, position, *id, answer, Opens::new(self.vacant, position, false))
            }
            Act::Resume(id) => self.open(state, position, *id, answer, Opens::Resumes),
            Act::Sessions(first, second) => self.open_two(state, position, [*first, *second], answer),
            Act::Create(id) => {
                self.join(Joined { id: *id, ..NO_SESSION });
                true
            }
            Act::On(handle, deed) => self.deed(position, *handle, *deed, answer),
            Act::Savepoint => {
                self.savepoints[self.saved] = (self.joined, self.count);
                self.saved += 1;
                true
            }
            Act::Rollback(which) => {
                if answer != SKIPPED {
                    self.roll_back(usize::from(*which));
                }
                true
            }
        }
    }

    fn roll_back(&mut self, which: usize) {
        let (saved, count) = self.savepoints[which];
        self.saved = which + 1;
        for (position, joined) in self.joined[..self.count].iter_mut().enumerate() {
            // What joined later goes back to what was loaded; what was read stays read.
            let before = if position < count { saved[position] } else { NO_SESSION };
            joined.over = before.over;
            joined.added = before.added;
            joined.destroyed = before.destroyed;
            joined.renewed = before.renewed;
            joined.grace = before.grace;
        }
    }

    fn join(&mut self, joined: Joined) {
        self.joined[self.count] = joined;
        self.hand(self.count as u8);
        self.count += 1;
    }

    fn hand(&mut self, joined: u8) {
        self.handles[self.handed] = joined;
        self.handed += 1;
    }

    fn open_two(&mut self, state: &State, position: usize, ids: [Id; 2], answer: Answer) -> bool {
        if answer == FOUND {
            let [first, second] = [false, true].map(|second| Opens::new(self.vacant, position, second));
            return self.open(state, position, ids[0], FOUND, first)
                && self.open(state, position, ids[1], FOUND, second);
        }
        self.hand(NO_HANDLE);
        self.hand(NO_HANDLE);
        true
    }

    /// Whether the request of a session can have this result.
    fn open(&mut self, state: &State, position: usize, id: Id, answer: Answer, opens: Opens) -> bool {
        if answer != FOUND {
            self.hand(NO_HANDLE);
            // If it matters, the checker finds the time of this result itself.
            return answer != NOTHING
                || !begins_later(self.tx, self.observed, position, id)
                || self.nothing_at(state, id);
        }
        if let Some(own) = self.own(id) {
            self.hand(own);
            return true;
        }
        if opens == Opens::BeginsVacant {
            self.join(Joined { id, vacant: true, ..NO_SESSION });
            return true;
        }
        let found = self.find(state, id);
        let certain = self.observed.certain & 1 << position != 0;
        let known = |slot: &Slot| {
            slot.life == NOBODY
                || slot.life == self.number as u8
                || !certain
                || self.observed.begun_then[position] & 1 << slot.life != 0
        };
        let replaced = self.evicted & self.replaced() & 1 << id != 0;
        let joined = match found {
            Found::At(at) => {
                if let Some(own) = self.own(at) {
                    self.hand(own);
                    return true;
                }
                let slot = state.slot(at);
                let ended_already = slot.what != What::Live;
                let base = slot.content;
                let lost = replaced || !known(slot);
                Joined { id: at, existed: true, ended_already, lost, base, ..NO_SESSION }
            }
            Found::Nothing => {
                Joined { id, lost: certain || replaced || opens == Opens::Resumes, ..NO_SESSION }
            }
            Found::Ended => Joined { id, existed: true, lost: true, ..NO_SESSION },
        };
        let evaporated = joined.lost && self.evicted & 1 << joined.id != 0 && self.writes_to(id);
        let joined = Joined { lost: joined.lost && !evaporated, evaporated, ..joined };
        self.join(joined);
        // A session that was only requested is not depended on.
        !(joined.lost && self.strict() && matches!(self.tx.acts[position], Act::Resume(_)))
    }

    /// The session that the transaction has under an id already.
    fn own(&self, id: Id) -> Option<u8> {
        self.joined[..self.count]
            .iter()
            .position(|it| it.id == id || it.renewed == id)
            .map(|position| position as u8)
    }

    fn nothing_at(&self, state: &State, id: Id) -> bool {
        !self.strict() || state.find(id) == Found::Nothing
    }

    /// Where a session is now that the transaction found under an id. A destroy follows the session wherever
    /// it moved meanwhile, and succeeds if another transaction ended it meanwhile.
    fn find(&self, state: &State, id: Id) -> Found {
        let found = match self.vacant & vacancy::FOLLOWED {
            0 => state.find(id),
            _ => state.find_who_followed(id),
        };
        if found != Found::Ended || !self.destroys_under_any_id(state, id) {
            return found;
        }
        let mut at = id;
        loop {
            let slot = state.slot(at);
            let meanwhile = slot.by != NOBODY && self.observed.ended_before & 1 << slot.by == 0;
            match slot.what {
                What::Moved(to, grace) if grace || meanwhile => at = to,
                What::Live => return Found::At(at),
                What::Ended if meanwhile => return Found::At(at),
                _ => return Found::Ended,
            }
        }
    }

    /// Whether the transaction ends the session that it found under this id, perhaps under another of its ids.
    fn destroys_under_any_id(&self, state: &State, id: Id) -> bool {
        let home = self.home(state, id);
        let mut asked = self
            .tx
            .acts
            .iter()
            .flat_map(|act| act.clone().asks().into_iter().map(|id| *id).collect::<Vec<_>>());
        asked.any(|other| self.home(state, other) == home && self.destroys(other))
    }

    /// Where the session is to which an id led when the transaction requested it. Where nothing is validated,
    /// the transaction may have found a session under its old id, and then under its new one.
    fn home(&self, state: &State, id: Id) -> Id {
        match state.slot(id).what {
            What::Moved(to, grace) if grace || !self.strict() => self.home(state, to),
            _ => id,
        }
    }

    /// Whether the transaction ends the session that it found under this id.
    fn destroys(&self, id: Id) -> bool {
        self.does(id, |deed| deed == Deed::Destroy)
    }

    /// Whether the transaction changes the session that it found under this id.
    fn writes_to(&self, id: Id) -> bool {
        self.does(id, |deed| {
            use Deed::{Add, Clear, Destroy, Increment, Remove, RemovePackage, Renew, Set};
            matches!(
                deed,
                Add(..)
                    | Clear(_)
                    | Destroy
                    | Increment(_)
                    | Remove(_)
                    | RemovePackage(_)
                    | Renew(..)
                    | Set(..)
            )
        })
    }

    /// Whether the transaction did something of this kind to the session that it found under this id.
    fn does(&self, id: Id, kind: impl Fn(Deed) -> bool) -> bool {
        let mut handle = 0;
        let mut asked = [NONE; 12];
        let mut renewals = Vec::new();
        // Under an id that it drew itself, it has the session that it renewed.
        let before = |renewals: &[(Id, Id)], id: Id| {
            renewals.iter().find(|(drawn, _)| *drawn == id).map_or(id, |(_, before)| *before)
        };
        for act in &self.tx.acts {
            match act {
                Act::Session(it) | Act::Resume(it) => asked[handle] = before(&renewals, *it),
                Act::Sessions(first, second) => {
                    (asked[handle], asked[handle + 1]) =
                        (before(&renewals, *first), before(&renewals, *second));
                }
                Act::On(of, Deed::Renew(drawn, _)) => renewals.push((*drawn, asked[usize::from(*of)])),
                _ => {}
            }
            handle += act.handles();
        }
        let mut deeds = self.tx.acts.iter().zip(&self.observed.answers);
        deeds.any(|(act, answer)| match act {
            Act::On(handle, deed) => {
                !matches!(*answer, SKIPPED | ENDED) && kind(*deed) && asked[usize::from(*handle)] == id
            }
            _ => false,
        })
    }

    fn deed(&mut self, position: usize, handle: u8, deed: Deed, answer: Answer) -> bool {
        let Some(joined) = self.handles.get(usize::from(handle)).copied().filter(|it| *it != NO_HANDLE)
        else {
            return answer == SKIPPED;
        };
        let joined = &mut self.joined[usize::from(joined)];
        if joined.destroyed && deed != Deed::IsNew {
            return answer == ENDED;
        }
        if joined.lost && self.tx.isolation == Isolation::Serializable {
            return false;
        }
        let checks =
            self.tx.isolation == Isolation::Serializable && !joined.ended_already && !joined.evaporated;
        let observed = joined.perform(deed, answer);
        if self.vacant & vacancy::bit(position, false) != 0 {
            joined.takes_nothing(deed);
        }
        let agrees = observed == answer && !joined.misled;
        !joined.contradicts && (!checks || agrees)
    }
}

/// Whether the transaction begins a session under this id after a request found none.
pub fn begins_later(tx: &Tx, observed: &Observed, position: usize, id: Id) -> bool {
    tx.acts.iter().zip(&observed.answers).skip(position + 1).any(|(act, answer)| {
        let asks = match act {
            Act::Session(it) => *it == id,
            Act::Sessions(first, second) => *first == id || *second == id,
            _ => false,
        };
        asks && *answer == FOUND
    })
}

impl Replay<'_> {
    fn commit(&self, state: &State) -> Option<State> {
        let mut changes: [(Id, Slot); 2 * MAX_JOINED] = [(NONE, EMPTY); 2 * MAX_JOINED];
        let mut count = 0;
        let mut change = |id: Id, slot: Slot| {
            changes[count] = (id, slot);
            count += 1;
        };
        let by = self.number as u8;
        for joined in &self.joined[..self.count] {
            if joined.ended_already || joined.evaporated || joined.vacant && joined.destroyed {
                continue;
            }
            // What is changed in a session that was not there is merged with what is there.
            if joined.vacant && joined.renewed == NONE {
                return None;
            }
            if joined.lost && joined.writes() {
                return None;
            }
            if self.tx.isolation == Isolation::Snapshot && joined.loses_updates() {
                return None;
            }
            let content = joined.content();
            let is_empty = content == [0; PLACES];
            if joined.lost || !joined.existed && (joined.destroyed || is_empty) {
                continue;
            }
            let old = if joined.existed { *state.slot(joined.id) } else { Slot { life: by, ..EMPTY } };
            let live = Slot { what: What::Live, content, ..old };
            match (joined.existed, joined.destroyed, joined.renewed) {
                (true, true, _) => change(joined.id, Slot { what: What::Ended, by, ..old }),
                (_, _, NONE) if joined.existed && content == old.content => {}
                (_, _, NONE) => change(joined.id, live),
                (existed, _, renewed) => {
                    // Nobody else has this id.
                    if state.slot(renewed).what != What::Absent {
                        return None;
                    }
                    change(renewed, live);
                    if existed {
                        change(joined.id, Slot { what: What::Moved(renewed, joined.grace), by, ..old });
                    }
                }
            }
        }
        // What remains of a change of several sessions is done; a change of one session only is not.
        if count == 0
            && self.joined[..self.count].iter().any(|joined| joined.evaporated && joined.may_write())
        {
            return None;
        }
        let mut after = *state;
        for (id, slot) in &changes[..count] {
            after.put(*id, *slot, self.number, count > 1);
        }
        Some(after)
    }
}
