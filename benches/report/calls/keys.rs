//! More keys in a package.

use std::cell::Cell;

use lovely_session_core::Package;

use super::Call;
use super::Expected::{Flat, Proportional};
use super::shop::{Shop, World, change, fill, key};
use super::timing::Timed;

const KEYS: &str = "keys";

const QUANTITIES: &[usize] = &[1, 10, 100, 1_000, 10_000];

pub const CALLS: &[Call] = &[
    flat("get, again", |n| read(n, move |package| package.get(&key(n / 2)).unwrap())),
    flat("set", |n| read(n, move |package| package.set(&key(n / 2), "1").unwrap())),
    flat("add", |n| read(n, move |package| package.add(&key(n / 2), 1).unwrap())),
    flat("len", |n| read(n, |package| package.len().unwrap())),
    flat("set, where all were set before", |n| {
        changed(n, move |package| package.set(&key(n / 2), "1").unwrap())
    }),
    flat("len, where all were set before", |n| changed(n, |package| package.len().unwrap())),
    all("package, the first time", |n| {
        let shop = stored(n);
        let join = move || {
            let tx = shop.begin();
            let sessions = shop.join(&tx, 1);
            (tx, sessions)
        };
        Timed::once(join, |(_, sessions)| super::shop::package(&sessions[0], 0))
    }),
    all("keys", |n| read(n, |package| package.keys().unwrap())),
    all("entries", |n| read(n, |package| package.entries().unwrap())),
    all("update", |n| once(n, move |package| fill(package, n))),
    all("clear", |n| once(n, |package| package.clear().unwrap())),
    all("commit, one was changed", |n| commit(n, |package, _| change(package))),
    all("commit, all were changed", |n| {
        commit(n, |package, n| {
            change(package);
            (1..n).for_each(|number| package.add(&key(number), 1).unwrap());
        })
    }),
    all("commit, all were read and one changed, another by others", |n| {
        let shop = stored(n);
        let count = Cell::new(0);
        Timed::once(
            move || {
                let (tx, _, package) = shop.open();
                (1..n).for_each(|number| _ = package.get(&key(number)).unwrap());
                change(&package);
                count.set(count.get() + 1);
                let text = count.get().to_string();
                shop.meanwhile(1, |session| super::shop::package(session, 0).set("other", &text).unwrap());
                tx
            },
            |tx| tx.commit().unwrap(),
        )
    }),
];

const fn flat(what: &'static str, prepare: fn(usize) -> Timed) -> Call {
    Call { what, of: KEYS, expected: Flat, quantities: QUANTITIES, prepare }
}

const fn all(what: &'static str, prepare: fn(usize) -> Timed) -> Call {
    Call { expected: Proportional, ..flat(what, prepare) }
}

fn stored(keys: usize) -> Shop {
    Shop::with(1, 1, keys)
}

/// A call in a package that was read before.
fn read<R>(keys: usize, call: impl Fn(&Package<World>) -> R + 'static) -> Timed {
    let opened = stored(keys).open();
    opened.2.peek(&key(0)).unwrap();
    Timed::repeated(opened, move |(_, _, package)| call(package))
}

/// A call in a package all keys of which were set before.
fn changed<R>(keys: usize, call: impl Fn(&Package<World>) -> R + 'static) -> Timed {
    let opened = stored(keys).open();
    fill(&opened.2, keys);
    Timed::repeated(opened, move |(_, _, package)| call(package))
}

/// A call that changes a package, which was read before.
fn once(keys: usize, call: impl Fn(&Package<World>) + 'static) -> Timed {
    let shop = stored(keys);
    let opened = move || {
        let opened = shop.open();
        opened.2.peek(&key(0)).unwrap();
        opened
    };
    Timed::once(opened, move |(_, _, package)| call(package))
}

fn commit(keys: usize, work: fn(&Package<World>, usize)) -> Timed {
    let shop = stored(keys);
    Timed::once(
        move || {
            let (tx, _, package) = shop.open();
            work(&package, keys);
            tx
        },
        |tx| tx.commit().unwrap(),
    )
}
