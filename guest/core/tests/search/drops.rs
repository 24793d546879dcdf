//! Drops of the whole container at any time, and stores that drop it wrongly.

use std::rc::Rc;

use crate::exhaust::Exhaust;
use crate::finding::examine;
use crate::memory::{Defect, Memory};
use crate::pairs::{on_one_session, on_two_sessions};
use crate::program::{CONTAINER, TRUSTED};
use crate::run::Runner;
use crate::search::{Exhaustion, most_steps};
use crate::text::parse;
use crate::trace::Trace;

/// What is dropped, with writes under way and on two servers.
const PROGRAMS: [&str; 8] = [
    "f2=Dl | S session(a) 0.inc(px) commit",
    "f2=Dl | S session(a) 0.set(px,7) commit | S resume(a) 0.get(px) commit",
    "f2=Dc | S session(a) 0.inc(px) commit | S resume(a) 0.get(px) commit",
    "a f2=Dl | S session(a) 0.inc(px) commit | S session(a) 0.inc(px) commit",
    "a f2=Dl | S session(a) 0.renew(n0) commit | S resume(a) 0.get(px) commit",
    "a c f2=PP | S session(a) 0.inc(px) session(c) 1.inc(px) commit | S sessions(a,c) 0.get(px) 1.get(px) commit",
    "a c f2=PD | S session(a) 0.destroy session(c) 1.inc(px) commit | S resume(c) 0.get(px) commit",
    "a f3=PPl | S session(a) 0.renew(n0,grace) commit",
];

/// The number of steps of a schedule.
const MOST_STEPS: usize = 20;

#[test]
fn the_sessions_of_a_program_lie_on_two_servers() {
    let server = |id: usize| {
        let key = lovely_session_core::store_key(CONTAINER, TRUSTED[id]).unwrap();
        Memory::server(&key)
    };
    assert_ne!(server(0), server(2));
}

#[test]
fn every_schedule_with_a_drop_of_the_container_is_explained() {
    let programs: Vec<String> = PROGRAMS.iter().map(|program| (*program).to_owned()).collect();
    Exhaustion::of(&programs, "", MOST_STEPS, false).check("drops");
}

#[test]
fn every_schedule_of_two_transactions_and_a_drop_is_explained() {
    Exhaustion::of(&on_one_session(), "f1=D", MOST_STEPS, false).check("one session, one drop");
}

#[test]
#[ignore = "it takes long"]
fn every_schedule_of_two_transactions_on_two_sessions_and_drops_of_both_servers_is_explained() {
    Exhaustion::of(&on_two_sessions(), "f2=P", most_steps(), false).check("two sessions, drops");
}

/// How many of the programs have a schedule on a store with this defect that no order explains.
fn found(defect: Option<Defect>) -> usize {
    PROGRAMS.iter().filter(|text| is_found(text, defect)).count()
}

fn is_found(text: &str, defect: Option<Defect>) -> bool {
    let program = Rc::new(parse(text));
    let (mut runner, mut exhaust) = (Runner::new(), Exhaust::up_to(MOST_STEPS));
    runner.defect = defect;
    loop {
        let ran = runner.run(&program, &mut exhaust, &mut Trace::off());
        if examine(&program, &ran, &runner.history).is_some() {
            return true;
        }
        if !exhaust.advance() {
            return false;
        }
    }
}

#[test]
fn a_store_that_lets_something_come_back_after_a_drop_is_found() {
    assert_eq!(found(None), 0);
    for defect in [Defect::DropsIncompletely, Defect::IsLateForDrops] {
        assert!(found(Some(defect)) > 0, "{defect:?} is not found");
    }
}
