//! Savepoints: a rollback restores exactly the state right after the savepoint, in all sessions.

use lovely_session_core::Error;

use crate::world::{World, owned, package, session};

#[test]
fn rollback_restores_changes_removals_and_additions() {
    let world = World::new();
    world.store("s", &[("changed", "1"), ("removed", "2")]);
    let tx = world.begin();
    let data = package(&tx, "s");
    data.set("kept", "3").unwrap();
    let savepoint = tx.savepoint().unwrap();
    data.set("changed", "10").unwrap();
    data.remove("removed").unwrap();
    data.set("kept", "30").unwrap();
    data.set("added", "4").unwrap();
    savepoint.rollback().unwrap();
    let expected = owned(&[("changed", "1"), ("kept", "3"), ("removed", "2")]);
    assert_eq!(data.entries().unwrap(), expected);
    tx.commit().unwrap();
    assert_eq!(world.stored("s"), expected);
}

#[test]
fn a_savepoint_stays_usable_any_number_of_times() {
    let world = World::new();
    let tx = world.begin();
    let data = package(&tx, "s");
    data.set("k", "0").unwrap();
    let savepoint = tx.savepoint().unwrap();
    for round in 1..5 {
        data.set("k", &round.to_string()).unwrap();
        data.clear().unwrap();
        data.set("other", "1").unwrap();
        savepoint.rollback().unwrap();
        assert_eq!(data.entries().unwrap(), owned(&[("k", "0")]), "round {round}");
    }
}

#[test]
fn later_savepoints_become_invalid_by_a_rollback() {
    let world = World::new();
    let tx = world.begin();
    let first = tx.savepoint().unwrap();
    let second = tx.savepoint().unwrap();
    let third = tx.savepoint().unwrap();
    second.rollback().unwrap();
    assert_eq!(third.rollback(), Err(Error::SavepointInvalid));
    assert_eq!(third.release(), Err(Error::SavepointInvalid));
    second.rollback().unwrap();
    first.rollback().unwrap();
    assert_eq!(second.rollback(), Err(Error::SavepointInvalid));
}

#[test]
fn release_forgets_the_savepoint_and_the_later_ones_and_keeps_the_changes() {
    let world = World::new();
    let tx = world.begin();
    let data = package(&tx, "s");
    let outer = tx.savepoint().unwrap();
    data.set("a", "1").unwrap();
    let inner = tx.savepoint().unwrap();
    data.set("b", "2").unwrap();
    let innermost = tx.savepoint().unwrap();
    data.set("a", "3").unwrap();
    inner.release().unwrap();
    assert_eq!(data.entries().unwrap(), owned(&[("a", "3"), ("b", "2")]));
    for released in [&inner, &innermost] {
        assert_eq!(released.rollback(), Err(Error::SavepointInvalid));
    }
    data.set("a", "4").unwrap();
    outer.rollback().unwrap();
    assert_eq!(data.entries().unwrap(), []);
}

#[test]
fn a_session_that_joined_later_goes_back_to_what_it_loaded() {
    let world = World::new();
    world.store("late", &[("k", "1")]);
    let tx = world.begin();
    let savepoint = tx.savepoint().unwrap();
    let data = package(&tx, "late");
    data.set("k", "2").unwrap();
    savepoint.rollback().unwrap();
    assert_eq!(data.get("k").unwrap().as_deref(), Some("1"));
    let reads = world.reads.get();
    assert_eq!(package(&tx, "late").get("k").unwrap().as_deref(), Some("1"));
    assert_eq!(world.reads.get(), reads, "it is still joined");
}

#[test]
fn package_removal_and_destroy_and_renewal_roll_back_with_the_data() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let tx = world.begin();
    let it = session(&tx, "s");
    let savepoint = tx.savepoint().unwrap();
    assert!(it.remove_package("p").unwrap());
    it.renew_id(0).unwrap();
    it.destroy().unwrap();
    assert!(matches!(it.packages(), Err(Error::Ended(_))));
    savepoint.rollback().unwrap();
    assert_eq!(it.packages().unwrap(), ["p"]);
    assert_eq!(it.id(), "s");
    tx.commit().unwrap();
    assert_eq!(world.stored("s"), owned(&[("k", "1")]));
    assert_eq!(world.len(), 1);
}

#[test]
fn handles_taken_before_and_after_a_savepoint_survive_the_rollback() {
    let world = World::new();
    let tx = world.begin();
    let before = package(&tx, "s");
    before.set("k", "1").unwrap();
    let savepoint = tx.savepoint().unwrap();
    let new = session(&tx, "s").package("new").unwrap();
    new.set("foo", "\"bar\"").unwrap();
    savepoint.rollback().unwrap();
    assert_eq!(before.get("k").unwrap().as_deref(), Some("1"));
    assert_eq!(new.entries().unwrap(), []);
    new.set("foo", "2").unwrap();
    assert_eq!(session(&tx, "s").packages().unwrap(), ["new", "p"]);
}

#[test]
fn savepoints_of_finished_transactions_fail_with_finished() {
    let world = World::new();
    let tx = world.begin();
    let savepoint = tx.savepoint().unwrap();
    tx.commit().unwrap();
    assert_eq!(savepoint.rollback(), Err(Error::Finished));
    assert_eq!(savepoint.release(), Err(Error::Finished));
    assert!(matches!(tx.savepoint(), Err(Error::Finished)));
}

#[test]
fn a_savepoint_touches_only_its_own_transaction() {
    let world = World::new();
    let (left, right) = (world.begin(), world.begin());
    let savepoint = left.savepoint().unwrap();
    package(&left, "s").set("k", "1").unwrap();
    package(&right, "s").set("k", "2").unwrap();
    savepoint.rollback().unwrap();
    assert_eq!(package(&left, "s").get("k").unwrap(), None);
    assert_eq!(package(&right, "s").get("k").unwrap().as_deref(), Some("2"));
}
