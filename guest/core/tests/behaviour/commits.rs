//! What a commit writes, and when it fails.

use std::rc::Rc;

use lovely_session_core::{Container, ContainerOptions, Error, StoreError};

use crate::world::{Fault, World, conflict_keys, container, container_with, owned, package, session};

#[test]
fn what_cancels_out_is_not_written() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let writes = world.writes.get();
    let tx = world.begin();
    let data = package(&tx, "s");
    data.set("k", "2").unwrap();
    data.set("new", "3").unwrap();
    data.clear().unwrap();
    data.set("k", "1").unwrap();
    package(&tx, "never stored").set("k", "1").unwrap();
    package(&tx, "never stored").clear().unwrap();
    tx.commit().unwrap();
    assert_eq!(world.writes.get(), writes);
    assert_eq!(world.len(), 1);
}

#[test]
fn uncommitted_changes_are_seen_by_nobody_and_an_abort_or_drop_leaves_none() {
    let world = World::new();
    let tx = world.begin();
    package(&tx, "s").set("k", "1").unwrap();
    assert_eq!(world.stored("s"), []);
    tx.abort().unwrap();
    assert_eq!(tx.abort(), Err(Error::Finished));
    let tx = world.begin();
    package(&tx, "s").set("k", "1").unwrap();
    drop(tx);
    assert_eq!(world.len(), 0);
}

#[test]
fn what_others_commit_does_not_move_under_a_transaction() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let tx = world.begin();
    let data = package(&tx, "s");
    world.store("s", &[("k", "2"), ("other", "3")]);
    assert_eq!(data.entries().unwrap(), owned(&[("k", "1")]));
    assert_eq!(package(&tx, "s").len().unwrap(), 1);
}

#[test]
fn every_handle_of_a_finished_transaction_fails_with_finished() {
    let world = World::new();
    for dropped in [false, true] {
        let tx = world.begin();
        let session = session(&tx, "s");
        let data = session.package("p").unwrap();
        if dropped {
            drop(tx);
        } else {
            tx.commit().unwrap();
            assert_eq!(tx.commit(), Err(Error::Finished));
            assert_eq!(container().session(&tx, "s").unwrap_err(), Error::Finished);
            assert_eq!(container().joined(&tx), Err(Error::Finished));
        }
        assert_eq!(data.get("k"), Err(Error::Finished));
        assert_eq!(data.set("k", "not json"), Err(Error::Finished));
        assert_eq!(data.get(""), Err(Error::Finished));
        assert_eq!(data.clear(), Err(Error::Finished));
        assert_eq!(session.packages(), Err(Error::Finished));
        assert_eq!(session.is_new(), Err(Error::Finished));
        assert_eq!(session.destroy(), Err(Error::Finished));
        assert_eq!(session.renew_id(0), Err(Error::Finished));
        assert_eq!(session.id(), "s");
    }
}

#[test]
fn a_session_evicted_since_it_was_loaded_is_gone_and_not_written_back() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let tx = world.begin();
    package(&tx, "s").set("k", "2").unwrap();
    world.evict("s");
    assert!(matches!(tx.commit(), Err(Error::Gone(sessions)) if sessions[0].session == "s"));
    assert_eq!(world.len(), 0);
}

#[test]
fn a_destroyed_session_is_not_written_back_and_cannot_be_resumed() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let slow = world.begin();
    package(&slow, "s").set("k", "2").unwrap();
    let tx = world.begin();
    session(&tx, "s").destroy().unwrap();
    tx.commit().unwrap();
    assert!(matches!(slow.commit(), Err(Error::Ended(_))));
    let tx = world.begin();
    assert!(matches!(container().resume(&tx, "s"), Err(Error::Ended(_))));
    assert!(matches!(container().session(&tx, "s"), Err(Error::Ended(_))));
}

#[test]
fn destroying_what_others_changed_or_destroyed_succeeds_and_what_was_lost_is_gone() {
    let world = World::new();
    let (w1, w2, w3) = (Rc::clone(&world), Rc::clone(&world), Rc::clone(&world));
    type Hook = (&'static str, Box<dyn FnOnce()>);
    let hooks: [Hook; 3] = [
        ("changed", Box::new(move || w1.store("changed", &[("k", "2")]))),
        ("lost", Box::new(move || w2.evict("lost"))),
        ("destroyed", {
            Box::new(move || {
                let tx = w3.begin();
                session(&tx, "destroyed").destroy().unwrap();
                tx.commit().unwrap();
            })
        }),
    ];
    for (id, hook) in hooks {
        world.store(id, &[("k", "1")]);
        let tx = world.begin();
        session(&tx, id).destroy().unwrap();
        hook();
        let result = tx.commit();
        // An evicted session might be alive under another id.
        assert_eq!(matches!(result, Err(Error::Gone(_))), id == "lost", "{result:?}");
        assert!(result.is_ok() || id == "lost");
        assert_eq!(world.stored_or_ended(id), [], "{id}");
    }
}

#[test]
fn a_destroy_that_depends_on_what_was_read_conflicts_when_that_changed() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let tx = world.begin();
    package(&tx, "s").get("k").unwrap();
    session(&tx, "s").destroy().unwrap();
    world.store("s", &[("k", "2")]);
    assert_eq!(conflict_keys(tx.commit()), [Some("k".to_owned())]);
    assert_eq!(world.stored("s"), owned(&[("k", "2")]));
}

#[test]
fn a_store_that_fails_leaves_everything_as_it_was() {
    let world = World::new();
    for fault in [Fault::Refused, Fault::Unreachable] {
        world.inject([fault]);
        let tx = world.begin();
        package(&tx, "s").set("k", "1").unwrap();
        let error = tx.commit().unwrap_err();
        assert!(matches!(error, Error::Store(StoreError::Unavailable(_))), "{error:?}");
        assert_eq!(tx.commit(), Err(Error::Finished));
        assert_eq!(world.len(), 0);
    }
    world.store("s", &[("k", "1")]);
}

#[test]
fn a_record_that_was_damaged_meanwhile_fails_the_commit_and_stays_as_it_is() {
    for damage in [&b"garbage"[..], b"{\"format\":7}\n"] {
        let world = World::new();
        world.store("damaged", &[("k", "1")]);
        let tx = world.begin();
        package(&tx, "damaged").set("k", "2").unwrap();
        world.put_raw("damaged", damage);
        let error = tx.commit().unwrap_err();
        assert!(matches!(error, Error::Damaged { .. } | Error::UnknownFormat(7)), "{error:?}");
        assert_eq!(world.raw("damaged").as_deref(), Some(damage));
    }
}

#[test]
fn a_session_that_outgrows_its_limit_by_merging_is_too_large() {
    let world = World::new();
    let text = |length: usize| format!("\"{}\"", "x".repeat(length));
    world.store("grown", &[("k", "1")]);
    let limited = container_with(ContainerOptions { max_size: 400, ..ContainerOptions::default() });
    let tx = world.begin();
    let session = limited.session(&tx, "grown").unwrap();
    session.package("p").unwrap().set("mine", &text(100)).unwrap();
    world.store("grown", &[("theirs", &text(200))]);
    let error = tx.commit().unwrap_err();
    assert!(matches!(error, Error::TooLarge { limit: 400, .. }), "{error:?}");
    assert_eq!(world.stored("grown"), owned(&[("k", "1"), ("theirs", &text(200))]));
}

#[test]
fn a_commit_merges_with_more_commits_than_a_record_remembers() {
    let world = World::new();
    world.store("s", &[("k", "0")]);
    let tx = world.begin();
    package(&tx, "s").set("mine", "1").unwrap();
    for number in 1..=20 {
        world.store("s", &[("k", &number.to_string())]);
    }
    tx.commit().unwrap();
    assert_eq!(world.stored("s"), owned(&[("k", "20"), ("mine", "1")]));
}

#[test]
fn a_session_evicted_after_a_lost_race_is_gone() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let tx = world.begin();
    package(&tx, "s").set("mine", "2").unwrap();
    world.store("s", &[("k", "2")]);
    world.after_write({
        let world = Rc::clone(&world);
        move || world.evict("s")
    });
    assert!(matches!(tx.commit(), Err(Error::Gone(_))));
    assert_eq!(world.len(), 0);
}

#[test]
fn joined_lists_the_ids_of_one_container_in_order() {
    let world = World::new();
    let tx = world.begin();
    let other = Container::open("other", Default::default()).unwrap();
    container().session_many(&tx, &["b", "a", "b"]).unwrap();
    other.session(&tx, "x").unwrap();
    assert!(container().resume(&tx, "unknown").unwrap().is_none());
    let created = container().create(&tx).unwrap().id();
    assert_eq!(container().joined(&tx).unwrap(), ["b", "a", created.as_str()]);
    assert_eq!(other.joined(&tx).unwrap(), ["x"]);
}

#[test]
fn containers_of_different_names_hold_different_sessions() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let other = Container::open("other", Default::default()).unwrap();
    let tx = world.begin();
    assert!(other.resume(&tx, "s").unwrap().is_none());
}

#[test]
fn a_commit_that_loses_every_race_returns_a_conflict() {
    let world = World::new();
    world.store("s", &[("k", "0")]);
    let tx = world.begin();
    package(&tx, "s").set("mine", "1").unwrap();
    for number in 0..2000 {
        // The hook writes as well, so every second batch belongs to the commit under test.
        let again = Rc::clone(&world);
        world.before_write(move || {
            if number % 2 == 0 {
                again.store("s", &[("k", &(number + 1).to_string())]);
            }
        });
    }
    let Err(Error::Conflict(conflicts)) = tx.commit() else { panic!("it must give up") };
    assert_eq!((conflicts[0].session.session.as_str(), &conflicts[0].package), ("s", &None));
}

#[test]
fn a_commit_goes_on_though_it_loses_one_race_after_another() {
    let world = World::new();
    world.store("s", &[("k", "0")]);
    let tx = world.begin();
    package(&tx, "s").set("mine", "1").unwrap();
    for race in 0..20 {
        let again = Rc::clone(&world);
        world.before_write(move || {
            // The hook writes as well, so every second batch belongs to the commit under test.
            if race % 2 == 0 {
                again.store("s", &[("k", &(race + 1).to_string())]);
            }
        });
    }
    tx.commit().unwrap();
    assert_eq!(world.stored("s"), owned(&[("k", "19"), ("mine", "1")]));
}
