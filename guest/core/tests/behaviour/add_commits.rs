//! Adds together with rollbacks, renewals, commits over several sessions and lost replies.

use std::rc::Rc;

use lovely_session_core::Error;

use crate::adds::add_in;
use crate::world::{Fault, World, owned, package, session};

#[test]
fn adds_that_cancel_out_write_nothing() {
    let world = World::new();
    world.store("s", &[("a", "1")]);
    let written = world.writes.get();
    let tx = world.begin();
    add_in(&tx, "s", 3);
    add_in(&tx, "s", -3);
    tx.commit().unwrap();
    assert_eq!(world.writes.get(), written);
}

#[test]
fn a_key_to_which_0_was_added_is_there() {
    let world = World::new();
    let tx = world.begin();
    add_in(&tx, "s", 0);
    assert_eq!(session(&tx, "s").packages().unwrap(), ["p"]);
    tx.commit().unwrap();
    assert_eq!(world.stored("s"), owned(&[("a", "0")]));
}

#[test]
fn a_rollback_takes_back_exactly_what_was_added_since() {
    let world = World::new();
    world.store("s", &[("a", "1")]);
    let tx = world.begin();
    let data = package(&tx, "s");
    let first = tx.savepoint().unwrap();
    data.add("a", 10).unwrap();
    let second = tx.savepoint().unwrap();
    data.add("a", 100).unwrap();
    data.set("a", "7").unwrap();
    data.add("a", 1000).unwrap();
    data.clear().unwrap();
    second.rollback().unwrap();
    assert_eq!(data.peek("a").unwrap().as_deref(), Some("11"));
    first.rollback().unwrap();
    assert_eq!(data.peek("a").unwrap().as_deref(), Some("1"));
    data.set("b", "1").unwrap();
    world.store("s", &[("a", "\"no counter\"")]);
    tx.commit().unwrap();
    assert_eq!(world.stored("s"), owned(&[("a", "\"no counter\""), ("b", "1")]));
}

#[test]
fn what_is_left_of_the_adds_after_a_rollback_merges() {
    let world = World::new();
    world.store("s", &[("a", "1")]);
    let tx = world.begin();
    add_in(&tx, "s", 10);
    let savepoint = tx.savepoint().unwrap();
    add_in(&tx, "s", 100);
    savepoint.rollback().unwrap();
    world.store("s", &[("a", "5")]);
    tx.commit().unwrap();
    assert_eq!(world.stored("s"), owned(&[("a", "15")]));
}

#[test]
fn a_session_that_is_destroyed_ends_whatever_becomes_of_a_counter() {
    let world = World::new();
    world.store("s", &[("a", "1")]);
    let tx = world.begin();
    add_in(&tx, "s", 1);
    session(&tx, "s").destroy().unwrap();
    world.store("s", &[("a", "\"no counter\"")]);
    tx.commit().unwrap();
    assert_eq!(world.stored_or_ended("s"), []);
}

#[test]
fn adds_follow_a_session_to_its_new_id() {
    let world = World::new();
    world.store("s", &[("a", "1")]);
    let tx = world.begin();
    let id = session(&tx, "s").renew_id(0).unwrap();
    package(&tx, &id).add("a", 10).unwrap();
    world.store("s", &[("a", "5")]);
    tx.commit().unwrap();
    assert_eq!(world.stored(&id), owned(&[("a", "15")]));
}

#[test]
fn adds_in_several_sessions_count_once_whoever_comes_between() {
    // Others add before the records are prepared, before the decision, and before what waits is settled.
    for batch in 0..3 {
        let world = World::new();
        for id in ["one", "two"] {
            world.store(id, &[("a", "1")]);
        }
        let tx = world.begin();
        add_in(&tx, "one", 10);
        add_in(&tx, "two", 10);
        world.skip_writes(batch);
        let others = Rc::clone(&world);
        world.before_write(move || {
            for id in ["one", "two"] {
                let other = others.begin();
                add_in(&other, id, 100);
                other.commit().unwrap();
            }
        });
        let result = tx.commit();
        let sums = ["one", "two"].map(|id| world.stored(id)[0].1.clone());
        match result {
            Ok(()) => assert_eq!(sums, ["111", "111"], "batch {batch}"),
            Err(error) => {
                assert!(matches!(error, Error::Conflict(_)), "{error:?}");
                assert_eq!(sums, ["101", "101"], "batch {batch}");
            }
        }
    }
}

#[test]
fn an_add_counts_once_when_its_reply_is_lost() {
    for fault in [Fault::ReplyLost, Fault::RequestLost, Fault::Delayed] {
        for others in [0, 1, 3] {
            let world = World::new();
            world.store("s", &[("a", "1")]);
            let tx = world.begin();
            add_in(&tx, "s", 1);
            world.inject([fault]);
            let client = Rc::clone(&world);
            world.before_read(move || {
                for _ in 0..others {
                    let other = client.begin();
                    add_in(&other, "s", 10);
                    other.commit().unwrap();
                }
            });
            tx.commit().unwrap();
            let sum = (2 + 10 * others).to_string();
            assert_eq!(world.stored("s"), owned(&[("a", &sum)]), "{others} others");
        }
    }
}
