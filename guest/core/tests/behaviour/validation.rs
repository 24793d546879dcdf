//! What a serializable commit depends on in sessions that it does not write.

use std::rc::Rc;

use lovely_session_core::{ContainerOptions, Error, Isolation};

use crate::accounts::{accounts, after_transfer, roles, transfer, unsettled_transfer};
use crate::world::{
    Fault, Tx, World, conflict_keys, container, container_with, destroy, is_alive, package, renew, session,
};

fn conflicts(tx: &Tx) -> bool {
    match tx.commit() {
        Ok(()) => false,
        Err(Error::Conflict(_)) => true,
        Err(error) => panic!("{error:?}"),
    }
}

/// Whether a transaction that reads `k` of `a` and writes `b` conflicts with what happens meanwhile.
fn conflicts_with(meanwhile: fn(&Rc<World>)) -> bool {
    let world = accounts();
    let tx = world.begin();
    package(&tx, "a").get("k").unwrap();
    package(&tx, "b").set("x", "1").unwrap();
    meanwhile(&world);
    conflicts(&tx)
}

#[test]
fn a_session_that_was_read_must_still_be_there_when_another_is_written() {
    assert!(conflicts_with(|world| world.evict("a")));
    assert!(conflicts_with(|world| destroy(world, "a")));
    assert!(!conflicts_with(|world| world.store("a", &[("other", "1")])));
}

#[test]
fn a_session_that_was_read_must_be_in_the_same_life_when_another_is_written() {
    assert!(conflicts_with(|world| {
        world.evict("a");
        world.store("a", &[("k", "10")]);
    }));
}

#[test]
fn a_session_that_was_not_there_must_not_have_begun_and_ended_when_another_is_written() {
    let world = accounts();
    let tx = world.begin();
    session(&tx, "new");
    package(&tx, "b").set("x", "1").unwrap();
    world.store("new", &[("k", "1")]);
    destroy(&world, "new");
    assert!(conflicts(&tx));
}

#[test]
fn to_begin_and_end_a_session_conflicts_with_who_began_it_when_another_is_written() {
    for others_begin in [false, true] {
        let world = accounts();
        let tx = world.begin();
        let it = session(&tx, "new");
        it.package("p").unwrap().set("k", "1").unwrap();
        it.destroy().unwrap();
        package(&tx, "b").set("x", "1").unwrap();
        if others_begin {
            world.store("new", &[("k", "2")]);
        }
        assert_eq!(conflicts(&tx), others_begin);
        assert_eq!(is_alive(&world, "new"), others_begin);
    }
}

#[test]
fn to_begin_a_session_and_renew_it_conflicts_with_who_began_it_when_another_is_written() {
    for others_begin in [false, true] {
        let world = accounts();
        let tx = world.begin();
        let it = session(&tx, "new");
        it.package("p").unwrap().set("k", "1").unwrap();
        let id = it.renew_id(0).unwrap();
        package(&tx, "b").set("x", "1").unwrap();
        if others_begin {
            world.store("new", &[("k", "2")]);
        }
        assert_eq!(conflicts(&tx), others_begin);
        assert_eq!(is_alive(&world, &id), !others_begin);
    }
}

#[test]
fn a_session_that_the_transaction_created_costs_no_validation() {
    for written in [false, true] {
        let world = accounts();
        let tx = world.begin();
        let created = container().create(&tx).unwrap();
        if written {
            created.package("p").unwrap().set("k", "1").unwrap();
            package(&tx, "a").get("k").unwrap();
        } else {
            package(&tx, "a").set("x", "1").unwrap();
            package(&tx, "b").set("x", "1").unwrap();
        }
        let before = world.trips();
        tx.commit().unwrap();
        let expected = if written { (0, 1) } else { (0, 3) };
        assert_eq!(world.trips_since(before), expected);
    }
}

#[test]
fn a_session_found_at_two_moments_is_validated_where_that_matters() {
    for (isolation, writes, expected) in [
        (Isolation::Serializable, false, true),
        (Isolation::Serializable, true, true),
        (Isolation::Snapshot, false, false),
        (Isolation::Snapshot, true, false),
    ] {
        let world = World::new();
        world.store("old", &[("k", "1")]);
        let tx = world.begin_with(isolation);
        let data = package(&tx, "old");
        assert_eq!(data.get("k").unwrap().as_deref(), Some("1"));
        let new = renew(&world, "old", 30);
        world.store(&new, &[("theirs", "2")]);
        assert!(container().resume(&tx, &new).unwrap().is_some());
        if writes {
            data.set("x", "1").unwrap();
        }
        assert_eq!(conflicts(&tx), expected, "{isolation:?}, writes: {writes}");
    }
}

#[test]
fn a_decision_that_is_not_settled_is_noticed_by_the_validation() {
    let world = accounts();
    let [decides, waits] = roles();
    let reader = Rc::new(world.begin());
    let reading = Rc::clone(&reader);
    world.before_write(|| ());
    world.before_write(move || {
        assert_eq!(package(&reading, waits).get("k").unwrap().as_deref(), Some("10"));
    });
    let crashing = Rc::clone(&world);
    world.before_write(move || crashing.inject([Fault::Refused; 20]));
    transfer(&world).commit().unwrap();
    world.recover();
    let seen = package(&reader, decides).get("k").unwrap();
    assert_eq!(seen.as_deref(), Some(after_transfer(decides)));
    assert!(conflicts(&reader));
}

#[test]
fn validation_looks_until_there_was_one_moment_at_which_everything_was_as_it_was_read() {
    let world = accounts();
    // Both sessions have the same value at any time.
    let set_both = |world: &Rc<World>, value: &str| {
        let tx = world.begin();
        for id in ["a", "b"] {
            package(&tx, id).set("k", value).unwrap();
        }
        tx.commit().unwrap();
    };
    let reader = world.begin();
    let others = Rc::clone(&world);
    world.within_read(move || set_both(&others, "20"));
    let sessions = container().session_many(&reader, &["a", "b"]).unwrap();
    let seen: Vec<_> =
        sessions.iter().map(|it| it.package("p").unwrap().get("k").unwrap().unwrap()).collect();
    assert_eq!(seen, ["10", "20"], "a batch is no snapshot");
    set_both(&world, "10");
    let others = Rc::clone(&world);
    world.within_read(move || set_both(&others, "20"));
    assert!(conflicts(&reader));
}

#[test]
fn a_session_that_was_read_and_timed_out_since_conflicts_though_no_commit_ended_it() {
    let world = unsettled_transfer();
    let decides = roles()[0];
    let tx = world.begin();
    package(&tx, decides).get("k").unwrap();
    package(&tx, "new").set("k", "1").unwrap();
    // A container with a shorter timeout ends the session, and its tombstone remembers the decision.
    let short = container_with(ContainerOptions { timeout: 60, ..ContainerOptions::default() });
    assert!(short.resume(&world.begin(), decides).unwrap().is_some());
    world.advance(60);
    assert!(short.resume(&world.begin(), decides).unwrap().is_none());
    assert!(world.raw(decides).is_some());
    assert_eq!(conflict_keys(tx.commit()), [None]);
    assert!(!is_alive(&world, "new"));
}

#[test]
fn what_was_read_is_validated_if_the_store_loses_what_the_commit_begins() {
    let world = World::new();
    world.store("read", &[("k", "1")]);
    let tx = world.begin();
    assert_eq!(package(&tx, "read").get("k").unwrap().as_deref(), Some("1"));
    for _ in 0..2 {
        container().create(&tx).unwrap().package("p").unwrap().set("k", "2").unwrap();
    }
    // One record is prepared, and the store is restarted before the other one decides.
    world.skip_writes(1);
    let lossy = Rc::clone(&world);
    world.before_write(move || lossy.lose_everything());
    assert!(matches!(tx.commit(), Err(Error::Conflict(_) | Error::Gone(_))));
}
