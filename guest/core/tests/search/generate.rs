//! Random programs.

use lovely_session_core::Isolation;

use crate::program::{
    Act, Client, Deed, Faults, Id, Initial, KEYS, Lives, PACKAGES, PLACES, Program, StoreKind, TRUSTED, Tx,
};
use crate::random::Rng;

/// What programs of a family have in common.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    pub name: &'static str,
    /// The maximum number of sessions with trusted ids.
    sessions: usize,
    /// The maximum number of clients.
    clients: usize,
    /// The maximum number of faults, and their kinds.
    faults: u8,
    kinds: &'static str,
    /// The probability, in sixteenths, that a session is destroyed, renewed or begun, and that the level is
    /// not serializable.
    destroys: usize,
    renews: usize,
    begins: usize,
    weak: usize,
}

const PLAIN: Family = Family {
    name: "one session",
    sessions: 1,
    clients: 3,
    faults: 0,
    kinds: "",
    destroys: 2,
    renews: 2,
    begins: 4,
    weak: 2,
};

/// All families.
pub const FAMILIES: [Family; 15] = [
    PLAIN,
    Family {
        name: "one session, only values",
        destroys: 0,
        renews: 0,
        begins: 0,
        weak: 6,
        faults: 2,
        kinds: "waldrugc",
        ..PLAIN
    },
    Family { name: "one session, lost and late writes", faults: 2, kinds: "wal", weak: 0, ..PLAIN },
    Family { name: "one session, refusals and crashes", faults: 2, kinds: "drugc", ..PLAIN },
    Family { name: "one session, evictions", faults: 2, kinds: "eRwl", begins: 8, ..PLAIN },
    Family { name: "one session, renewals", renews: 10, destroys: 3, faults: 1, kinds: "walc", ..PLAIN },
    Family { name: "one session, renewals without faults", renews: 10, destroys: 3, weak: 0, ..PLAIN },
    Family { name: "one session, drops", faults: 3, kinds: "DPwlc", begins: 8, ..PLAIN },
    Family {
        name: "two sessions, drops on two servers",
        sessions: 2,
        faults: 3,
        kinds: "DPPal",
        begins: 6,
        ..PLAIN
    },
    Family { name: "two sessions", sessions: 2, ..PLAIN },
    Family {
        name: "two sessions, lost and late writes",
        sessions: 2,
        faults: 2,
        kinds: "wal",
        weak: 0,
        ..PLAIN
    },
    Family { name: "two sessions, all faults", sessions: 2, faults: 3, kinds: "wadlrugceR", ..PLAIN },
    Family { name: "two sessions, renewals", sessions: 2, renews: 8, faults: 1, kinds: "walc", ..PLAIN },
    Family { name: "three sessions", sessions: 3, faults: 1, kinds: "walc", ..PLAIN },
    Family { name: "many commits", clients: 3, faults: 1, kinds: "wal", destroys: 0, renews: 0, ..PLAIN },
];

/// A program under construction.
struct Maker<'r> {
    rng: &'r mut Rng,
    family: Family,
    sessions: usize,
    /// The ids drawn so far.
    drawn: Vec<Id>,
    /// The value that the next set writes.
    value: u16,
}

/// A random program of a family.
pub fn program(rng: &mut Rng, family: &Family) -> Program {
    loop {
        let mut program = Maker::new(rng, *family).program();
        if program.number() {
            return program;
        }
    }
}

impl<'r> Maker<'r> {
    fn new(rng: &'r mut Rng, family: Family) -> Self {
        let sessions = 1 + rng.below(family.sessions);
        let sessions = sessions.max(family.sessions.min(2));
        Self { rng, family, sessions, drawn: Vec::new(), value: 10 }
    }

    fn of_16(&mut self, chance: usize) -> bool {
        self.rng.below(16) < chance
    }

    fn program(&mut self) -> Program {
        let mut initial = [Initial::Absent; TRUSTED.len()];
        for position in initial.iter_mut().take(self.sessions) {
            *position = match self.rng.below(16) {
                0 => Initial::Ended,
                number if number <= self.family.begins => Initial::Absent,
                _ => Initial::Live(self.rng.pick(&[1, 1, 1, 9])),
            };
        }
        let store = self.rng.pick(&[
            StoreKind::Slides,
            StoreKind::Slides,
            StoreKind::Slides,
            StoreKind::Expires,
            StoreKind::Keeps,
        ]);
        let budget =
            if self.family.faults == 0 { 0 } else { 1 + self.rng.below(self.family.faults.into()) as u8 };
        let faults = Faults { budget, kinds: if budget == 0 { "" } else { self.family.kinds }.to_owned() };
        let count = 2 + self.rng.below(self.family.clients - 1);
        let clients = (0..count).map(|position| self.client(position)).collect();
        Program { initial, store, faults, lives: Lives::default(), clients }
    }

    fn client(&mut self, position: usize) -> Client {
        let skew = self.rng.pick(&[0, 0, 0, 0, -5, 5]);
        if self.family.name == "many commits" && position == 0 {
            let isolation = Isolation::Serializable;
            if self.rng.one_in(4) {
                return Client { skew, transactions: self.renewals(isolation) };
            }
            let count = 7 + self.rng.below(3);
            let key = self.rng.below(2) as u8;
            let acts = || vec![Act::Session(0), Act::On(0, Deed::Increment(key))];
            let transactions = (0..count).map(|_| Tx { isolation, acts: acts(), commits: true }).collect();
            return Client { skew, transactions };
        }
        let count = if self.rng.one_in(4) { 2 } else { 1 };
        Client { skew, transactions: (0..count).map(|_| self.transaction()).collect() }
    }

    /// Renewals with a grace, one after another.
    fn renewals(&mut self, isolation: Isolation) -> Vec<Tx> {
        let renewal = |maker: &mut Self| {
            let id = maker.drawn.last().copied().unwrap_or(0);
            let acts = vec![Act::Session(id), Act::On(0, Deed::Renew(maker.draw(), true))];
            Tx { isolation, acts, commits: true }
        };
        (0..4 + self.rng.below(3)).map(|_| renewal(self)).collect()
    }

    fn transaction(&mut self) -> Tx {
        let isolation = match self.of_16(self.family.weak) {
            false => Isolation::Serializable,
            true => self.rng.pick(&[Isolation::Snapshot, Isolation::LastWriterWins]),
        };
        let mut acts = Vec::new();
        let mut handles = 0;
        let wanted = 1 + self.rng.below(self.sessions.min(2)) + usize::from(self.rng.one_in(6));
        let savepoint = self.rng.one_in(8);
        for number in 0..wanted {
            handles += self.open(&mut acts, number);
            if savepoint && number == 0 {
                acts.push(Act::Savepoint);
            }
            for _ in 0..1 + self.rng.below(2) {
                let handle = self.rng.below(handles) as u8;
                let deed = self.deed();
                acts.push(Act::On(handle, deed));
            }
        }
        if savepoint && self.rng.one_in(2) {
            acts.push(Act::Rollback(0));
            let deed = self.deed();
            acts.push(Act::On(0, deed));
        }
        Tx { isolation, acts, commits: !self.rng.one_in(24) }
    }

    /// Requests one session, or two.
    fn open(&mut self, acts: &mut Vec<Act>, number: usize) -> usize {
        if !self.drawn.is_empty() && self.rng.one_in(3) {
            acts.push(Act::Resume(self.rng.pick(&self.drawn)));
            return 1;
        }
        let id = ((self.rng.below(self.sessions) + number) % self.sessions) as Id;
        if self.sessions > 1 && self.rng.one_in(8) {
            acts.push(Act::Sessions(id, (id + 1) % self.sessions as Id));
            return 2;
        }
        if self.rng.one_in(24) {
            let drawn = self.draw();
            acts.push(Act::Create(drawn));
            return 1;
        }
        let resumes = self.rng.one_in(3);
        acts.push(if resumes { Act::Resume(id) } else { Act::Session(id) });
        if resumes && self.rng.one_in(4) {
            acts.push(Act::Session(id));
            return 2;
        }
        1
    }

    fn draw(&mut self) -> Id {
        let id = (TRUSTED.len() + self.drawn.len()) as Id;
        self.drawn.push(id);
        id
    }

    fn deed(&mut self) -> Deed {
        if self.of_16(self.family.destroys) {
            return Deed::Destroy;
        }
        if self.of_16(self.family.renews) {
            let grace = self.rng.one_in(2);
            return Deed::Renew(self.draw(), grace);
        }
        let wide = self.rng.one_in(3);
        let position = if wide { self.rng.below(PLACES) } else { self.rng.below(2) } as u8;
        let package = position / KEYS.len() as u8;
        match self.rng.below(25) {
            0..=3 => Deed::Get(position),
            4 => Deed::Contains(position),
            5..=8 => self.set(position),
            9..=12 => Deed::Increment(position),
            13 => Deed::Remove(position),
            14 => Deed::Keys(package),
            15 => Deed::Len(package),
            16 => self.rng.pick(&[Deed::Packages, Deed::IsNew]),
            17 => Deed::Clear(package),
            18 => Deed::RemovePackage(self.rng.below(PACKAGES.len()) as u8),
            19 => Deed::Entries(package),
            20..=22 => Deed::Add(position, 1 + self.rng.below(4) as u16),
            23 => Deed::PeekEntries(package),
            _ => Deed::Peek(position),
        }
    }

    /// Usually every set writes a value of its own; sometimes several write the same.
    fn set(&mut self, position: u8) -> Deed {
        if self.rng.one_in(8) && self.family.weak == 0 {
            return Deed::Set(position, 1);
        }
        self.value += 10;
        Deed::Set(position, self.value)
    }
}
