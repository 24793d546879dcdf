//! Commits over several sessions: all or nothing, wherever a client crashes.

use std::rc::Rc;

use lovely_session_core::{ContainerOptions, Error, Isolation, Record};

use crate::accounts::{
    accounts, add, balances, crash_after, transfer, undecided_transfer, unsettled_transfer,
};
use crate::world::{
    Fault, World, conflict_keys, container, container_with, is_pending, owned, package, session,
};

#[test]
fn wherever_a_client_crashes_its_commit_is_applied_as_a_whole_or_not_at_all() {
    for (batches, done) in [(0, false), (1, false), (2, true), (3, true)] {
        let world = accounts();
        crash_after(&world, batches);
        let result = transfer(&world).commit();
        world.recover();
        let expected = if done { ["9", "11"] } else { ["10", "10"] };
        assert_eq!(balances(&world), expected, "after {batches} batches");
        assert_eq!(result.is_ok(), done, "{result:?}");
        // Other transactions can continue, and see the same.
        transfer(&world).commit().unwrap();
        let expected = if done { ["8", "12"] } else { ["9", "11"] };
        assert_eq!(balances(&world), expected, "after {batches} batches");
    }
}

#[test]
fn wherever_a_reply_is_lost_the_commit_is_applied_once() {
    for fault in [Fault::ReplyLost, Fault::RequestLost, Fault::Delayed] {
        for position in 0..3 {
            let world = accounts();
            let failing = Rc::clone(&world);
            world.skip_writes(position);
            world.before_write(move || failing.inject([fault]));
            transfer(&world).commit().unwrap();
            world.store("other", &[]);
            assert_eq!(balances(&world), ["9", "11"], "{fault:?} at {position}");
        }
    }
}

#[test]
fn a_commit_of_which_one_part_cannot_be_done_does_nothing() {
    type Case = (fn(&Rc<World>), fn(&Error) -> bool);
    let hooks: [Case; 3] = [
        (|world| world.evict("b"), |error| matches!(error, Error::Gone(names) if names[0].session == "b")),
        (
            |world| {
                let tx = world.begin();
                session(&tx, "b").destroy().unwrap();
                tx.commit().unwrap();
            },
            |error| matches!(error, Error::Ended(names) if names[0].session == "b"),
        ),
        (|world| world.store("b", &[("k", "5")]), |error| matches!(error, Error::Conflict(_))),
    ];
    for (hook, expected) in hooks {
        let world = accounts();
        let tx = transfer(&world);
        hook(&world);
        let error = tx.commit().unwrap_err();
        assert!(expected(&error), "{error:?}");
        assert_eq!(world.stored("a"), owned(&[("k", "10")]));
        // The pending change was removed: the next write takes one round trip.
        let before = world.trips();
        world.store("a", &[("x", "1")]);
        assert_eq!(world.trips_since(before), (1, 1));
    }
}

#[test]
fn a_reader_sees_what_was_there_before_the_decision_and_all_of_it_after() {
    for (batches, expected) in [(1, ["10", "10"]), (2, ["9", "11"])] {
        let world = accounts();
        world.skip_writes(batches);
        let reading = Rc::clone(&world);
        let seen = Rc::new(std::cell::RefCell::new(None));
        let see = Rc::clone(&seen);
        world.before_write(move || {
            let tx = reading.begin();
            let read = |id| package(&tx, id).get("k").unwrap().unwrap();
            *see.borrow_mut() = Some(["a", "b"].map(read));
            tx.commit().unwrap();
        });
        transfer(&world).commit().unwrap();
        assert_eq!(seen.take().unwrap(), expected, "before batch {batches}");
    }
}

#[test]
fn a_reader_of_two_moments_is_told_of_a_conflict_at_serializable_alone() {
    for (isolation, conflicts) in
        [(Isolation::Serializable, true), (Isolation::Snapshot, false), (Isolation::LastWriterWins, false)]
    {
        let world = accounts();
        let tx = world.begin_with(isolation);
        let before = package(&tx, "a").get("k").unwrap().unwrap();
        transfer(&world).commit().unwrap();
        let after = package(&tx, "b").get("k").unwrap().unwrap();
        assert_eq!((before.as_str(), after.as_str()), ("10", "11"));
        assert_eq!(matches!(tx.commit(), Err(Error::Conflict(_))), conflicts, "{isolation:?}");
    }
}

#[test]
fn write_skew_over_two_sessions_is_a_conflict_at_serializable_alone() {
    for (isolation, conflicts) in [(Isolation::Serializable, true), (Isolation::Snapshot, false)] {
        let world = accounts();
        let [first, second] = [("a", "b"), ("b", "a")].map(|(reads, writes)| {
            let tx = world.begin_with(isolation);
            package(&tx, reads).get("k").unwrap();
            package(&tx, writes).set("k", "0").unwrap();
            tx
        });
        first.commit().unwrap();
        assert_eq!(matches!(second.commit(), Err(Error::Conflict(_))), conflicts, "{isolation:?}");
    }
}

#[test]
fn a_key_that_changed_and_changed_back_is_no_conflict_for_who_only_read_it() {
    let world = accounts();
    let tx = world.begin();
    package(&tx, "a").get("k").unwrap();
    package(&tx, "b").set("k", "0").unwrap();
    world.store("a", &[("k", "11")]);
    world.store("a", &[("k", "10")]);
    tx.commit().unwrap();
}

#[test]
fn a_writer_prevents_the_decision_of_an_undecided_change() {
    let world = undecided_transfer();
    let waiting = ["a", "b"].map(|id| String::from_utf8(world.raw(id).unwrap()).unwrap());
    assert_eq!(waiting.iter().filter(|record| record.contains("\"pending\"")).count(), 1);
    for id in ["a", "b"] {
        world.store(id, &[("k", "20")]);
        assert!(!is_pending(&world, id));
    }
    assert_eq!(balances(&world), ["20", "20"]);
}

#[test]
fn a_slow_commit_whose_decision_was_prevented_retries_on_fresh_data() {
    let world = accounts();
    let tx = world.begin();
    for id in ["a", "b"] {
        package(&tx, id).set("mine", "1").unwrap();
    }
    world.before_write(|| ());
    let others = Rc::clone(&world);
    world.before_write(move || {
        for id in ["a", "b"] {
            others.store(id, &[("theirs", "2")]);
        }
    });
    tx.commit().unwrap();
    for id in ["a", "b"] {
        assert_eq!(world.stored(id), owned(&[("k", "10"), ("mine", "1"), ("theirs", "2")]), "{id}");
    }
}

#[test]
fn decisions_are_forgotten_once_they_are_settled_and_not_before() {
    let world = accounts();
    let decisions = || {
        let records = ["a", "b"].map(|id| Record::decode(world.raw(id).unwrap()).unwrap());
        records.iter().map(|record| record.header().decisions().flatten().count()).sum::<usize>()
    };
    for round in 1..30 {
        // The other record is not settled: only the decision says that it changed.
        if round % 2 == 0 {
            crash_after(&world, 2 + usize::from(decisions() == 8));
        }
        transfer(&world).commit().unwrap();
        world.recover();
        assert!((1..=8).contains(&decisions()), "{round}");
    }
    assert_eq!(balances(&world), ["-19", "39"]);
}

#[test]
fn a_decision_outlives_the_session_that_took_it() {
    let world = accounts();
    crash_after(&world, 2);
    let tx = world.begin();
    session(&tx, "a").destroy().unwrap();
    add(&tx, "b", 1);
    tx.commit().unwrap();
    world.recover();
    // The tombstone is remembered for a minute, and its decision for an hour.
    world.advance(3500);
    assert_eq!(world.stored("b"), owned(&[("k", "11")]));
    assert!(container().resume(&world.begin(), "a").unwrap().is_none());
}

#[test]
fn a_reader_settles_decided_changes() {
    let world = unsettled_transfer();
    assert_eq!(balances(&world), ["9", "11"]);
    for id in ["a", "b"] {
        assert!(!is_pending(&world, id), "{id}");
    }
}

#[test]
fn sizes_are_checked_with_what_is_pending_before_anything_is_sent() {
    let world = World::new();
    let narrow = container_with(ContainerOptions { max_size: 1200, ..ContainerOptions::default() });
    for id in ["a", "b"] {
        world.store(id, &[("k", &format!("\"{}\"", "x".repeat(600)))]);
    }
    let writes = world.writes.get();
    let tx = world.begin();
    let data = ["a", "b"].map(|id| narrow.session(&tx, id).unwrap().package("p").unwrap());
    // Each record has room for its new content, but one of them not for both contents.
    for data in &data {
        data.set("k", &format!("\"{}\"", "y".repeat(600))).unwrap();
    }
    let error = tx.commit().unwrap_err();
    assert!(matches!(error, Error::TooLarge { limit: 1200, .. }), "{error:?}");
    assert_eq!(world.writes.get(), writes);
    // The transaction is still open and unchanged.
    data.iter().for_each(|data| data.set("k", "1").unwrap());
    tx.commit().unwrap();
    assert_eq!(balances(&world), ["1", "1"]);
}

#[test]
fn a_record_that_outgrew_its_limit_after_a_lost_race_leaves_the_transaction_open_as_it_was() {
    let world = World::new();
    let narrow = container_with(ContainerOptions { max_size: 900, ..ContainerOptions::default() });
    world.store("s", &[("k", "1")]);
    let tx = world.begin_with(Isolation::Snapshot);
    let data = narrow.session(&tx, "s").unwrap().package("p").unwrap();
    data.set("mine", &format!("\"{}\"", "x".repeat(400))).unwrap();
    world.store("s", &[("theirs", &format!("\"{}\"", "y".repeat(400)))]);
    assert!(matches!(tx.commit(), Err(Error::TooLarge { .. })));
    assert_eq!(data.get("theirs").unwrap(), None, "what others commit does not move under it");
    data.set("mine", "2").unwrap();
    tx.commit().unwrap();
    assert_eq!(world.stored("s").len(), 3);
}

#[test]
fn a_conflict_names_the_keys_of_sessions_that_were_only_read() {
    let world = accounts();
    let tx = world.begin();
    package(&tx, "a").get("k").unwrap();
    package(&tx, "b").set("x", "1").unwrap();
    world.store("a", &[("k", "11")]);
    assert_eq!(conflict_keys(tx.commit()), [Some("k".to_owned())]);
    assert_eq!(world.stored("b"), owned(&[("k", "10")]));
}
