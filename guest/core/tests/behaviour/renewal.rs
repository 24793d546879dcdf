//! Renewals: the session moves to a fresh id, and is never alive under two.

use std::rc::Rc;

use lovely_session_core::{Error, Isolation, StoreError};

use crate::world::{Fault, World, conflict_keys, container, is_alive, owned, package, session};

#[test]
fn the_data_moves_to_the_fresh_id_and_the_old_one_ends_with_the_commit() {
    let world = World::new();
    world.store("old", &[("k", "1")]);
    let tx = world.begin();
    let it = session(&tx, "old");
    let new = it.renew_id(0).unwrap();
    assert_eq!((it.id(), new.len()), (new.clone(), 48));
    it.package("p").unwrap().set("user", "7").unwrap();
    assert!(is_alive(&world, "old"));
    tx.commit().unwrap();
    assert_eq!(it.id(), new);
    assert!(matches!(container().resume(&world.begin(), "old"), Err(Error::Ended(_))));
    assert_eq!(world.stored(&new), owned(&[("k", "1"), ("user", "7")]));
}

#[test]
fn within_the_transaction_only_the_new_id_finds_a_renewed_session() {
    let world = World::new();
    world.store("old", &[("k", "1")]);
    let tx = world.begin();
    let new = session(&tx, "old").renew_id(0).unwrap();
    assert_eq!(session(&tx, &new).package("p").unwrap().get("k").unwrap().as_deref(), Some("1"));
    assert!(matches!(container().session(&tx, "old"), Err(Error::Ended(_))));
    assert_eq!(container().joined(&tx).unwrap(), [new]);
}

#[test]
fn a_new_session_that_is_renewed_is_stored_under_its_last_id_alone() {
    let world = World::new();
    let tx = world.begin();
    let it = container().create(&tx).unwrap();
    let first = it.id();
    it.package("p").unwrap().set("k", "1").unwrap();
    it.renew_id(0).unwrap();
    tx.commit().unwrap();
    assert!(is_alive(&world, &it.id()) && !is_alive(&world, &first));
    assert_eq!(world.len(), 1);
}

#[test]
fn a_session_that_is_renewed_and_destroyed_ends() {
    let world = World::new();
    world.store("old", &[("k", "1")]);
    let tx = world.begin();
    let it = session(&tx, "old");
    let new = it.renew_id(0).unwrap();
    it.destroy().unwrap();
    tx.commit().unwrap();
    assert!(!is_alive(&world, "old") && !is_alive(&world, &new));
}

#[test]
fn what_others_committed_meanwhile_moves_along() {
    let world = World::new();
    world.store("old", &[("k", "1")]);
    let tx = world.begin();
    let new = session(&tx, "old").renew_id(0).unwrap();
    world.store("old", &[("theirs", "2")]);
    tx.commit().unwrap();
    assert_eq!(world.stored(&new), owned(&[("k", "1"), ("theirs", "2")]));
    assert!(!is_alive(&world, "old"));
}

#[test]
fn a_renewal_in_conflict_leaves_the_old_session_and_nothing_else() {
    let world = World::new();
    world.store("old", &[("k", "1")]);
    let tx = world.begin();
    let new = session(&tx, "old").renew_id(0).unwrap();
    package(&tx, &new).set("k", "2").unwrap();
    world.store("old", &[("k", "3")]);
    assert_eq!(conflict_keys(tx.commit()), [Some("k".to_owned())]);
    assert_eq!(world.stored("old"), owned(&[("k", "3")]));
    assert_eq!(world.len(), 1);
}

#[test]
fn a_slow_request_under_the_old_id_cannot_write_it_back() {
    let world = World::new();
    world.store("old", &[("k", "1")]);
    let slow = world.begin_with(Isolation::LastWriterWins);
    package(&slow, "old").set("k", "2").unwrap();
    let tx = world.begin();
    session(&tx, "old").renew_id(0).unwrap();
    tx.commit().unwrap();
    assert!(matches!(slow.commit(), Err(Error::Ended(_))));
    assert!(!is_alive(&world, "old"));
}

#[test]
fn wherever_a_renewal_is_interrupted_exactly_one_session_is_alive_with_all_data() {
    // After a crash the store refuses everything.
    for batches in 0..4 {
        let world = World::new();
        world.store("old", &[("k", "1")]);
        let tx = world.begin();
        let new = session(&tx, "old").renew_id(0).unwrap();
        world.skip_writes(batches);
        let crashing = Rc::clone(&world);
        world.before_write(move || crashing.inject([Fault::Refused; 20]));
        let result = tx.commit();
        let survivors: Vec<&str> = ["old", &new].into_iter().filter(|id| is_alive(&world, id)).collect();
        assert_eq!(survivors, [if batches < 2 { "old" } else { &*new }], "after {batches} batches");
        assert_eq!(world.stored(survivors[0]), owned(&[("k", "1")]));
        assert_eq!(result.is_ok(), batches >= 2, "after {batches} batches: {result:?}");
    }
}

#[test]
fn a_renewal_with_a_lost_reply_is_applied_once() {
    for fault in [Fault::ReplyLost, Fault::RequestLost, Fault::Delayed] {
        for position in 0..3 {
            let world = World::new();
            world.store("old", &[("k", "1")]);
            let tx = world.begin();
            let new = session(&tx, "old").renew_id(0).unwrap();
            world.skip_writes(position);
            let failing = Rc::clone(&world);
            world.before_write(move || failing.inject([fault]));
            tx.commit().unwrap();
            assert!(is_alive(&world, &new) && !is_alive(&world, "old"), "{fault:?} at {position}");
            assert_eq!(world.stored(&new), owned(&[("k", "1")]));
        }
    }
}

#[test]
fn what_was_prepared_for_a_renewal_and_vanished_is_prepared_again() {
    let world = World::new();
    world.store("old", &[("k", "1")]);
    let tx = world.begin();
    let new = session(&tx, "old").renew_id(0).unwrap();
    world.before_write(|| ());
    let (others, prepared) = (Rc::clone(&world), new.clone());
    world.before_write(move || {
        others.evict(&prepared);
        others.store("old", &[("theirs", "2")]);
    });
    tx.commit().unwrap();
    assert_eq!(world.stored(&new), owned(&[("k", "1"), ("theirs", "2")]));
    assert!(!is_alive(&world, "old"));
}

#[test]
fn two_requests_that_renew_at_once_end_in_one_session() {
    let world = World::new();
    world.store("old", &[("k", "1")]);
    let (first, second) = (world.begin(), world.begin());
    let first_id = session(&first, "old").renew_id(10).unwrap();
    let second_id = session(&second, "old").renew_id(10).unwrap();
    first.commit().unwrap();
    second.commit().unwrap();
    world.store(&first_id, &[("from", "1")]);
    for id in ["old", &first_id, &second_id] {
        assert_eq!(world.stored(id), owned(&[("from", "1"), ("k", "1")]), "{id}");
    }
}

#[test]
fn without_a_grace_the_second_of_two_renewals_finds_the_session_ended() {
    let world = World::new();
    world.store("old", &[("k", "1")]);
    let (first, second) = (world.begin(), world.begin());
    let first_id = session(&first, "old").renew_id(0).unwrap();
    let second_id = session(&second, "old").renew_id(0).unwrap();
    first.commit().unwrap();
    assert!(matches!(second.commit(), Err(Error::Ended(_))));
    assert!(is_alive(&world, &first_id) && !is_alive(&world, &second_id) && !is_alive(&world, "old"));
}

#[test]
fn a_renewal_whose_decisive_answer_is_lost_for_good_loses_no_data() {
    for fault in [Fault::ReplyLost, Fault::RequestLost, Fault::Delayed] {
        let world = World::new();
        world.store("old", &[("k", "1")]);
        let tx = world.begin();
        let new = session(&tx, "old").renew_id(0).unwrap();
        world.before_write(|| ());
        let failing = Rc::clone(&world);
        world.before_write(move || {
            failing.inject([fault]);
            failing.fail_reads(1);
        });
        assert!(matches!(tx.commit(), Err(Error::OutcomeUnknown(_))), "{fault:?}");
        world.store("other", &[("k", "1")]);
        let survivors: Vec<&str> = ["old", &new].into_iter().filter(|id| is_alive(&world, id)).collect();
        assert_eq!(survivors, [if fault == Fault::RequestLost { "old" } else { &*new }], "{fault:?}");
        assert_eq!(world.stored(survivors[0]), owned(&[("k", "1")]));
    }
}

#[test]
fn a_session_that_moved_without_a_last_confirmation_outlives_a_new_one_under_its_old_id() {
    let world = World::new();
    world.store("old", &[("k", "1")]);
    let tx = world.begin();
    let new = session(&tx, "old").renew_id(0).unwrap();
    world.skip_writes(2);
    let crashing = Rc::clone(&world);
    world.before_write(move || crashing.inject([Fault::Refused]));
    tx.commit().unwrap();
    world.advance(61);
    world.store("old", &[("another", "2")]);
    assert_eq!(world.stored(&new), owned(&[("k", "1")]));
    assert_eq!(world.stored("old"), owned(&[("another", "2")]));
}

/// What is prepared under the fresh id has no effect, so the outcome of the commit is not unknown.
#[test]
fn a_renewal_is_certainly_not_done_when_the_store_goes_away_after_its_first_write() {
    let world = World::new();
    world.store("old", &[("k", "1")]);
    for fault in [Fault::ReplyLost, Fault::RequestLost] {
        let tx = world.begin();
        let new = session(&tx, "old").renew_id(0).unwrap();
        world.inject([fault]);
        world.fail_reads(1);
        let error = tx.commit().unwrap_err();
        assert!(matches!(&error, Error::Store(StoreError::Unavailable(_))), "{error:?}");
        assert!(is_alive(&world, "old") && !is_alive(&world, &new));
    }
}

/// Destroys a session, perhaps after reading it, while another transaction renews it. The decision of the
/// renewal is evicted before the new record is settled, and the write that settles it is delayed. Also
/// returns the new id.
fn destroy_under_a_lost_renewal(world: &Rc<World>, reads: bool) -> (Result<(), Error>, String) {
    world.store("old", &[("k", "1")]);
    let tx = world.begin();
    if reads {
        package(&tx, "old").get("k").unwrap();
    }
    session(&tx, "old").destroy().unwrap();
    // After prepare and decide, before settle.
    world.skip_writes(2);
    let late = Rc::clone(world);
    world.before_write(move || {
        late.hold_delayed();
        late.inject([Fault::Delayed]);
    });
    let renewing = world.begin();
    let new = session(&renewing, "old").renew_id(30).unwrap();
    renewing.commit().unwrap();
    // The destroy finds the tombstone of the renewal under the old id, and follows it.
    world.before_read(|| ());
    let losing = Rc::clone(world);
    world.before_read(move || losing.evict("old"));
    (tx.commit(), new)
}

#[test]
fn a_destroy_that_follows_a_renewal_whose_decision_was_lost_keeps_it_from_being_settled_later() {
    let world = World::new();
    let (result, new) = destroy_under_a_lost_renewal(&world, false);
    result.unwrap();
    world.release_delayed();
    assert!(!is_alive(&world, &new));
}

#[test]
fn a_destroy_that_follows_a_renewal_whose_decision_was_lost_conflicts_with_what_it_read() {
    let (result, _) = destroy_under_a_lost_renewal(&World::new(), true);
    assert_eq!(conflict_keys(result), [Some("k".to_owned())]);
}

#[test]
fn an_operator_finds_a_renewed_session_under_every_id_that_it_had_and_ends_it() {
    let world = World::new();
    world.store("first", &[("k", "1")]);
    let renew = |id: &str| {
        let tx = world.begin();
        let new = session(&tx, id).renew_id(0).unwrap();
        tx.commit().unwrap();
        new
    };
    let second = renew("first");
    let third = renew(&second);
    assert!(matches!(container().resume(&world.begin(), "first"), Err(Error::Ended(_))));
    let tx = world.begin();
    let found = container().resume_renewed(&tx, "first").unwrap().unwrap();
    assert_eq!(found.package("p").unwrap().get("k").unwrap().as_deref(), Some("1"));
    found.destroy().unwrap();
    tx.commit().unwrap();
    assert!(!is_alive(&world, &third));
    assert!(matches!(container().resume_renewed(&world.begin(), "first"), Err(Error::Ended(_))));
    assert!(container().resume_renewed(&world.begin(), "unknown").unwrap().is_none());
    assert!(!is_alive(&world, "unknown"), "it begins no session");
}
