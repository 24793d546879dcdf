//! More packages in a session. Each has one key.

use std::cell::Cell;

use lovely_session_core::Session;

use super::Call;
use super::Expected::{Flat, Proportional};
use super::shop::{Shop, World, change, container, id, key, package};
use super::timing::Timed;

const PACKAGES: &str = "packages";
const CHANGED: &str = "packages changed before";

const QUANTITIES: &[usize] = &[1, 10, 100, 1_000];

pub const CALLS: &[Call] = &[
    flat("package", |n| Timed::repeated(stored(n).open(), |(_, session, _)| package(session, 0))),
    flat("package and set, the first in it", |n| {
        let shop = stored(n);
        let opened = move || {
            let opened = shop.open();
            (0..n).for_each(|number| change(&package(&opened.1, number)));
            opened
        };
        Timed::adding(opened, move |(_, session, _), number| change(&package(session, n + number)))
    }),
    all("session, which loads them", |n| {
        let shop = stored(n);
        Timed::once(
            {
                let shop = shop.clone();
                move || shop.begin()
            },
            |tx| container().session(tx, &id(0)).unwrap(),
        )
    }),
    all("packages", |n| Timed::repeated(stored(n).open(), |(_, session, _)| session.packages().unwrap())),
    all("packages, each was changed", |n| {
        let opened = stored(n).open();
        (0..n).for_each(|number| change(&package(&opened.1, number)));
        Timed::repeated(opened, |(_, session, _)| session.packages().unwrap())
    }),
    all("commit, one was changed", |n| commit(n, |session, _| change(&package(session, 0)))),
    all("commit, each was read and one changed", |n| {
        commit(n, |session, n| {
            (1..n).for_each(|number| _ = package(session, number).get(&key(0)).unwrap());
            change(&package(session, 0));
        })
    }),
    all("commit, each was changed", |n| {
        commit(n, |session, n| (0..n).for_each(|number| change(&package(session, number))))
    }),
    all("commit, each was changed, and another key of it by others", |n| {
        let shop = stored(n);
        let count = Cell::new(0);
        Timed::once(
            move || {
                let (tx, session, _) = shop.open();
                (0..n).for_each(|number| change(&package(&session, number)));
                count.set(count.get() + 1);
                let text = count.get().to_string();
                let others = |session: &Session<World>| {
                    (0..n).for_each(|number| package(session, number).set("other", &text).unwrap());
                };
                shop.meanwhile(1, others);
                tx
            },
            |tx| tx.commit().unwrap(),
        )
    }),
];

const fn flat(what: &'static str, prepare: fn(usize) -> Timed) -> Call {
    Call { what, of: CHANGED, expected: Flat, quantities: QUANTITIES, prepare }
}

const fn all(what: &'static str, prepare: fn(usize) -> Timed) -> Call {
    Call { what, of: PACKAGES, expected: Proportional, quantities: QUANTITIES, prepare }
}

fn stored(packages: usize) -> Shop {
    Shop::with(1, packages, 1)
}

fn commit(packages: usize, work: fn(&Session<World>, usize)) -> Timed {
    let shop = stored(packages);
    Timed::once(
        move || {
            let (tx, session, _) = shop.open();
            work(&session, packages);
            tx
        },
        |tx| tx.commit().unwrap(),
    )
}
