//! Commits over several sessions that retry, or give up.

use std::rc::Rc;

use lovely_session_core::{ContainerOptions, Error};

use crate::accounts::{accounts, balances, crash_after, roles, transfer};
use crate::world::{Fault, World, container_with, is_pending, key, owned, package, session};

/// Makes the client crash as soon as the record of `id` contains a text.
fn crash_once(world: &Rc<World>, id: &'static str, holds: &'static str) {
    for _ in 0..12 {
        let crashing = Rc::clone(world);
        world.before_write(move || {
            let record =
                crashing.raw(id).map(|record| String::from_utf8(record).unwrap()).unwrap_or_default();
            if record.contains(holds) {
                crashing.recover();
                crashing.inject([Fault::Refused; 20]);
            }
        });
    }
}

#[test]
fn what_a_commit_prepared_itself_never_blocks_it() {
    let world = accounts();
    world.store("c", &[("k", "1")]);
    let tx = world.begin();
    package(&tx, "c").get("k").unwrap();
    package(&tx, "a").set("x", "1").unwrap();
    world.before_write(|| ());
    let others = Rc::clone(&world);
    // Another client has prevented the decision, and changed nothing else.
    world.before_write(move || others.put_raw("a", &others.raw("a").unwrap()));
    let before = world.trips();
    tx.commit().unwrap();
    assert_eq!(world.trips_since(before), (3, 4));
}

#[test]
fn what_an_earlier_attempt_prepared_is_removed_when_a_later_one_fails() {
    let world = accounts();
    let [decides, waits] = roles();
    let tx = world.begin();
    for id in ["a", "b"] {
        package(&tx, id).set("mine", "1").unwrap();
    }
    world.before_write(|| ());
    let others = Rc::clone(&world);
    world.before_write(move || {
        others.put_raw(waits, &others.raw(waits).unwrap());
        others.store(decides, &[("x", "1")]);
    });
    // The other commit's write, and the second attempt, which finds another version.
    world.before_write(|| ());
    world.before_write(|| ());
    let failing = Rc::clone(&world);
    world.before_write(move || failing.inject([Fault::Refused]));
    assert!(matches!(tx.commit(), Err(Error::Store(_))));
    assert!(!is_pending(&world, waits));
}

#[test]
fn a_commit_gives_up_after_a_few_attempts_without_a_winner() {
    let world = accounts();
    for number in 0..5000 {
        let others = Rc::clone(&world);
        let id = if number % 2 == 0 { "a" } else { "b" };
        world.before_write(move || others.put_raw(id, &others.raw(id).unwrap()));
    }
    let writes = world.writes.get();
    assert!(matches!(transfer(&world).commit(), Err(Error::Conflict(_))));
    let writes = world.writes.get() - writes;
    assert!(writes < 40, "{writes}");
}

#[test]
fn a_session_that_prepares_to_begin_is_checked_for_its_size_before_anything_is_sent() {
    let world = World::new();
    let narrow = container_with(ContainerOptions { max_size: 800, ..ContainerOptions::default() });
    let tx = world.begin();
    let long = format!("\"{}\"", "x".repeat(600));
    // The first session to begin is the primary, to which only the decision is added.
    for (id, value) in roles().into_iter().zip(["1", &long]) {
        narrow.session(&tx, id).unwrap().package("p").unwrap().set("k", value).unwrap();
    }
    let writes = world.writes.get();
    let error = tx.commit().unwrap_err();
    assert!(matches!(error, Error::TooLarge { limit: 800, .. }), "{error:?}");
    assert_eq!(world.writes.get(), writes);
    world.store("one", &[("k", &long)]);
    assert!(world.raw("one").unwrap().len() < 800, "it would have room without the pending part");
}

#[test]
fn what_an_earlier_attempt_prepared_is_never_mistaken_for_that_of_a_later_one() {
    let world = World::new();
    world.store("old", &[("k", "1")]);
    let tx = world.begin();
    let new = session(&tx, "old").renew_id(0).unwrap();
    world.before_write(|| ());
    let others = Rc::clone(&world);
    world.before_write(move || {
        others.store("old", &[("theirs", "2")]);
        // The second attempt to prepare is lost, and nothing is settled after the decision.
        let failing = Rc::clone(&others);
        others.before_write(move || failing.inject([Fault::RequestLost]));
        crash_once(&others, "old", "ended_until");
    });
    tx.commit().unwrap();
    world.recover();
    assert_eq!(world.stored(&new), owned(&[("k", "1"), ("theirs", "2")]));
}

#[test]
fn what_another_commit_prepared_is_never_mistaken_for_that_of_this_one() {
    let world = accounts();
    let [decides, waits] = roles();
    let first = (0..).map(|number| number.to_string()).find(|id| key(id) < key(waits)).unwrap();
    world.store(&first, &[("k", "1")]);
    world.inject([Fault::RequestLost]);
    let others = Rc::clone(&world);
    world.after_write(move || {
        let tx = others.begin();
        package(&tx, &first).set("theirs", "2").unwrap();
        package(&tx, waits).set("theirs", "2").unwrap();
        crash_after(&others, 1);
        assert!(tx.commit().is_err());
        others.recover();
        crash_once(&others, decides, if decides == "a" { ":9" } else { ":11" });
    });
    transfer(&world).commit().unwrap();
    world.recover();
    assert_eq!(balances(&world), ["9", "11"]);
}
