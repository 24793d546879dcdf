//! More savepoints and changes in a transaction. All changes are in one package.

use lovely_session_core::{Package, Savepoint, Session};

use super::Call;
use super::Expected::{Flat, Proportional};
use super::shop::{Shop, Tx, World, key};
use super::timing::Timed;

const SAVEPOINTS: &str = "savepoints taken before";
const NESTED: &str = "savepoints released before, under an outer one";
const CHANGES: &str = "changes since";

const QUANTITIES: &[usize] = &[1, 10, 100, 1_000, 10_000];

/// Fewer, because more do not fit the caches, which would look like a cost that grows faster.
const FEWER: &[usize] = &[1, 10, 100, 1_000];

pub const CALLS: &[Call] = &[
    flat("savepoint and release", SAVEPOINTS, |n| {
        Timed::repeated(saved(n), |(open, _)| open.tx.savepoint().unwrap().release().unwrap())
    }),
    flat("set", SAVEPOINTS, |n| {
        Timed::repeated(saved(n), |(open, _)| open.package.set("other", "1").unwrap())
    }),
    flat("set and rollback", SAVEPOINTS, |n| {
        let (open, _) = saved(n);
        let last = open.tx.savepoint().unwrap();
        Timed::repeated((open, last), move |(open, last)| {
            open.set(n);
            last.rollback().unwrap();
        })
    }),
    flat("savepoint, set and release", NESTED, |n| {
        Timed::adding(move || nested(n), move |(open, _), number| open.step(n + number))
    }),
    flat("savepoint, set and rollback", NESTED, |n| {
        Timed::repeated(nested(n), move |(open, _)| {
            let inner = open.tx.savepoint().unwrap();
            open.set(n);
            inner.rollback().unwrap();
            inner.release().unwrap();
        })
    }),
    all("rollback", |n| Timed::once(move || since(n), |(_, savepoint)| savepoint.rollback().unwrap())),
    all("rollback, a savepoint after each", |n| {
        Timed::once(move || saved(n), |(_, savepoints)| savepoints[0].rollback().unwrap())
    }),
    all("release, under an outer one", |n| {
        Timed::once(
            move || {
                let open = Open::new();
                let outer = open.tx.savepoint().unwrap();
                let inner = open.tx.savepoint().unwrap();
                (0..n).for_each(|number| open.set(number));
                (open, outer, inner)
            },
            |(_, _, inner)| inner.release().unwrap(),
        )
    }),
    all("release under an outer one, a savepoint after each", |n| {
        Timed::once(move || saved(n + 1), |(_, savepoints)| savepoints[1].release().unwrap())
    }),
    all("commit, rolled back but for one", |n| {
        Timed::once(
            move || {
                let (open, savepoint) = since(n);
                savepoint.rollback().unwrap();
                open.set(n);
                open
            },
            |open| open.tx.commit().unwrap(),
        )
    }),
];

const fn flat(what: &'static str, of: &'static str, prepare: fn(usize) -> Timed) -> Call {
    Call { what, of, expected: Flat, quantities: QUANTITIES, prepare }
}

const fn all(what: &'static str, prepare: fn(usize) -> Timed) -> Call {
    Call { what, of: CHANGES, expected: Proportional, quantities: FEWER, prepare }
}

/// A transaction on one session, in a store of its own.
struct Open {
    tx: Tx,
    _session: Session<World>,
    package: Package<World>,
}

impl Open {
    fn new() -> Self {
        let (tx, session, package) = Shop::with(1, 1, 1).open();
        package.peek("other").unwrap();
        Self { tx, _session: session, package }
    }

    fn set(&self, number: usize) {
        self.package.set(&key(number), "1").unwrap();
    }

    /// Sets another key within a savepoint.
    fn step(&self, number: usize) {
        let inner = self.tx.savepoint().unwrap();
        self.set(number);
        inner.release().unwrap();
    }
}

/// With so many savepoints, and a change of another key after each.
fn saved(count: usize) -> (Open, Vec<Savepoint<World>>) {
    let open = Open::new();
    let save = |number| {
        let savepoint = open.tx.savepoint().unwrap();
        open.set(number);
        savepoint
    };
    let savepoints = (0..count).map(save).collect();
    (open, savepoints)
}

/// With a savepoint, and so many steps since.
fn nested(count: usize) -> (Open, Savepoint<World>) {
    let open = Open::new();
    let outer = open.tx.savepoint().unwrap();
    (0..count).for_each(|number| open.step(number));
    (open, outer)
}

/// With a savepoint, and so many changes since.
fn since(count: usize) -> (Open, Savepoint<World>) {
    let open = Open::new();
    let savepoint = open.tx.savepoint().unwrap();
    (0..count).for_each(|number| open.set(number));
    (open, savepoint)
}
