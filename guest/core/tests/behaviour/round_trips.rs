//! The number of round trips of transactions.

use lovely_session_core::{Error, Isolation};

use crate::world::{World, container, owned, package, session};

#[test]
fn a_transaction_that_only_reads_costs_one_trip() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let before = world.trips();
    let tx = world.begin();
    package(&tx, "s").get("k").unwrap();
    tx.commit().unwrap();
    assert_eq!(world.trips_since(before), (1, 0));
}

#[test]
fn changing_costs_one_trip_after_the_load_for_one_session_and_three_for_several() {
    let world = World::new();
    let mut number = 0;
    // If none of several sessions exists yet, the first is created before the others refer to it.
    for (ids, trips) in
        [(&["a"][..], 1), (&["a"], 1), (&["b", "c"], 4), (&["a", "b", "c"], 3), (&["c", "d"], 3)]
    {
        number += 1;
        let before = world.trips();
        let tx = world.begin();
        for session in container().session_many(&tx, ids).unwrap() {
            session.package("p").unwrap().set("k", &number.to_string()).unwrap();
        }
        tx.commit().unwrap();
        assert_eq!(world.trips_since(before), (1, trips), "{ids:?}");
        for id in ids {
            assert_eq!(world.stored(id), owned(&[("k", &number.to_string())]));
        }
    }
}

#[test]
fn depending_on_other_sessions_costs_one_more_trip_and_a_hold_on_what_changes() {
    let world = World::new();
    for id in ["a", "b", "c", "d"] {
        world.store(id, &[("k", "1")]);
    }
    let cost = |changed: &[&str], isolation| {
        let tx = world.begin_with(isolation);
        let sessions = container().session_many(&tx, &["a", "b", "c", "d"]).unwrap();
        for session in &sessions {
            session.package("p").unwrap().get("k").unwrap();
            if changed.contains(&session.id().as_str()) {
                session.package("p").unwrap().set("other", &world.writes.get().to_string()).unwrap();
            }
        }
        let before = world.trips();
        tx.commit().unwrap();
        world.trips_since(before)
    };
    for (changed, serializable, snapshot) in [
        (&[][..], (1, 0), (0, 0)),
        (&["a"], (1, 2), (0, 1)),
        (&["b", "c"], (1, 3), (0, 3)),
        (&["a", "b", "c", "d"], (0, 3), (0, 3)),
    ] {
        assert_eq!(cost(changed, Isolation::Serializable), serializable, "{changed:?}");
        assert_eq!(cost(changed, Isolation::Snapshot), snapshot, "{changed:?}");
    }
}

#[test]
fn creating_costs_one_trip() {
    let world = World::new();
    let tx = world.begin();
    let session = container().create(&tx).unwrap();
    session.package("p").unwrap().set("k", "1").unwrap();
    tx.commit().unwrap();
    assert_eq!((world.reads.get(), world.writes.get()), (0, 1));
    assert_eq!(world.stored(&session.id()), owned(&[("k", "1")]));
}

#[test]
fn logging_out_costs_one_trip_after_the_load() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let before = world.trips();
    let tx = world.begin();
    session(&tx, "s").destroy().unwrap();
    tx.commit().unwrap();
    assert_eq!(world.trips_since(before), (1, 1));
}

#[test]
fn conflicts_that_merge_are_read_again_in_one_trip_over_all_sessions() {
    let world = World::new();
    world.store("a", &[("x", "1")]);
    world.store("b", &[("x", "1")]);
    let tx = world.begin();
    let sessions = container().session_many(&tx, &["a", "b"]).unwrap();
    world.store("a", &[("y", "2")]);
    world.store("b", &[("y", "2")]);
    let before = world.trips();
    for session in &sessions {
        session.package("p").unwrap().set("z", "3").unwrap();
    }
    tx.commit().unwrap();
    // The primary changed as well, which only its own write finds out.
    assert_eq!(world.trips_since(before), (2, 6));
    for id in ["a", "b"] {
        assert_eq!(world.stored(id), owned(&[("x", "1"), ("y", "2"), ("z", "3")]));
    }
}

#[test]
fn a_merge_that_finds_everything_written_already_writes_nothing() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let tx = world.begin();
    package(&tx, "s").set("k", "2").unwrap();
    world.store("s", &[("k", "2")]);
    let before = world.trips();
    tx.commit().unwrap();
    assert_eq!(world.trips_since(before), (1, 1));
}

#[test]
fn a_commit_whose_session_is_gone_does_not_read_again() {
    let world = World::new();
    world.store("s", &[("k", "0")]);
    let tx = world.begin();
    package(&tx, "s").set("k", "1").unwrap();
    world.evict("s");
    let before = world.reads.get();
    assert!(matches!(tx.commit(), Err(Error::Gone(_))));
    assert_eq!(world.reads.get(), before);
}
