//! Renewals with a grace, within which requests under the old id still find the session.

use std::rc::Rc;

use lovely_session_core::{Error, Record};

use crate::world::{World, container, is_alive, owned, package, session};

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
        world.advance(seconds);
        match slow.commit() {
            Ok(()) => assert!(follows),
            Err(error) => assert!(!follows && matches!(error, Error::Ended(_)), "{error:?}"),
        }
    }
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
    assert!(!is_alive(&world, &new) && !is_alive(&world, "old"));
}

#[test]
fn after_its_grace_the_old_id_has_ended() {
    let world = World::new();
    let new = moved(&world);
    world.advance(9);
    assert!(is_alive(&world, "old"));
    world.advance(1);
    for _ in 0..60 {
        assert!(matches!(container().session(&world.begin(), "old"), Err(Error::Ended(_))));
        world.advance(1);
    }
    assert!(is_alive(&world, &new) && !is_alive(&world, "old"));
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
fn a_session_that_times_out_while_an_old_id_is_followed_to_it_is_not_found() {
    let world = World::new();
    // Only the record says when the session ends.
    world.slides.set(false);
    world.expires.set(false);
    moved(&world);
    let slow = Rc::clone(&world);
    world.before_read(|| {});
    world.before_read(move || slow.advance(3600));
    assert!(matches!(container().resume(&world.begin(), "old"), Err(Error::Ended(_))));
}

#[test]
fn an_old_id_never_begins_a_session_under_the_new_one_when_that_times_out_within_the_transaction() {
    let world = World::new();
    let new = moved(&world);
    let tx = world.begin();
    assert!(container().resume(&tx, "old").unwrap().is_some());
    world.advance(3600);
    assert!(matches!(container().session(&tx, "old"), Err(Error::Ended(_))));
    assert!(session(&tx, &new).packages().unwrap().is_empty(), "its own id begins it again");
}

#[test]
fn a_grace_lasts_a_day_at_most() {
    let world = World::new();
    let tx = world.begin();
    let it = session(&tx, "s");
    assert!(it.renew_id(86_400).is_ok());
    assert!(matches!(it.renew_id(86_401), Err(Error::InvalidOption { name: "grace", .. })));
}
