//! More sessions in a transaction. Each has one package with one key.

use std::cell::Cell;

use lovely_session_core::{MAX_SESSIONS, Session};

use super::Call;
use super::Expected::{Flat, Proportional};
use super::shop::{Shop, Tx, World, change, container, id, key, package};
use super::timing::{ADDITIONS, Timed};

const JOINED: &str = "sessions joined before";
const SESSIONS: &str = "sessions";

/// A transaction can join 1,000.
const QUANTITIES: &[usize] = &[1, 10, 100, 1_000];

/// Room for those that are added.
const MORE: usize = 2 * ADDITIONS;

pub const CALLS: &[Call] = &[
    flat("session, of one that is stored", |n| {
        let shop = stored(before(n) + MORE);
        Timed::adding(
            move || joined(&shop, before(n)),
            move |(tx, _), number| container().session(tx, &id(before(n) + number)).unwrap(),
        )
    }),
    flat("session, of one that has joined", |n| {
        Timed::repeated(joined(&stored(n), n), move |(tx, _)| container().session(tx, &id(n / 2)).unwrap())
    }),
    flat("resume, where there is none", |n| {
        let shop = stored(n);
        let ask = |tx: &Tx, number: usize| container().resume(tx, &format!("nobody {number}")).unwrap();
        Timed::adding(move || joined(&shop, before(n)), move |(tx, _), number| ask(tx, number).is_none())
    }),
    flat("create", |n| {
        let shop = stored(n);
        Timed::adding(move || joined(&shop, before(n)), |(tx, _), _| container().create(tx).unwrap())
    }),
    flat("renew-id", |n| {
        let shop = stored(n);
        let renewed = move || {
            let (tx, sessions) = joined(&shop, n);
            sessions.iter().for_each(|session| _ = session.renew_id(0).unwrap());
            (tx, sessions)
        };
        Timed::adding(renewed, move |(_, sessions), number| sessions[number % n].renew_id(0).unwrap())
    }),
    flat("get", |n| {
        let (tx, sessions) = joined(&stored(n), n);
        Timed::repeated((tx, package(&sessions[n / 2], 0)), |(_, package)| package.get(&key(0)).unwrap())
    }),
    flat("set", |n| {
        let (tx, sessions) = changed(&stored(n), n);
        Timed::repeated((tx, package(&sessions[n / 2], 0)), |(_, package)| package.set(&key(0), "1").unwrap())
    }),
    flat("savepoint and release", |n| {
        Timed::repeated(changed(&stored(n), n), |(tx, _)| tx.savepoint().unwrap().release().unwrap())
    }),
    all("session-many", |n| {
        let shop = stored(n);
        Timed::once(
            {
                let shop = shop.clone();
                move || shop.begin()
            },
            move |tx| shop.join(tx, n),
        )
    }),
    all("joined", |n| Timed::repeated(joined(&stored(n), n), |(tx, _)| container().joined(tx).unwrap())),
    all("rollback, each has changed", |n| {
        let shop = stored(n);
        Timed::once(
            move || {
                let (tx, sessions) = joined(&shop, n);
                let savepoint = tx.savepoint().unwrap();
                sessions.iter().for_each(|session| change(&package(session, 0)));
                (tx, sessions, savepoint)
            },
            |(_, _, savepoint)| savepoint.rollback().unwrap(),
        )
    }),
    all("commit, each was read", |n| {
        commit(stored(n), n, |_, session| {
            package(session, 0).get(&key(0)).unwrap();
        })
    }),
    all("commit, one was changed and all were read", |n| {
        commit(stored(n), n, |number, session| match number {
            0 => change(&package(session, 0)),
            _ => _ = package(session, 0).get(&key(0)).unwrap(),
        })
    }),
    all("commit, each was changed", |n| commit(stored(n), n, |_, session| change(&package(session, 0)))),
    all("commit, half were changed and half read", |n| {
        commit(stored(n), n, |number, session| match number % 2 {
            0 => change(&package(session, 0)),
            _ => _ = package(session, 0).get(&key(0)).unwrap(),
        })
    }),
    all("commit, each is new", |n| {
        Timed::once(
            move || {
                let tx = Shop::empty().begin();
                (0..n).for_each(|_| change(&package(&container().create(&tx).unwrap(), 0)));
                tx
            },
            |tx| tx.commit().unwrap(),
        )
    }),
    all("commit, each was renewed", |n| commit_in_new_shops(n, |session| _ = session.renew_id(0).unwrap())),
    all("commit, each was destroyed", |n| commit_in_new_shops(n, |session| session.destroy().unwrap())),
    all("commit, each was changed, and another key of it by others", |n| {
        let shop = stored(n);
        let number = Cell::new(0);
        Timed::once(
            move || {
                let (tx, sessions) = changed(&shop, n);
                number.set(number.get() + 1);
                shop.meanwhile(n, |session| {
                    package(session, 1).set("other", &number.get().to_string()).unwrap()
                });
                (tx, sessions)
            },
            |(tx, _)| tx.commit().unwrap(),
        )
    }),
];

const fn flat(what: &'static str, prepare: fn(usize) -> Timed) -> Call {
    Call { what, of: JOINED, expected: Flat, quantities: QUANTITIES, prepare }
}

const fn all(what: &'static str, prepare: fn(usize) -> Timed) -> Call {
    Call { what, of: SESSIONS, expected: Proportional, quantities: QUANTITIES, prepare }
}

/// How many join before a call that has more join.
fn before(sessions: usize) -> usize {
    sessions.min(MAX_SESSIONS as usize - MORE)
}

fn stored(sessions: usize) -> Shop {
    Shop::with(sessions, 1, 1)
}

type Joined = (Tx, Vec<Session<World>>);

fn joined(shop: &Shop, count: usize) -> Joined {
    let tx = shop.begin();
    let sessions = shop.join(&tx, count);
    (tx, sessions)
}

fn changed(shop: &Shop, count: usize) -> Joined {
    let (tx, sessions) = joined(shop, count);
    sessions.iter().for_each(|session| change(&package(session, 0)));
    (tx, sessions)
}

/// The commit of a transaction on the same sessions as the one before.
fn commit(shop: Shop, count: usize, work: fn(usize, &Session<World>)) -> Timed {
    Timed::once(
        move || {
            let (tx, sessions) = joined(&shop, count);
            sessions.iter().enumerate().for_each(|(number, session)| work(number, session));
            tx
        },
        |tx| tx.commit().unwrap(),
    )
}

/// The commit of a transaction that ends the sessions.
fn commit_in_new_shops(count: usize, work: fn(&Session<World>)) -> Timed {
    Timed::once(
        move || {
            let (tx, sessions) = joined(&stored(count), count);
            sessions.iter().for_each(work);
            tx
        },
        |tx| tx.commit().unwrap(),
    )
}
