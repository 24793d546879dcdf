//! Lives of sessions: what was loaded from one life is never written to another, and what ended stays ended.

use std::rc::Rc;

use lovely_session_core::{ContainerOptions, Error, Isolation, Record};

use crate::world::{
    Fault, LEVELS, World, container, container_with, destroy, is_alive, key, owned, package, renew, session,
};

#[test]
fn a_commit_of_a_former_life_never_reaches_the_session_that_began_in_its_place() {
    type End = fn(&Rc<World>);
    let ends: [End; 3] = [
        |world| world.evict("s"),
        |world| {
            destroy(world, "s");
            world.advance(61);
        },
        |world| {
            destroy(world, "s");
            world.evict("s");
        },
    ];
    for end in ends {
        for level in LEVELS {
            let world = World::new();
            world.store("s", &[("name", "\"alice\"")]);
            let slow = world.begin_with(level);
            package(&slow, "s").set("order", "1").unwrap();
            end(&world);
            world.store("s", &[("name", "\"bob\"")]);
            assert!(matches!(slow.commit(), Err(Error::Gone(_))), "{level:?}");
            assert_eq!(world.stored("s"), owned(&[("name", "\"bob\"")]), "{level:?}");
        }
    }
}

#[test]
fn a_destroy_or_a_renewal_of_a_former_life_leaves_the_one_that_began_in_its_place() {
    for renews in [false, true] {
        let world = World::new();
        world.store("s", &[("name", "\"alice\"")]);
        let slow = world.begin();
        let it = session(&slow, "s");
        if renews {
            it.renew_id(0).unwrap();
        } else {
            it.destroy().unwrap();
        }
        world.evict("s");
        world.store("s", &[("name", "\"bob\"")]);
        assert!(matches!(slow.commit(), Err(Error::Gone(_))));
        assert_eq!(world.stored("s"), owned(&[("name", "\"bob\"")]));
        assert_eq!(world.len(), 1);
    }
}

#[test]
fn a_renewal_keeps_the_life_and_a_session_that_begins_has_one_of_its_own() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let life = |id: &str| {
        let record = String::from_utf8(world.raw(id).unwrap()).unwrap();
        record.split('"').nth(5).unwrap().to_owned()
    };
    let first = life("s");
    world.store("s", &[("k", "2")]);
    assert_eq!(life("s"), first);
    let new = renew(&world, "s", 0);
    assert_eq!((life("s"), life(&new)), (first.clone(), first.clone()));
    world.evict("s");
    world.store("s", &[("k", "1")]);
    assert_ne!(life("s"), first);
}

#[test]
fn of_two_that_begin_a_session_after_they_were_told_that_there_is_none_one_conflicts() {
    for (level, asks) in [(Isolation::Serializable, true), (Isolation::Serializable, false)] {
        let world = World::new();
        let [first, second] = [(), ()].map(|()| {
            let tx = world.begin_with(level);
            if asks {
                assert!(container().resume(&tx, "s").unwrap().is_none());
            }
            tx
        });
        package(&first, "s").set("first", "1").unwrap();
        package(&second, "s").set("second", "2").unwrap();
        first.commit().unwrap();
        assert_eq!(matches!(second.commit(), Err(Error::Conflict(_))), asks);
        assert_eq!(world.stored("s").len(), if asks { 1 } else { 2 });
    }
}

#[test]
fn an_absent_session_stays_absent_for_the_transaction_after_one_load() {
    let world = World::new();
    let tx = world.begin();
    assert!(container().resume(&tx, "s").unwrap().is_none());
    world.store("s", &[("k", "1")]);
    let reads = world.reads.get();
    assert!(container().resume(&tx, "s").unwrap().is_none());
    assert!(session(&tx, "s").is_new().unwrap());
    assert_eq!(world.reads.get(), reads);
    tx.commit().unwrap();
}

#[test]
fn a_session_joined_under_its_old_and_its_new_id_is_one_session() {
    for grace in [0, 30] {
        let world = World::new();
        world.store("old", &[("k", "1")]);
        let tx = world.begin();
        let by_old = package(&tx, "old");
        let new = renew(&world, "old", grace);
        let by_new = container().resume(&tx, &new).unwrap().unwrap().package("p").unwrap();
        by_old.set("a", "1").unwrap();
        assert_eq!(by_new.get("a").unwrap().as_deref(), Some("1"));
        by_new.set("b", "2").unwrap();
        assert_eq!(container().joined(&tx).unwrap().len(), 1);
        let stored = |entries: &[(&str, &str)]| assert_eq!(world.stored(&new), owned(entries));
        match tx.commit() {
            Ok(()) => stored(&[("a", "1"), ("b", "2"), ("k", "1")]),
            Err(_) => stored(&[("k", "1")]),
        }
    }
}

#[test]
fn a_session_stays_one_under_both_ids_however_many_others_joined_between() {
    for others in [3, 30] {
        let world = World::new();
        world.store("old", &[("k", "1")]);
        let tx = world.begin();
        package(&tx, "old").set("a", "1").unwrap();
        let new = renew(&world, "old", 30);
        for number in 0..others {
            let id = format!("other {number}");
            world.store(&id, &[("k", "1")]);
            assert_eq!(package(&tx, &id).get("a").unwrap(), None);
        }
        assert_eq!(package(&tx, &new).get("a").unwrap().as_deref(), Some("1"));
        assert_eq!(container().joined(&tx).unwrap().len(), 1 + others);
    }
}

#[test]
fn a_logout_that_overlaps_a_renewal_leaves_nothing_alive_under_any_id() {
    for grace in [0, 30] {
        let world = World::new();
        world.store("old", &[("k", "1")]);
        let logout = world.begin();
        session(&logout, "old").destroy().unwrap();
        let first = renew(&world, "old", grace);
        let second = renew(&world, &first, grace);
        logout.commit().unwrap();
        for id in ["old", &first, &second] {
            assert!(!is_alive(&world, id), "{id} after a grace of {grace}");
        }
    }
}

#[test]
fn what_a_renewal_prepared_never_counts_after_it_broke_off() {
    type Then = fn(&Rc<World>) -> Vec<String>;
    let thens: [Then; 2] = [
        |world| {
            destroy(world, "old");
            Vec::new()
        },
        |world| vec![renew(world, "old", 0)],
    ];
    for then in thens {
        for forgets in [false, true] {
            let world = World::new();
            world.store("old", &[("k", "1")]);
            let tx = world.begin();
            let prepared = session(&tx, "old").renew_id(0).unwrap();
            world.before_write(|| ());
            let crashing = Rc::clone(&world);
            world.before_write(move || crashing.inject([Fault::Refused; 20]));
            assert!(tx.commit().is_err());
            world.recover();
            let survivors = then(&world);
            if forgets {
                world.evict("old");
            }
            assert!(!is_alive(&world, &prepared) && !is_alive(&world, "old"));
            assert!(survivors.iter().all(|id| is_alive(&world, id)));
        }
    }
}

#[test]
fn a_session_is_followed_through_more_renewals_than_a_handful() {
    let world = World::new();
    world.store("first", &[("k", "1")]);
    let slow = world.begin();
    package(&slow, "first").set("slow", "2").unwrap();
    let mut last = "first".to_owned();
    for _ in 0..12 {
        last = renew(&world, &last, 60);
    }
    world.store("first", &[("late", "3")]);
    slow.commit().unwrap();
    assert_eq!(world.stored(&last), owned(&[("k", "1"), ("late", "3"), ("slow", "2")]));
}

#[test]
fn a_session_that_moved_in_a_circle_is_damaged() {
    let world = World::new();
    for (id, to) in [("a", "b"), ("b", "a")] {
        world.store(id, &[("k", "1")]);
        let record = String::from_utf8(world.raw(id).unwrap()).unwrap();
        let moved = format!(
            "\"ended_until\":1800000000,\"moved_to\":[\"{}\",1800000000],\"packages\":[]}}\n",
            key(to)
        );
        let (head, _) = record.split_once("\"packages\"").unwrap();
        world.put_raw(id, format!("{head}{moved}").as_bytes());
    }
    assert!(matches!(container().resume(&world.begin(), "a"), Err(Error::Damaged { .. })));
}

#[test]
fn a_package_that_was_damaged_meanwhile_is_an_error_at_every_level() {
    for level in LEVELS {
        let world = World::new();
        world.store("s", &[("k", "1")]);
        let tx = world.begin_with(level);
        package(&tx, "s").set("k", "2").unwrap();
        let damaged = String::from_utf8(world.raw("s").unwrap()).unwrap().replace("{\"k\":1}", "{\"k\":1]");
        world.put_raw("s", damaged.as_bytes());
        assert!(matches!(tx.commit(), Err(Error::Damaged { .. })), "{level:?}");
        assert_eq!(world.raw("s").unwrap(), damaged.as_bytes());
    }
}

#[test]
fn a_tombstone_keeps_its_time_however_often_it_is_looked_at_and_is_not_kept_for_ever() {
    for (timeout, remember_ended) in [(30, 600), (0, 60), (3600, 60)] {
        let options = ContainerOptions { timeout, remember_ended, ..ContainerOptions::default() };
        let world = World::new();
        let container = container_with(options);
        let tx = world.begin();
        container.session(&tx, "s").unwrap().package("p").unwrap().set("k", "1").unwrap();
        tx.commit().unwrap();
        let tx = world.begin();
        container.session(&tx, "s").unwrap().destroy().unwrap();
        tx.commit().unwrap();
        for _ in 0..remember_ended / 20 {
            assert!(matches!(container.resume(&world.begin(), "s"), Err(Error::Ended(_))), "{timeout}");
            world.advance(20);
        }
        assert!(container.resume(&world.begin(), "s").unwrap().is_none(), "{timeout}");
        assert_eq!(world.len(), 0, "{timeout}");
    }
}

#[test]
fn a_session_that_timed_out_is_gone_for_good_though_a_read_slid_its_record() {
    let world = World::new();
    let short = container_with(ContainerOptions { timeout: 30, ..ContainerOptions::default() });
    let tx = world.begin();
    short.session(&tx, "s").unwrap().package("p").unwrap().set("k", "1").unwrap();
    tx.commit().unwrap();
    world.advance(30);
    // The store still has the record.
    assert_eq!(world.len(), 1);
    assert!(short.resume(&world.begin(), "s").unwrap().is_none());
    assert_eq!(world.len(), 0);
    assert!(short.resume(&world.begin(), "s").unwrap().is_none());
}

#[test]
fn one_refusal_of_an_expiry_does_not_decide_how_sessions_are_kept_from_then_on() {
    let world = World::new();
    let short = container_with(ContainerOptions { timeout: 30, ..ContainerOptions::default() });
    let write = |value: &str| {
        let tx = world.begin();
        short.session(&tx, "s").unwrap().package("p").unwrap().set("k", value).unwrap();
        tx.commit().unwrap();
    };
    world.expires.set(false);
    write("1");
    world.expires.set(true);
    assert!(Record::decode(world.raw("s").unwrap()).unwrap().header().is_kept());
    // The record itself says when it ends; and the next write sets an expiry in the store again.
    write("2");
    assert!(!Record::decode(world.raw("s").unwrap()).unwrap().header().is_kept());
    world.expires.set(false);
    write("3");
    world.expires.set(true);
    world.advance(31);
    assert!(short.resume(&world.begin(), "s").unwrap().is_none());
}

#[test]
fn a_commit_whose_second_attempt_is_stale_finds_out_whether_the_first_was_applied() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let tx = world.begin();
    let data = package(&tx, "s");
    data.get("k").unwrap();
    data.set("k", "2").unwrap();
    world.inject([Fault::Delayed]);
    world.after_write({
        let world = Rc::clone(&world);
        move || world.hold_delayed()
    });
    // The first write is applied right before the second one, and then forgotten because of many other
    // commits.
    world.before_write(|| ());
    let others = Rc::clone(&world);
    world.before_write(move || {
        others.release_delayed();
        for number in 0..8 {
            others.store("s", &[("other", &number.to_string())]);
        }
    });
    assert!(matches!(tx.commit(), Err(Error::OutcomeUnknown(_))));
    assert_eq!(world.stored("s"), owned(&[("k", "2"), ("other", "7")]));
}
