//! Reading and writing records with undecided changes.

use std::rc::Rc;

use lovely_session_core::Error;

use crate::accounts::{
    accounts, add, after_transfer, balances, crash_after, roles, transfer, undecided_transfer,
    unsettled_transfer,
};
use crate::world::{Fault, Tx, World, container, is_alive, is_pending, owned, package, session};

/// A transaction that moves 1 from `a` to `b`, and may depend on `c`.
fn transfer_that_depends(world: &Rc<World>, depends: bool) -> Tx {
    let tx = transfer(world);
    if depends {
        package(&tx, "c").get("k").unwrap();
    }
    tx
}

/// Commits with a delayed decision, which is the second batch. It is applied when [`World::release_delayed`]
/// is called.
fn commit_late(world: &Rc<World>, tx: &Tx) {
    world.before_write(|| ());
    let late = Rc::clone(world);
    world.before_write(move || {
        late.hold_delayed();
        late.inject([Fault::Delayed]);
        late.fail_reads(1);
    });
    assert!(matches!(tx.commit(), Err(Error::OutcomeUnknown(_))));
}

/// Applies the delayed decision right before the read with this number.
fn release_before_read(world: &Rc<World>, number: usize) {
    for _ in 1..number {
        world.before_read(|| ());
    }
    let late = Rc::clone(world);
    world.before_read(move || late.release_delayed());
}

#[test]
fn a_writer_never_replaces_an_undecided_change() {
    for depends in [false, true] {
        let world = accounts();
        world.before_write(|| ());
        let others = Rc::clone(&world);
        let [decides, waits] = roles();
        world.before_write(move || others.store(waits, &[("x", "1")]));
        transfer_that_depends(&world, depends).commit().unwrap();
        assert_eq!(world.stored(decides), owned(&[("k", after_transfer(decides))]), "{depends}");
        assert_eq!(world.stored(waits), owned(&[("k", after_transfer(waits)), ("x", "1")]), "{depends}");
    }
}

#[test]
fn a_writer_gives_a_commit_that_is_alive_the_time_to_decide() {
    let world = accounts();
    commit_late(&world, &transfer(&world));
    // Two reads load the session, two more read it again before the write, and one more follows.
    release_before_read(&world, 6);
    let [decides, waits] = roles();
    world.store(waits, &[("x", "1")]);
    world.release_delayed();
    assert_eq!(world.stored(decides), owned(&[("k", after_transfer(decides))]));
    assert_eq!(world.stored(waits), owned(&[("k", after_transfer(waits)), ("x", "1")]));
}

#[test]
fn a_reader_waits_for_a_commit_that_validates_and_for_no_other() {
    let [_, waits] = roles();
    for (depends, seen) in [(false, "10"), (true, after_transfer(waits))] {
        let world = accounts();
        commit_late(&world, &transfer_that_depends(&world, depends));
        release_before_read(&world, 3);
        assert_eq!(world.stored(waits), owned(&[("k", seen)]));
    }
}

#[test]
fn a_commit_that_validates_holds_what_it_writes_so_that_write_skew_is_impossible() {
    let world = accounts();
    let reads_one_and_writes_the_other = |read: &str, written: &str| {
        let tx = world.begin();
        package(&tx, read).get("k").unwrap();
        package(&tx, written).set("k", "0").unwrap();
        tx
    };
    let first = reads_one_and_writes_the_other("a", "b");
    let second = reads_one_and_writes_the_other("b", "a");
    let done = Rc::new(std::cell::Cell::new(false));
    world.before_write(|| ());
    let result = Rc::clone(&done);
    world.before_write(move || result.set(second.commit().is_ok()));
    let first = first.commit().is_ok();
    assert!(first != done.get(), "first {first}, second {}", done.get());
}

#[test]
fn of_two_commits_that_wait_for_each_other_the_one_with_the_smaller_mark_goes_on_at_once() {
    let reads = ["0000000000000000", "ffffffffffffffff"].map(|mark| {
        let world = accounts();
        let tx = world.begin();
        package(&tx, "a").get("k").unwrap();
        package(&tx, "b").set("k", "0").unwrap();
        crash_after(&world, 1);
        assert!(tx.commit().is_err());
        world.recover();
        let record = with_mark(&world, "b", mark);
        let tx = world.begin();
        package(&tx, "b").get("k").unwrap();
        package(&tx, "a").set("k", "0").unwrap();
        // Loading the session prevented the decision; now only the validation meets the change, while both
        // commits hold records.
        world.put_raw("b", &record);
        let reads = world.reads.get();
        tx.commit().unwrap();
        world.reads.get() - reads
    });
    assert_eq!(reads[0] - reads[1], 2, "{reads:?}");
}

#[test]
fn a_writer_that_holds_others_up_goes_on_at_once_if_its_mark_is_the_smaller_one() {
    let reads = ["0000000000000000", "ffffffffffffffff"].map(|mark| {
        let world = accounts();
        let waits = roles()[1];
        let tx = world.begin();
        for id in ["c", "d", waits] {
            package(&tx, id).set("x", "1").unwrap();
        }
        crash_after(&world, 1);
        assert!(transfer(&world).commit().is_err());
        world.recover();
        world.put_raw(waits, &with_mark(&world, waits, mark));
        let reads = world.reads.get();
        tx.commit().unwrap();
        world.reads.get() - reads
    });
    // Two reads of the record, and two of the primary.
    assert_eq!(reads[0] - reads[1], 4, "{reads:?}");
}

/// A record whose pending change has another mark.
fn with_mark(world: &World, id: &str, mark: &str) -> Vec<u8> {
    let record = String::from_utf8(world.raw(id).unwrap()).unwrap();
    let (head, tail) = record.split_once("\"pending\":{\"mark\":\"").unwrap();
    let tail = tail.get(16..).unwrap();
    format!("{head}\"pending\":{{\"mark\":\"{mark}{tail}").into_bytes()
}

#[test]
fn a_primary_whose_decision_was_prevented_times_out_like_any_other_session() {
    let world = undecided_transfer();
    world.store(roles()[1], &[("x", "1")]);
    world.advance(3603);
    assert_eq!(world.len(), 0);
}

#[test]
fn a_session_that_timed_out_under_a_change_that_never_counts_is_gone() {
    let world = undecided_transfer();
    let [decides, waits] = roles();
    world.store(decides, &[("x", "1")]);
    world.advance(3601);
    for _ in 0..2 {
        assert!(!is_alive(&world, waits));
    }
}

#[test]
fn a_reader_notices_a_decision_that_was_settled_and_forgotten_meanwhile() {
    let world = unsettled_transfer();
    // The reader has read `b`, where the change is pending, and reads `a` next.
    world.before_read(|| ());
    let others = Rc::clone(&world);
    world.before_read(move || {
        for _ in 0..9 {
            transfer(&others).commit().unwrap();
        }
    });
    let waits = roles()[1];
    assert_eq!(world.stored(waits), owned(&[("k", if waits == "a" { "0" } else { "20" })]));
}

#[test]
fn a_reader_of_a_session_that_is_about_to_begin_leaves_it_alone() {
    let world = World::new();
    let tx = world.begin();
    for id in ["a", "b"] {
        package(&tx, id).set("k", "1").unwrap();
    }
    world.skip_writes(2);
    let reading = Rc::clone(&world);
    world.before_write(move || assert!(["a", "b"].iter().all(|id| !is_alive(&reading, id))));
    let writes = world.writes.get();
    tx.commit().unwrap();
    assert_eq!(world.writes.get() - writes, 4);
    assert_eq!(balances(&world), ["1", "1"]);
}

#[test]
fn a_reader_that_slides_a_session_by_writing_it_leaves_an_undecided_change_alone() {
    let world = accounts();
    world.slides.set(false);
    world.before_write(|| ());
    let reading = Rc::clone(&world);
    world.before_write(move || {
        reading.advance(400);
        assert_eq!(reading.stored(roles()[1]), owned(&[("k", "10")]));
    });
    let crashing = Rc::clone(&world);
    world.before_write(move || crashing.inject([Fault::Refused; 20]));
    transfer(&world).commit().unwrap();
    world.recover();
    assert_eq!(balances(&world), ["9", "11"]);
}

#[test]
fn a_change_that_was_found_void_is_taken_away_before_the_session_is_used() {
    for refuses in [false, true] {
        let world = unsettled_transfer();
        let [decides, waits] = roles();
        world.evict(decides);
        if refuses {
            world.inject([Fault::Refused]);
            assert!(matches!(container().session(&world.begin(), waits), Err(Error::Store(_))));
            assert!(is_pending(&world, waits));
        } else {
            assert_eq!(world.stored(waits), owned(&[("k", "10")]));
            assert!(!is_pending(&world, waits));
        }
    }
}

#[test]
fn a_session_that_never_began_is_taken_away_before_its_id_is_used() {
    let world = World::new();
    world.store("a", &[("k", "10")]);
    let tx = world.begin();
    add(&tx, "a", -1);
    add(&tx, "b", 1);
    crash_after(&world, 2);
    tx.commit().unwrap();
    world.recover();
    world.evict("a");
    world.inject([Fault::Refused]);
    assert!(matches!(container().resume(&world.begin(), "b"), Err(Error::Store(_))));
    assert!(!is_alive(&world, "b"));
    assert_eq!(world.len(), 0);
}

#[test]
fn a_session_changed_and_destroyed_by_two_commits_ends_whichever_settles_it() {
    let world = accounts();
    crash_after(&world, 2);
    let tx = world.begin();
    for id in ["a", "b"] {
        session(&tx, id).destroy().unwrap();
    }
    tx.commit().unwrap();
    world.recover();
    for id in ["b", "a"] {
        assert!(matches!(container().resume(&world.begin(), id), Err(Error::Ended(_))));
        assert!(!is_pending(&world, id), "{id}");
    }
}

#[test]
fn a_session_that_timed_out_under_an_undecided_change_is_gone_and_the_change_never_counts() {
    let world = accounts();
    world.before_write(|| ());
    let reading = Rc::clone(&world);
    world.before_write(move || {
        reading.advance(3600);
        assert!(!is_alive(&reading, roles()[1]));
    });
    let error = transfer(&world).commit().unwrap_err();
    assert!(matches!(error, Error::Gone(_)), "{error:?}");
    assert!(!is_alive(&world, "a") && !is_alive(&world, "b"));
}

#[test]
fn a_session_that_never_began_is_new_where_the_store_cannot_remove_on_a_condition() {
    let world = World::new();
    world.store("a", &[("k", "10")]);
    let tx = world.begin();
    add(&tx, "a", -1);
    add(&tx, "b", 1);
    crash_after(&world, 2);
    tx.commit().unwrap();
    world.recover();
    world.evict("a");
    world.slides.set(false);
    world.removes.set(false);
    assert!(container().resume(&world.begin(), "b").unwrap().is_none());
    assert!(!is_pending(&world, "b"));
}

#[test]
fn a_commit_decided_where_another_was_not_settled_yet_is_left_alone_by_readers() {
    let world = unsettled_transfer();
    let waits = roles()[1];
    // This reader cannot settle the change.
    world.inject([Fault::Refused]);
    let tx = world.begin();
    package(&tx, waits).set("x", "1").unwrap();
    package(&tx, "new").set("k", "1").unwrap();
    assert!(is_pending(&world, waits));
    world.before_write(|| ());
    let reading = Rc::clone(&world);
    world.before_write(move || assert!(!is_alive(&reading, "new")));
    tx.commit().unwrap();
    assert_eq!(world.stored("new"), owned(&[("k", "1")]));
    assert_eq!(world.stored(waits), owned(&[("k", after_transfer(waits)), ("x", "1")]));
}
