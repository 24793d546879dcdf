//! Commits whose replies were lost: their outcome is found out by reading, and never guessed.

use std::rc::Rc;

use lovely_session_core::Error;

use crate::accounts::{accounts, after_transfer, crash_after, roles, transfer};
use crate::world::{Fault, World, conflict_keys, container, owned, package, session};

/// Increments `k` of a session that holds 1, with a fault in the first write.
fn increment(fault: Fault) -> (Rc<World>, Result<(), Error>) {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let tx = world.begin();
    let data = package(&tx, "s");
    assert_eq!(data.get("k").unwrap().as_deref(), Some("1"));
    data.set("k", "2").unwrap();
    world.inject([fault]);
    let result = tx.commit();
    (world, result)
}

#[test]
fn a_commit_whose_reply_was_lost_is_recognised_and_not_repeated() {
    let (world, result) = increment(Fault::ReplyLost);
    result.unwrap();
    assert_eq!(world.stored("s"), owned(&[("k", "2")]));
    assert_eq!(world.writes.get(), 2);
}

#[test]
fn a_commit_that_never_arrived_is_sent_again() {
    let (world, result) = increment(Fault::RequestLost);
    result.unwrap();
    assert_eq!(world.stored("s"), owned(&[("k", "2")]));
}

#[test]
fn a_commit_that_arrives_late_is_applied_once() {
    let (world, result) = increment(Fault::Delayed);
    result.unwrap();
    assert_eq!(world.stored("s"), owned(&[("k", "2")]));
    let record = String::from_utf8(world.raw("s").unwrap()).unwrap();
    let marks = record.split('"').nth(9).unwrap();
    assert_eq!(marks.split(' ').count(), 2, "one commit created it and one changed it: {marks}");
}

#[test]
fn a_new_session_whose_answer_was_lost_is_recognised() {
    for fault in [Fault::ReplyLost, Fault::RequestLost, Fault::Delayed] {
        let world = World::new();
        world.inject([fault]);
        world.store("s", &[("k", "1")]);
        assert_eq!(world.stored("s"), owned(&[("k", "1")]), "{fault:?}");
    }
}

#[test]
fn a_destroy_whose_answer_was_lost_succeeds() {
    for fault in [Fault::ReplyLost, Fault::RequestLost, Fault::Delayed] {
        let world = World::new();
        world.store("s", &[("k", "1")]);
        let tx = world.begin();
        session(&tx, "s").destroy().unwrap();
        world.inject([fault]);
        tx.commit().unwrap();
        assert!(matches!(container().resume(&world.begin(), "s"), Err(Error::Ended(_))));
    }
}

#[test]
fn a_write_without_a_reply_is_sent_at_most_four_times() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let tx = world.begin();
    package(&tx, "s").set("k", "2").unwrap();
    world.inject([Fault::RequestLost; 100]);
    let writes = world.writes.get();
    assert!(matches!(tx.commit(), Err(Error::OutcomeUnknown(_))));
    assert_eq!(world.writes.get() - writes, 4);
}

/// As [`increment`] with a lost reply or request, where other transactions commit `later` times before the
/// session is read again.
fn increment_then(fault: Fault, later: usize) -> Result<(), Error> {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let tx = world.begin();
    let data = package(&tx, "s");
    data.get("k").unwrap();
    data.set("k", "2").unwrap();
    world.inject([fault]);
    world.after_write({
        let world = Rc::clone(&world);
        move || {
            for number in 0..later {
                let tx = world.begin();
                package(&tx, "s").set("other", &number.to_string()).unwrap();
                tx.commit().unwrap();
            }
        }
    });
    tx.commit()
}

#[test]
fn a_lost_answer_is_settled_though_others_committed_since() {
    increment_then(Fault::ReplyLost, 1).unwrap();
    increment_then(Fault::ReplyLost, 7).unwrap();
    increment_then(Fault::RequestLost, 7).unwrap();
}

#[test]
fn what_cannot_be_settled_is_reported_as_unknown() {
    for fault in [Fault::ReplyLost, Fault::RequestLost] {
        let error = increment_then(fault, 8).unwrap_err();
        assert!(matches!(&error, Error::OutcomeUnknown(sessions) if sessions[0].session == "s"), "{error:?}");
    }
}

#[test]
fn a_session_that_vanished_after_a_lost_answer_is_unknown() {
    for fault in [Fault::ReplyLost, Fault::RequestLost] {
        let world = World::new();
        world.store("s", &[("k", "1")]);
        let tx = world.begin();
        package(&tx, "s").set("k", "2").unwrap();
        world.inject([fault]);
        world.after_write({
            let world = Rc::clone(&world);
            move || world.evict("s")
        });
        assert!(matches!(tx.commit(), Err(Error::OutcomeUnknown(_))));
        assert_eq!(world.len(), 0, "it is not written back");
    }
}

#[test]
fn a_destroy_of_what_vanished_after_a_lost_answer_is_unknown() {
    for fault in [Fault::ReplyLost, Fault::RequestLost] {
        let world = World::new();
        world.store("s", &[("k", "1")]);
        let tx = world.begin();
        session(&tx, "s").destroy().unwrap();
        world.inject([fault]);
        world.after_write({
            let world = Rc::clone(&world);
            move || world.evict("s")
        });
        assert!(matches!(tx.commit(), Err(Error::OutcomeUnknown(_))));
        assert_eq!(world.len(), 0);
    }
}

#[test]
fn a_lost_request_that_then_conflicts_is_a_conflict() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let tx = world.begin();
    let data = package(&tx, "s");
    data.get("k").unwrap();
    data.set("k", "2").unwrap();
    world.inject([Fault::RequestLost]);
    world.after_write({
        let world = Rc::clone(&world);
        move || world.store("s", &[("k", "5")])
    });
    assert_eq!(conflict_keys(tx.commit()), [Some("k".to_owned())]);
    assert_eq!(world.stored("s"), owned(&[("k", "5")]));
}

#[test]
fn a_commit_that_destroy_overtook_after_its_answer_was_lost_was_applied() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let tx = world.begin();
    package(&tx, "s").set("k", "2").unwrap();
    world.inject([Fault::ReplyLost]);
    world.after_write({
        let world = Rc::clone(&world);
        move || {
            let tx = world.begin();
            session(&tx, "s").destroy().unwrap();
            tx.commit().unwrap();
        }
    });
    tx.commit().unwrap();
}

/// A prepared change has no effect without a decision, so a delayed prepare of a commit that failed does no
/// harm.
#[test]
fn what_was_prepared_and_arrives_after_the_commit_failed_does_not_count() {
    let world = World::new();
    for id in ["a", "b"] {
        world.store(id, &[("k", "1")]);
    }
    let tx = world.begin();
    for id in ["a", "b"] {
        package(&tx, id).get("k").unwrap();
        package(&tx, id).set("k", "2").unwrap();
    }
    world.inject([Fault::Delayed]);
    world.fail_reads(1);
    assert!(matches!(tx.commit(), Err(Error::Store(_))));
    // Any later write applies the delayed one.
    world.store("other", &[("k", "1")]);
    for id in ["a", "b"] {
        assert_eq!(world.stored(id), owned(&[("k", "1")]));
        world.store(id, &[("k", "3")]);
        assert_eq!(world.stored(id), owned(&[("k", "3")]));
    }
}

#[test]
fn a_creation_without_an_answer_is_unknown_even_if_it_then_conflicts() {
    let world = World::new();
    let tx = world.begin();
    let data = package(&tx, "s");
    data.get("k").unwrap();
    data.set("k", "2").unwrap();
    world.inject([Fault::Delayed]);
    world.after_write({
        let world = Rc::clone(&world);
        move || {
            world.hold_delayed();
            world.store("s", &[("k", "5")]);
        }
    });
    assert!(matches!(tx.commit(), Err(Error::OutcomeUnknown(_))));
    world.evict("s");
    world.release_delayed();
    assert_eq!(world.stored("s"), owned(&[("k", "2")]), "it arrived when nothing was there");
}

/// A server that cannot be told from its predecessor yet gives several versions to one state of a record.
/// Then a different version does not mean that the record has changed.
#[test]
fn a_delayed_write_still_counts_when_the_version_has_changed() {
    for fault in [Fault::ReplyLost, Fault::RequestLost, Fault::Delayed] {
        let world = World::new();
        world.changes_versions.set(true);
        world.store("s", &[("k", "1")]);
        let tx = world.begin();
        let data = package(&tx, "s");
        data.get("k").unwrap();
        data.set("k", "2").unwrap();
        world.inject([fault]);
        let result = tx.commit();
        world.store("other", &[("k", "1")]);
        let stored = world.stored("s");
        match result {
            Ok(()) => assert_eq!(stored, owned(&[("k", "2")]), "{fault:?}"),
            Err(error) => assert!(matches!(error, Error::OutcomeUnknown(_)), "{fault:?}: {error:?}"),
        }
    }
}

#[test]
fn a_decision_that_is_late_is_not_passed_over_because_the_version_has_another_name() {
    for other in ["a", "b"] {
        let world = World::new();
        world.changes_versions.set(true);
        for id in ["a", "b"] {
            world.store(id, &[("k", "1")]);
        }
        let tx = world.begin();
        for id in ["a", "b"] {
            package(&tx, id).set("k", "2").unwrap();
        }
        world.before_write(|| ());
        let failing = Rc::clone(&world);
        world.before_write(move || {
            failing.inject([Fault::Delayed]);
            failing.fail_reads(1);
            failing.hold_delayed();
        });
        assert!(matches!(tx.commit(), Err(Error::OutcomeUnknown(_))));
        // Another transaction writes to one of them, and then the decision is applied.
        world.store(other, &[("other", "3")]);
        world.release_delayed();
        let values = ["a", "b"].map(|id| world.stored(id).first().cloned());
        assert_eq!(values[0], values[1], "all or nothing");
    }
}

#[test]
fn a_commit_that_never_arrived_is_sent_again_for_the_version_that_the_record_has_by_now() {
    let world = World::new();
    world.changes_versions.set(true);
    world.store("s", &[("k", "1")]);
    let tx = world.begin();
    package(&tx, "s").set("k", "2").unwrap();
    world.inject([Fault::RequestLost]);
    tx.commit().unwrap();
    assert_eq!(world.stored("s"), owned(&[("k", "2")]));
}

#[test]
fn a_commit_that_is_sent_again_keeps_what_others_prepared_and_decided_meanwhile() {
    let world = accounts();
    let waits = roles()[1];
    let tx = world.begin();
    package(&tx, waits).set("x", "1").unwrap();
    world.inject([Fault::RequestLost]);
    let others = Rc::clone(&world);
    world.after_write(move || {
        crash_after(&others, 2);
        transfer(&others).commit().unwrap();
        others.recover();
    });
    tx.commit().unwrap();
    assert_eq!(world.stored(waits), owned(&[("k", after_transfer(waits)), ("x", "1")]));
}
