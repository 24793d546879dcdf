//! Sessions that time out or end during a transaction, and the errors of the transaction.

use std::rc::Rc;

use lovely_session_core::{Container, ContainerOptions, Error, Isolation};

use crate::world::{
    World, conflict_keys, container, container_with, container_with_timeout, destroy, is_alive, owned,
    package, renew, session,
};

fn store_with(world: &Rc<World>, container: &Container, key: &str) {
    let tx = world.begin();
    container.session(&tx, "s").unwrap().package("p").unwrap().set(key, "1").unwrap();
    tx.commit().unwrap();
}

#[test]
fn a_session_that_times_out_before_the_commit_is_gone_and_not_written_back() {
    for (slides, expires) in [(true, true), (false, true), (false, false)] {
        for written_by_others in [false, true] {
            let world = World::new();
            world.slides.set(slides);
            world.expires.set(expires);
            world.store("s", &[("k", "1")]);
            let tx = world.begin();
            package(&tx, "s").set("k", "2").unwrap();
            if written_by_others {
                world.store("s", &[("x", "1")]);
            }
            world.advance(3600);
            assert!(matches!(tx.commit(), Err(Error::Gone(_))));
            assert!(!is_alive(&world, "s"));
        }
    }
}

#[test]
fn a_session_times_out_by_what_its_record_says_within_a_transaction_too() {
    let world = World::new();
    store_with(&world, &container_with_timeout(100), "k");
    let tx = world.begin();
    let long = container_with_timeout(3600);
    assert!(!long.session(&tx, "s").unwrap().is_new().unwrap());
    world.advance(200);
    assert!(long.session(&tx, "s").unwrap().is_new().unwrap());
}

#[test]
fn a_session_that_a_longer_container_used_lives_as_long_as_that_one_says() {
    let world = World::new();
    world.slides.set(false);
    store_with(&world, &container_with_timeout(100), "k");
    world.advance(50);
    let long =
        container_with(ContainerOptions { timeout: 1000, resolution: 10, ..ContainerOptions::default() });
    assert!(long.resume(&world.begin(), "s").unwrap().is_some());
    world.advance(500);
    assert!(long.resume(&world.begin(), "s").unwrap().is_some());
}

#[test]
fn to_resume_a_session_is_a_use_of_it_within_the_transaction_and_never_begins_it() {
    let world = World::new();
    let container = container_with_timeout(10);
    store_with(&world, &container, "k");
    let tx = world.begin();
    for _ in 0..3 {
        assert!(container.resume(&tx, "s").unwrap().is_some());
        world.advance(6);
    }
    assert!(container.resume(&tx, "s").unwrap().is_some());
    world.advance(10);
    assert!(container.resume(&tx, "s").unwrap().is_none());
}

#[test]
fn what_was_read_before_a_session_timed_out_within_the_transaction_still_counts() {
    let world = World::new();
    for id in ["s", "other"] {
        world.store(id, &[("k", "1")]);
    }
    let tx = world.begin();
    package(&tx, "s").get("k").unwrap();
    world.advance(2000);
    world.store("s", &[("x", "1")]);
    world.advance(2000);
    assert!(container().session(&tx, "s").is_ok());
    world.store("other", &[("x", "1")]);
    package(&tx, "new").set("k", "1").unwrap();
    assert_eq!(conflict_keys(tx.commit()), [Some("k".to_owned())]);
    assert!(!is_alive(&world, "new"));
}

#[test]
fn a_session_that_began_again_within_the_transaction_is_never_merged_with_the_one_that_lived_on() {
    for level in [Isolation::Serializable, Isolation::Snapshot, Isolation::LastWriterWins] {
        let world = World::new();
        world.store("s", &[("k", "1")]);
        let tx = world.begin_with(level);
        session(&tx, "s");
        world.advance(2000);
        world.store("s", &[("theirs", "1")]);
        world.advance(2000);
        package(&tx, "s").set("mine", "1").unwrap();
        assert_eq!(conflict_keys(tx.commit()), [None], "{level:?}");
        assert_eq!(world.stored("s"), owned(&[("k", "1"), ("theirs", "1")]));
    }
}

#[test]
fn a_session_that_begins_where_one_ended_meanwhile_has_ended_as_long_as_that_is_remembered() {
    for (seconds, ended) in [(59, true), (61, false)] {
        let world = World::new();
        let tx = world.begin();
        package(&tx, "s").set("mine", "1").unwrap();
        world.store("s", &[("theirs", "1")]);
        destroy(&world, "s");
        world.advance(seconds);
        match tx.commit() {
            Ok(()) => assert!(!ended && is_alive(&world, "s")),
            Err(error) => assert!(ended && matches!(error, Error::Ended(_)), "{error:?}"),
        }
    }
}

#[test]
fn a_session_that_begins_where_one_timed_out_meanwhile_has_nothing_of_it() {
    let world = World::new();
    let tx = world.begin();
    package(&tx, "s").set("mine", "1").unwrap();
    world.store("s", &[("theirs", "1")]);
    world.advance(3600);
    assert_eq!(world.len(), 1, "the store still has it");
    tx.commit().unwrap();
    assert_eq!(world.stored("s"), owned(&[("mine", "1")]));
}

#[test]
fn a_session_whose_end_is_not_remembered_any_more_is_gone() {
    for (seconds, ended) in [(59, true), (61, false)] {
        let world = World::new();
        world.store("s", &[("k", "1")]);
        let tx = world.begin();
        package(&tx, "s").set("k", "2").unwrap();
        destroy(&world, "s");
        world.advance(seconds);
        let error = tx.commit().unwrap_err();
        assert!(if ended { matches!(error, Error::Ended(_)) } else { matches!(error, Error::Gone(_)) });
    }
}

#[test]
fn a_grace_that_ends_while_a_commit_is_under_way_has_ended() {
    let world = World::new();
    world.store("old", &[("k", "1")]);
    let tx = world.begin();
    package(&tx, "old").set("slow", "2").unwrap();
    let others = Rc::clone(&world);
    world.before_write(move || {
        renew(&others, "old", 10);
        others.advance(10);
    });
    assert!(matches!(tx.commit(), Err(Error::Ended(_))));
}

#[test]
fn an_old_id_never_leads_to_a_session_that_began_under_the_new_one() {
    let world = World::new();
    world.store("old", &[("name", "\"alice\"")]);
    let new = renew(&world, "old", 30);
    world.evict(&new);
    world.store(&new, &[("name", "\"bob\"")]);
    assert!(matches!(container().resume(&world.begin(), "old"), Err(Error::Ended(_))));
}

#[test]
fn writes_to_a_session_that_is_then_destroyed_cannot_conflict() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let tx = world.begin();
    package(&tx, "s").set("k", "2").unwrap();
    session(&tx, "s").destroy().unwrap();
    world.store("s", &[("k", "3")]);
    tx.commit().unwrap();
    assert!(!is_alive(&world, "s"));
}

#[test]
fn of_two_that_were_told_that_they_removed_a_package_one_conflicts() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let [first, second] = [(), ()].map(|()| {
        let tx = world.begin();
        assert!(session(&tx, "s").remove_package("p").unwrap());
        package(&tx, "s").set("k", "2").unwrap();
        tx
    });
    first.commit().unwrap();
    assert!(matches!(second.commit(), Err(Error::Conflict(_))));
}

#[test]
fn a_session_that_was_used_within_the_transaction_alone_times_out_all_the_same() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let tx = world.begin();
    session(&tx, "s");
    world.advance(2000);
    package(&tx, "s").set("k", "2").unwrap();
    world.advance(1600);
    assert_eq!(world.len(), 1, "the store still has it");
    assert!(matches!(tx.commit(), Err(Error::Gone(_))));
}

#[test]
fn of_many_sessions_that_are_asked_for_none_begins_if_the_call_fails() {
    let world = World::new();
    world.store("old", &[("k", "1")]);
    let new = renew(&world, "old", 30);
    let tx = world.begin();
    session(&tx, &new).destroy().unwrap();
    assert!(matches!(container().session_many(&tx, &["fresh", "old"]), Err(Error::Ended(_))));
    assert_eq!(container().joined(&tx).unwrap(), [new]);
}
