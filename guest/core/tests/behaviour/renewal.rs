//! Renewing ids: the session moves to a fresh id, and never lives under two.

use std::rc::Rc;

use lovely_session_core::{Error, Isolation, Record, StoreError};

use crate::world::{Fault, World, conflict_keys, container, owned, package, session};

/// Whether a session lives under an id, for a client that presents it.
fn lives(world: &Rc<World>, id: &str) -> bool {
    matches!(container().resume(&world.begin(), id), Ok(Some(_)))
}

#[test]
fn the_data_moves_to_the_fresh_id_and_the_old_one_ends_with_the_commit() {
    let world = World::new();
    world.store("old", &[("k", "1")]);
    let tx = world.begin();
    let it = session(&tx, "old");
    let new = it.renew_id(0).unwrap();
    assert_eq!((it.id(), new.len()), (new.clone(), 48));
    it.package("p").unwrap().set("user", "7").unwrap();
    assert!(lives(&world, "old"));
    tx.commit().unwrap();
    assert_eq!(it.id(), new);
    assert!(matches!(container().resume(&world.begin(), "old"), Err(Error::Ended(_))));
    assert_eq!(world.stored(&new), owned(&[("k", "1"), ("user", "7")]));
}

#[test]
fn within_the_transaction_the_session_answers_to_its_new_id_only() {
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
    assert!(lives(&world, &it.id()) && !lives(&world, &first));
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
    assert!(!lives(&world, "old") && !lives(&world, &new));
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
    assert!(!lives(&world, "old"));
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
    assert!(!lives(&world, "old"));
}

#[test]
fn wherever_a_renewal_breaks_off_exactly_one_session_lives_and_nothing_is_lost() {
    // A crash after n batches is a store that refuses everything from then on.
    for batches in 0..4 {
        let world = World::new();
        world.store("old", &[("k", "1")]);
        let tx = world.begin();
        let new = session(&tx, "old").renew_id(0).unwrap();
        for _ in 0..batches {
            world.before_write(|| ());
        }
        let crashing = Rc::clone(&world);
        world.before_write(move || crashing.strike([Fault::Refused; 20]));
        let result = tx.commit();
        let survivors: Vec<&str> = ["old", &new].into_iter().filter(|id| lives(&world, id)).collect();
        assert_eq!(survivors, [if batches < 2 { "old" } else { &*new }], "after {batches} batches");
        assert_eq!(world.stored(survivors[0]), owned(&[("k", "1")]));
        assert_eq!(result.is_ok(), batches >= 2, "after {batches} batches: {result:?}");
    }
}

#[test]
fn lost_answers_do_not_confuse_a_renewal() {
    for fault in [Fault::AnswerLost, Fault::RequestLost, Fault::Delayed] {
        for position in 0..3 {
            let world = World::new();
            world.store("old", &[("k", "1")]);
            let tx = world.begin();
            let new = session(&tx, "old").renew_id(0).unwrap();
            for _ in 0..position {
                world.before_write(|| ());
            }
            let striking = Rc::clone(&world);
            world.before_write(move || striking.strike([fault]));
            tx.commit().unwrap();
            assert!(lives(&world, &new) && !lives(&world, "old"), "{fault:?} at {position}");
            assert_eq!(world.stored(&new), owned(&[("k", "1")]));
        }
    }
}

/// A session that moved from the id `old` with a grace of ten seconds.
fn moved(world: &Rc<World>) -> String {
    world.store("old", &[("k", "1")]);
    let tx = world.begin();
    let new = session(&tx, "old").renew_id(10).unwrap();
    tx.commit().unwrap();
    new
}

#[test]
fn within_a_grace_both_ids_are_the_same_session() {
    let world = World::new();
    let new = moved(&world);
    world.store("old", &[("late", "2")]);
    world.store(&new, &[("later", "3")]);
    let expected = owned(&[("k", "1"), ("late", "2"), ("later", "3")]);
    assert_eq!(world.stored("old"), expected);
    assert_eq!(world.stored(&new), expected);
    let tx = world.begin();
    let (by_new, by_old) = (package(&tx, &new), package(&tx, "old"));
    by_new.set("k", "4").unwrap();
    assert_eq!(by_old.get("k").unwrap().as_deref(), Some("4"), "also within one transaction");
    tx.commit().unwrap();
    assert_eq!(world.stored(&new).first(), owned(&[("k", "4")]).first());
}

#[test]
fn a_request_that_was_under_way_commits_within_the_grace() {
    let world = World::new();
    world.store("old", &[("k", "1")]);
    let slow = world.begin();
    package(&slow, "old").set("slow", "2").unwrap();
    let new = {
        let tx = world.begin();
        let new = session(&tx, "old").renew_id(10).unwrap();
        package(&tx, &new).set("fast", "3").unwrap();
        tx.commit().unwrap();
        new
    };
    slow.commit().unwrap();
    assert_eq!(world.stored(&new), owned(&[("fast", "3"), ("k", "1"), ("slow", "2")]));
}

#[test]
fn a_request_that_was_under_way_when_the_grace_ended_finds_the_session_ended() {
    for (seconds, follows) in [(9, true), (10, false)] {
        let world = World::new();
        world.store("old", &[("k", "1")]);
        let slow = world.begin();
        package(&slow, "old").set("slow", "2").unwrap();
        let tx = world.begin();
        session(&tx, "old").renew_id(10).unwrap();
        tx.commit().unwrap();
        world.pass(seconds);
        match slow.commit() {
            Ok(()) => assert!(follows),
            Err(error) => assert!(!follows && matches!(error, Error::Ended(_)), "{error:?}"),
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
    let (meddling, prepared) = (Rc::clone(&world), new.clone());
    world.before_write(move || {
        meddling.evict(&prepared);
        meddling.store("old", &[("theirs", "2")]);
    });
    tx.commit().unwrap();
    assert_eq!(world.stored(&new), owned(&[("k", "1"), ("theirs", "2")]));
    assert!(!lives(&world, "old"));
}

#[test]
fn the_remains_of_the_old_id_say_where_the_session_moved_and_until_when_requests_follow() {
    for (grace, destroys, trail) in [(10, false, Some(1_700_000_010)), (0, false, Some(0)), (10, true, None)]
    {
        let world = World::new();
        world.store("old", &[("k", "1")]);
        let tx = world.begin();
        let it = session(&tx, "old");
        it.renew_id(grace).unwrap();
        if destroys {
            it.destroy().unwrap();
        }
        tx.commit().unwrap();
        let remains = Record::decode(world.raw("old").unwrap()).unwrap();
        let moved_to = remains.header().moved_to.clone();
        assert_eq!(moved_to.as_ref().map(|to| to.until), trail);
        assert!(moved_to.is_none_or(|to| to.key == crate::world::key(&it.id())));
    }
}

#[test]
fn a_logout_under_the_old_id_ends_the_session_under_both() {
    let world = World::new();
    world.store("old", &[("k", "1")]);
    let logout = world.begin();
    session(&logout, "old").destroy().unwrap();
    let tx = world.begin();
    let new = session(&tx, "old").renew_id(10).unwrap();
    tx.commit().unwrap();
    logout.commit().unwrap();
    assert!(!lives(&world, &new) && !lives(&world, "old"));
}

#[test]
fn after_its_grace_the_old_id_has_ended() {
    let world = World::new();
    let new = moved(&world);
    world.pass(9);
    assert!(lives(&world, "old"));
    world.pass(1);
    for _ in 0..60 {
        assert!(matches!(container().session(&world.begin(), "old"), Err(Error::Ended(_))));
        world.pass(1);
    }
    assert!(lives(&world, &new) && !lives(&world, "old"));
}

#[test]
fn an_old_id_whose_session_ended_meanwhile_has_ended_too() {
    let world = World::new();
    let new = moved(&world);
    world.evict(&new);
    assert!(matches!(container().session(&world.begin(), "old"), Err(Error::Ended(_))));
    assert_eq!(world.raw(&new), None);
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
fn a_grace_lasts_a_day_at_most() {
    let world = World::new();
    let tx = world.begin();
    let it = session(&tx, "s");
    assert!(it.renew_id(86_400).is_ok());
    assert!(matches!(it.renew_id(86_401), Err(Error::InvalidOption { name: "grace", .. })));
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
    assert!(lives(&world, &first_id) && !lives(&world, &second_id) && !lives(&world, "old"));
}

#[test]
fn a_renewal_whose_decisive_answer_is_lost_for_good_loses_no_data() {
    for fault in [Fault::AnswerLost, Fault::RequestLost, Fault::Delayed] {
        let world = World::new();
        world.store("old", &[("k", "1")]);
        let tx = world.begin();
        let new = session(&tx, "old").renew_id(0).unwrap();
        world.before_write(|| ());
        let striking = Rc::clone(&world);
        world.before_write(move || {
            striking.strike([fault]);
            striking.stop_reads(1);
        });
        assert!(matches!(tx.commit(), Err(Error::OutcomeUnknown(_))), "{fault:?}");
        world.store("other", &[("k", "1")]);
        let survivors: Vec<&str> = ["old", &new].into_iter().filter(|id| lives(&world, id)).collect();
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
    for _ in 0..2 {
        world.before_write(|| ());
    }
    let crashing = Rc::clone(&world);
    world.before_write(move || crashing.strike([Fault::Refused]));
    tx.commit().unwrap();
    world.pass(61);
    world.store("old", &[("another", "2")]);
    assert_eq!(world.stored(&new), owned(&[("k", "1")]));
    assert_eq!(world.stored("old"), owned(&[("another", "2")]));
}

/// What is prepared under the fresh id does not count, so nothing is unknown about the commit.
#[test]
fn a_renewal_is_certainly_not_done_when_the_store_goes_away_after_its_first_write() {
    let world = World::new();
    world.store("old", &[("k", "1")]);
    for fault in [Fault::AnswerLost, Fault::RequestLost] {
        let tx = world.begin();
        let new = session(&tx, "old").renew_id(0).unwrap();
        world.strike([fault]);
        world.stop_reads(1);
        let error = tx.commit().unwrap_err();
        assert!(matches!(&error, Error::Store(StoreError::Unavailable(_))), "{error:?}");
        assert!(lives(&world, "old") && !lives(&world, &new));
    }
}

/// Destroys a session, perhaps after reading it, that others renew meanwhile. The decision of the renewal is lost
/// before the new id is settled, and the write that settles it is late. Returns the new id, too.
fn destroy_under_a_lost_renewal(world: &Rc<World>, reads: bool) -> (Result<(), Error>, String) {
    world.store("old", &[("k", "1")]);
    let tx = world.begin();
    if reads {
        package(&tx, "old").get("k").unwrap();
    }
    session(&tx, "old").destroy().unwrap();
    // Prepared, decided, and then settled.
    for _ in 0..2 {
        world.before_write(|| ());
    }
    let late = Rc::clone(world);
    world.before_write(move || {
        late.hold_back();
        late.strike([Fault::Delayed]);
    });
    let renewing = world.begin();
    let new = session(&renewing, "old").renew_id(30).unwrap();
    renewing.commit().unwrap();
    // The destroy finds the trail at the old id, and follows it.
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
    world.let_go();
    assert!(!lives(&world, &new));
}

#[test]
fn a_destroy_that_follows_a_renewal_whose_decision_was_lost_conflicts_with_what_it_read() {
    let (result, _) = destroy_under_a_lost_renewal(&World::new(), true);
    assert_eq!(conflict_keys(result), [Some("k".to_owned())]);
}
