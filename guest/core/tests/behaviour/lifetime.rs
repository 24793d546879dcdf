//! How long sessions live, on stores with different abilities.

use std::rc::Rc;

use lovely_session_core::{Error, Package};

use crate::world::{World, container, container_with_timeout, owned, package, session};

/// Worlds whose stores can slide and set an expiry, only set one, and do neither.
fn worlds() -> [Rc<World>; 3] {
    [(true, true), (false, true), (false, false)].map(|(slides, expires)| {
        let world = World::new();
        world.slides.set(slides);
        world.expires.set(expires);
        world
    })
}

#[test]
fn a_session_ends_after_its_timeout_without_activity() {
    for world in worlds() {
        world.store("s", &[("k", "1")]);
        world.advance(3599);
        let tx = world.begin();
        assert!(container().resume(&tx, "s").unwrap().is_some());
        world.advance(3600);
        let tx = world.begin();
        assert!(container().resume(&tx, "s").unwrap().is_none());
        assert!(session(&tx, "s").is_new().unwrap());
        package(&tx, "s").set("new", "2").unwrap();
        tx.commit().unwrap();
        assert_eq!(world.stored("s"), owned(&[("new", "2")]));
    }
}

#[test]
fn reading_is_activity() {
    for world in worlds() {
        world.store("s", &[("k", "1")]);
        for _ in 0..10 {
            world.advance(3000);
            assert_eq!(world.stored("s"), owned(&[("k", "1")]));
        }
    }
}

#[test]
fn on_a_store_that_slides_reading_writes_nothing_and_elsewhere_only_once_a_resolution() {
    for (world, refreshes) in worlds().iter().zip([0, 3, 3]) {
        world.store("s", &[("k", "1")]);
        // A store without expiry refuses the first refresh in each transaction.
        let container = container();
        let load = || container.session(&world.begin(), "s").map(drop).unwrap();
        load();
        world.advance(300);
        load();
        let writes = world.writes.get();
        for _ in 0..9 {
            world.advance(100);
            load();
        }
        assert_eq!(world.writes.get() - writes, refreshes);
    }
}

#[test]
fn a_resolution_over_half_the_timeout_counts_as_half_of_it() {
    let world = World::new();
    world.slides.set(false);
    let container = container_with_timeout(100);
    let tx = world.begin();
    container.session(&tx, "s").unwrap().package("p").unwrap().set("k", "1").unwrap();
    tx.commit().unwrap();
    let writes = world.writes.get();
    world.advance(49);
    container.session(&world.begin(), "s").unwrap();
    assert_eq!(world.writes.get() - writes, 0);
    world.advance(1);
    container.session(&world.begin(), "s").unwrap();
    assert_eq!(world.writes.get() - writes, 1);
}

#[test]
fn a_read_that_slides_cannot_make_others_conflict() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let tx = world.begin();
    package(&tx, "s").set("k", "2").unwrap();
    world.advance(1000);
    world.stored("s");
    let before = world.trips();
    tx.commit().unwrap();
    assert_eq!(world.trips_since(before), (0, 1));
}

#[test]
fn a_session_that_times_out_while_a_commit_reads_it_again_is_gone() {
    for world in worlds() {
        world.store("s", &[("k", "1")]);
        let tx = world.begin();
        package(&tx, "s").set("mine", "2").unwrap();
        let others = Rc::clone(&world);
        world.before_write(move || {
            others.store("s", &[("theirs", "3")]);
            let slow = Rc::clone(&others);
            others.before_read(move || slow.advance(3600));
        });
        assert!(matches!(tx.commit(), Err(Error::Gone(_))));
    }
}

#[test]
fn a_timeout_of_zero_means_never() {
    for world in worlds() {
        let forever = container_with_timeout(0);
        let tx = world.begin();
        forever.session(&tx, "s").unwrap().package("p").unwrap().set("k", "1").unwrap();
        tx.commit().unwrap();
        world.advance(10_000_000_000);
        assert!(forever.resume(&world.begin(), "s").unwrap().is_some());
    }
}

#[test]
fn without_a_timeout_a_session_never_begins_again_within_its_transaction() {
    let world = World::new();
    let forever = container_with_timeout(0);
    let tx = world.begin();
    forever.session(&tx, "s").unwrap().package("p").unwrap().set("k", "1").unwrap();
    for seconds in [0, 10_000_000_000] {
        world.advance(seconds);
        let data = forever.session(&tx, "s").unwrap().package("p").unwrap();
        assert_eq!(data.entries().unwrap(), owned(&[("k", "1")]));
    }
}

#[test]
fn asking_again_after_the_timeout_gives_an_empty_session_even_within_the_transaction() {
    for world in worlds() {
        let container = container_with_timeout(1);
        let tx = world.begin();
        let it = container.session(&tx, "mySessionId").unwrap();
        it.package("myData1").unwrap().set("info", "\"stored in memcache\"").unwrap();
        tx.commit().unwrap();

        let tx = world.begin();
        let it = container.session(&tx, "mySessionId").unwrap();
        let data = it.package("myData1").unwrap();
        data.set("more", "1").unwrap();
        world.advance(2);
        assert_eq!(data.len().unwrap(), 2, "nobody asked the container yet");
        let it = container.session(&tx, "mySessionId").unwrap();
        assert_eq!(it.packages().unwrap(), [] as [&str; 0]);
        assert_eq!(data.len().unwrap(), 0, "the old handle shows the same");
        assert!(it.is_new().unwrap());
        data.set("fresh", "1").unwrap();
        tx.commit().unwrap();
        let it = container.session(&world.begin(), "mySessionId").map(|it| it.id()).unwrap();
        assert_eq!(it, "mySessionId");
        assert_eq!(world.stored("mySessionId"), owned(&[]), "the package p holds nothing");
    }
}

#[test]
fn a_session_that_began_again_within_its_transaction_is_stored_at_the_first_try() {
    for world in worlds() {
        let container = container_with_timeout(10);
        let tx = world.begin();
        let data = container.session(&tx, "s").unwrap().package("p").unwrap();
        data.set("k", "1").unwrap();
        tx.commit().unwrap();
        let tx = world.begin();
        let data = container.session(&tx, "s").unwrap().package("p").unwrap();
        world.advance(10);
        container.session(&tx, "s").unwrap();
        data.set("k", "2").unwrap();
        let before = world.trips();
        tx.commit().unwrap();
        assert_eq!(world.trips_since(before), (0, 1));
        assert_eq!(world.stored("s"), owned(&[("k", "2")]));
    }
}

#[test]
fn a_rollback_past_a_timeout_does_not_bring_the_data_back() {
    type Change = fn(&Package<World>);
    let changes: [Change; 3] = [
        |data| data.set("k", "2").unwrap(),
        |data| data.clear().unwrap(),
        |data| assert!(data.remove("k").unwrap()),
    ];
    for change in changes {
        let world = World::new();
        let container = container_with_timeout(10);
        let tx = world.begin();
        let data = container.session(&tx, "s").unwrap().package("p").unwrap();
        data.set("k", "1").unwrap();
        let savepoint = tx.savepoint().unwrap();
        change(&data);
        world.advance(10);
        container.session(&tx, "s").unwrap();
        savepoint.rollback().unwrap();
        assert_eq!(data.len().unwrap(), 0);
    }
}

#[test]
fn a_session_that_others_kept_alive_is_not_overwritten_after_a_timeout_within_the_transaction() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let tx = world.begin();
    package(&tx, "s").get("k").unwrap();
    world.advance(2000);
    world.store("s", &[("k", "2")]);
    world.advance(2000);
    // For this transaction the session timed out; in the store it is alive.
    assert!(session(&tx, "s").is_new().unwrap());
    package(&tx, "s").set("k", "3").unwrap();
    assert!(matches!(tx.commit(), Err(Error::Conflict(_))));
    assert_eq!(world.stored("s"), owned(&[("k", "2")]));
}

#[test]
fn each_session_has_a_last_access_of_its_own_to_which_reading_counts() {
    for world in worlds() {
        let start = world.seconds();
        world.store("a", &[("k", "1")]);
        world.advance(400);
        world.store("b", &[("k", "1")]);
        world.advance(400);
        world.stored("a");
        world.advance(100);
        let tx = world.begin();
        assert_eq!(session(&tx, "a").last_accessed().unwrap(), start + 800);
        assert_eq!(session(&tx, "b").last_accessed().unwrap(), start + 400);
        assert_eq!(session(&tx, "new").last_accessed().unwrap(), start + 900);
    }
}

#[test]
fn a_session_stored_without_a_timeout_was_last_used_when_it_was_stored_as_far_as_anybody_can_tell() {
    let world = World::new();
    let start = world.seconds();
    let tx = world.begin();
    container_with_timeout(0).session(&tx, "s").unwrap().package("p").unwrap().set("k", "1").unwrap();
    tx.commit().unwrap();
    for _ in 0..3 {
        world.advance(100);
        let tx = world.begin();
        assert_eq!(session(&tx, "s").last_accessed(), Ok(start));
    }
}

#[test]
fn a_destroyed_session_is_remembered_for_its_time_and_then_can_begin_again() {
    for world in worlds() {
        world.store("s", &[("k", "1")]);
        let tx = world.begin();
        session(&tx, "s").destroy().unwrap();
        tx.commit().unwrap();
        for _ in 0..59 {
            world.advance(1);
            // A request does not extend the time for which the end is remembered.
            assert!(matches!(container().session(&world.begin(), "s"), Err(Error::Ended(_))));
        }
        world.advance(1);
        let tx = world.begin();
        assert!(container().resume(&tx, "s").unwrap().is_none());
        package(&tx, "s").set("k", "2").unwrap();
        tx.commit().unwrap();
        assert_eq!(world.stored("s"), owned(&[("k", "2")]));
    }
}

#[test]
fn a_session_begun_over_remains_that_vanish_meanwhile_is_stored() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let tx = world.begin();
    session(&tx, "s").destroy().unwrap();
    tx.commit().unwrap();
    world.advance(30);
    // This read slides the expiry of the tombstone beyond the time for which it is needed.
    assert!(container().resume(&world.begin(), "s").is_err());
    world.advance(31);
    let tx = world.begin();
    package(&tx, "s").set("k", "2").unwrap();
    world.evict("s");
    tx.commit().unwrap();
    assert_eq!(world.stored("s"), owned(&[("k", "2")]));
}

#[test]
fn a_session_that_began_again_within_the_transaction_rolls_back_like_any_other() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let tx = world.begin();
    package(&tx, "s").set("k", "2").unwrap();
    world.advance(3600);
    package(&tx, "s").set("kept", "1").unwrap();
    let savepoint = tx.savepoint().unwrap();
    package(&tx, "s").set("k", "3").unwrap();
    savepoint.rollback().unwrap();
    assert_eq!(package(&tx, "s").entries().unwrap(), owned(&[("kept", "1")]));
}

#[test]
fn a_rollback_past_a_timeout_does_not_bring_back_what_was_written_before_it() {
    let world = World::new();
    let tx = world.begin();
    package(&tx, "s").set("k", "1").unwrap();
    let savepoint = tx.savepoint().unwrap();
    package(&tx, "s").set("k", "2").unwrap();
    world.advance(3600);
    assert!(package(&tx, "s").is_empty().unwrap(), "it began again");
    package(&tx, "s").set("k", "3").unwrap();
    savepoint.rollback().unwrap();
    assert!(package(&tx, "s").is_empty().unwrap());
}
