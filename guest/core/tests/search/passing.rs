//! Random programs in which time passes.

use lovely_session_core::Isolation;

use crate::program::{Act, Client, Deed, Faults, Id, Initial, Lives, Program, StoreKind, TRUSTED, Tx};
use crate::random::Rng;

/// A random program in which time passes.
pub fn program(rng: &mut Rng) -> Program {
    loop {
        let mut program = draw(rng);
        if program.number() {
            return program;
        }
    }
}

fn draw(rng: &mut Rng) -> Program {
    let lives = lives(rng);
    let initial =
        [rng.pick(&[Initial::Live(1), Initial::Live(1), Initial::Absent]), Initial::Absent, Initial::Absent];
    let store = rng.pick(&[StoreKind::Slides, StoreKind::Slides, StoreKind::Expires, StoreKind::Keeps]);
    let faults = match rng.below(6) {
        0 => Faults { budget: 1, kinds: "u".into() },
        1 => Faults { budget: 1, kinds: "walc".into() },
        _ => Faults::default(),
    };
    let mut drawn = Vec::new();
    let mut value = 10;
    let clients = 2 + rng.below(2);
    let clients = (0..clients).map(|_| {
        let skew = rng.pick(&[0, 0, -3, 3]);
        let count = 1 + rng.below(2);
        let transactions = (0..count).map(|_| transaction(rng, &mut drawn, &mut value)).collect();
        Client { skew, transactions }
    });
    let clients = clients.collect();
    Program { initial, store, faults, lives, clients }
}

fn lives(rng: &mut Rng) -> Lives {
    let timeout = rng.pick(&[0, 60, 100]);
    let remember = rng.pick(&[30, 600]);
    let grace = rng.pick(&[30, 300]);
    let near = |seconds: u32| [seconds.saturating_sub(15), seconds + 15];
    let mut stretches = vec![1, 5, 20, timeout / 2 + 15, timeout / 3];
    [timeout, remember, grace, remember + grace].into_iter().for_each(|it| stretches.extend(near(it)));
    stretches.retain(|seconds| *seconds > 0);
    let passes = (0..1 + rng.below(4)).map(|_| rng.pick(&stretches) as u16).collect();
    Lives { timeout, remember, grace, passes }
}

fn transaction(rng: &mut Rng, drawn: &mut Vec<Id>, value: &mut u16) -> Tx {
    let mut acts = Vec::new();
    let asks = |rng: &mut Rng| {
        let id = 0;
        if rng.one_in(2) { Act::Resume(id) } else { Act::Session(id) }
    };
    if !drawn.is_empty() && rng.one_in(3) {
        acts.push(Act::Resume(rng.pick(drawn)));
    } else {
        acts.push(asks(rng));
    }
    for _ in 0..rng.below(3) {
        let deed = match rng.below(9) {
            0 | 1 => Deed::Get(0),
            2 => Deed::Increment(1),
            3 => Deed::Add(1, 2),
            4 | 5 => {
                *value += 10;
                Deed::Set(2, *value)
            }
            6 => {
                let id = (TRUSTED.len() + drawn.len()) as Id;
                drawn.push(id);
                Deed::Renew(id, rng.one_in(2))
            }
            _ => Deed::Destroy,
        };
        acts.push(Act::On(0, deed));
    }
    if rng.one_in(3) {
        acts.push(asks(rng));
        if rng.one_in(2) {
            acts.push(Act::On(1, Deed::Increment(1)));
        }
    }
    Tx { isolation: Isolation::Serializable, acts, commits: true }
}
