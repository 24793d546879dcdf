//! Programs: the sessions that exist at the start, and clients that run transactions on them.

use lovely_session_core::Isolation;

/// The container of all sessions.
pub const CONTAINER: &str = "t";
/// The ids that an application trusts; a program names one by its position.
pub const TRUSTED: [&str; 3] = ["a", "b", "c"];
/// The maximum number of ids in a program: the trusted ones, and those that renewals and creations draw.
pub const MAX_IDS: usize = 12;
/// The maximum number of transactions in a program.
pub const MAX_TRANSACTIONS: usize = 16;
/// The packages of a session.
pub const PACKAGES: [&str; 2] = ["p", "q"];
/// The keys of a package.
pub const KEYS: [&str; 3] = ["x", "y", "z"];
/// The positions for values in a session: each key of each package.
pub const PLACES: usize = PACKAGES.len() * KEYS.len();

/// The values of a session by position; 0 for an absent key.
pub type Content = [u16; PLACES];

/// The state of a trusted id when a run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Initial {
    /// Nothing.
    Absent,
    /// A session with this number of commits.
    Live(u8),
    /// A destroyed session.
    Ended,
}

/// The values of a session that exists at the start. No program writes such values by itself.
pub fn initial_content(id: usize) -> Content {
    let base = 1000 * (id as u16 + 1);
    [base + 1, 0, 0, 0, base + 5, 0]
}

/// The abilities of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreKind {
    /// It expires entries, and slides the expiry with a read.
    Slides,
    /// It expires entries.
    Expires,
    /// It does not expire entries.
    Keeps,
}

/// The faults that may occur in a run.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Faults {
    /// Their maximum number.
    pub budget: u8,
    /// Their kinds: letters of [`FAULT_KINDS`].
    pub kinds: String,
}

/// The lifetimes of sessions, and the time that passes while a program runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lives {
    /// The options of the container, in seconds.
    pub timeout: u32,
    pub remember: u32,
    /// The grace of renewals that have one, in seconds.
    pub grace: u32,
    /// The seconds that pass, one period after another, each at any time.
    pub passes: Vec<u16>,
}

impl Default for Lives {
    fn default() -> Self {
        Self { timeout: 3600, remember: 60, grace: 60, passes: Vec::new() }
    }
}

/// The kinds of faults: a write lost, its reply lost, its server unreachable, a write delayed; a batch of
/// writes refused, a batch unsupported, a read that fails; a crash, an eviction, a restart of the store; the
/// container dropped at once, and on one of the servers.
pub const FAULT_KINDS: &str = "wadlrugceRDP";

/// One program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The sessions at the start.
    pub initial: [Initial; TRUSTED.len()],
    /// The store.
    pub store: StoreKind,
    /// The faults.
    pub faults: Faults,
    /// How long sessions live.
    pub lives: Lives,
    /// The clients.
    pub clients: Vec<Client>,
}

/// Transactions one after another, on one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The number of seconds by which the clock of its host is ahead.
    pub skew: i8,
    /// What it does.
    pub transactions: Vec<Tx>,
}

/// One transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tx {
    /// Its isolation level.
    pub isolation: Isolation,
    /// What it does before it ends.
    pub acts: Vec<Act>,
    /// Whether it commits, rather than aborts.
    pub commits: bool,
}

/// An id: a trusted one, or one that the program draws, by its number.
pub type Id = u8;
/// A session handle of a transaction, by the order in which it got them.
pub type Handle = u8;
/// A position for a value.
pub type Place = u8;

/// One step of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Requests a session, and begins it if there is none.
    Session(Id),
    /// Requests two sessions in one call.
    Sessions(Id, Id),
    /// Requests a session if there is one.
    Resume(Id),
    /// Begins a session under a fresh id.
    Create(Id),
    /// Does something to a session.
    On(Handle, Deed),
    /// Takes a savepoint.
    Savepoint,
    /// Rolls back to one of the savepoints, by its position.
    Rollback(u8),
}

/// What a transaction does to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Get(Place),
    Peek(Place),
    Contains(Place),
    Set(Place, u16),
    Increment(Place),
    /// Adds this number, at least 1.
    Add(Place, u16),
    Remove(Place),
    Keys(u8),
    Len(u8),
    Entries(u8),
    PeekEntries(u8),
    Clear(u8),
    Packages,
    RemovePackage(u8),
    IsNew,
    Destroy,
    /// Moves it to a fresh id, of this number; with a grace or without.
    Renew(Id, bool),
}

impl Act {
    /// The number of handles that it returns.
    pub fn handles(&self) -> usize {
        match self {
            Self::Session(_) | Self::Resume(_) | Self::Create(_) => 1,
            Self::Sessions(..) => 2,
            Self::On(..) | Self::Savepoint | Self::Rollback(_) => 0,
        }
    }

    /// The id that it draws.
    pub fn draws(&mut self) -> Option<&mut Id> {
        match self {
            Self::Create(id) | Self::On(_, Deed::Renew(id, _)) => Some(id),
            _ => None,
        }
    }

    /// The ids that it requests.
    pub fn asks(&mut self) -> Vec<&mut Id> {
        match self {
            Self::Session(id) | Self::Resume(id) => vec![id],
            Self::Sessions(first, second) => vec![first, second],
            _ => Vec::new(),
        }
    }
}

impl Tx {
    /// Whether it may end a session, or move one.
    pub fn may_end(&self) -> bool {
        self.acts.iter().any(|act| matches!(act, Act::On(_, Deed::Destroy | Deed::Renew(..))))
    }
}

impl Program {
    /// All transactions, by client and in order; a transaction's number is its position here.
    pub fn transactions(&self) -> impl Iterator<Item = &Tx> {
        self.clients.iter().flat_map(|client| &client.transactions)
    }

    /// The transactions that may begin a session, a bit each.
    pub fn beginners(&self) -> u32 {
        let loses = self.faults.budget > 0 && self.faults.kinds.contains(['e', 'R', 'D', 'P']);
        let absent = |id: &Id| loses || self.initial.get(usize::from(*id)) == Some(&Initial::Absent);
        let begins = |act: &Act| match act {
            Act::Session(id) => absent(id),
            Act::Sessions(first, second) => absent(first) || absent(second),
            Act::Create(_) => true,
            _ => false,
        };
        let transactions = self.transactions().enumerate();
        transactions.map(|(number, tx)| u32::from(tx.acts.iter().any(begins)) << number).sum()
    }

    /// The number of ids that the program can name.
    pub fn ids(&self) -> usize {
        let drawn = self.transactions().flat_map(|tx| &tx.acts);
        TRUSTED.len()
            + drawn.filter(|act| matches!(act, Act::Create(_) | Act::On(_, Deed::Renew(..)))).count()
    }

    /// Numbers the ids that it draws in order, and drops references to ids that are no longer drawn. Returns
    /// whether the program is within the limits.
    pub fn number(&mut self) -> bool {
        let mut numbers = vec![None; 256];
        (0..TRUSTED.len()).for_each(|id| numbers[id] = Some(id as Id));
        let mut next = TRUSTED.len() as Id;
        let acts =
            self.clients.iter_mut().flat_map(|client| &mut client.transactions).flat_map(|tx| &mut tx.acts);
        for drawn in acts.filter_map(Act::draws) {
            numbers[usize::from(*drawn)] = Some(next);
            *drawn = next;
            next += 1;
        }
        for tx in self.clients.iter_mut().flat_map(|client| &mut client.transactions) {
            for position in (0..tx.acts.len()).rev() {
                let known = tx.acts[position].asks().into_iter().all(|id| match numbers[usize::from(*id)] {
                    Some(number) => {
                        *id = number;
                        true
                    }
                    None => false,
                });
                if !known {
                    tx.drop_act(position);
                }
            }
        }
        usize::from(next) <= MAX_IDS && self.transactions().count() <= MAX_TRANSACTIONS
    }
}

impl Tx {
    /// Drops an act, with all uses of the handles or the savepoint that it returns.
    pub fn drop_act(&mut self, position: usize) {
        let act = self.acts.remove(position);
        let before = &self.acts[..position];
        let first = before.iter().map(Act::handles).sum::<usize>() as u8;
        let savepoints = before.iter().filter(|act| **act == Act::Savepoint).count() as u8;
        let gone = act.handles() as u8;
        let is_savepoint = act == Act::Savepoint;
        self.acts.retain_mut(|act| match act {
            Act::On(handle, _) if gone > 0 && *handle >= first => {
                let keeps = *handle >= first + gone;
                *handle = handle.saturating_sub(gone);
                keeps
            }
            Act::Rollback(which) if is_savepoint && *which >= savepoints => {
                let keeps = *which > savepoints;
                *which = which.saturating_sub(1);
                keeps
            }
            _ => true,
        });
    }
}
