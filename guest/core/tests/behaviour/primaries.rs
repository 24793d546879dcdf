//! Pending changes whose primary is missing, damaged or unusual, and the choice of the primary.

use lovely_session_core::{Container, ContainerOptions, Error};

use crate::accounts::{accounts, balances, crash_after, transfer, unsettled_transfer, waiting_for};
use crate::world::{World, container, is_pending, key, owned};

#[test]
fn an_eviction_of_the_record_that_decides_loses_the_change_as_a_whole_if_nobody_saw_it() {
    let world = unsettled_transfer();
    let decided = ["a", "b"].into_iter().find(|id| !is_pending(&world, id));
    let decided = decided.unwrap();
    world.evict(decided);
    let other = if decided == "a" { "b" } else { "a" };
    assert_eq!(world.stored(other), owned(&[("k", "10")]));
}

#[test]
fn a_change_that_waits_for_a_record_that_is_not_there_does_not_count() {
    let world = accounts();
    waiting_for(&world, "b", "ls1:test:nowhere");
    assert_eq!(balances(&world), ["10", "10"]);
    transfer(&world).commit().unwrap();
    assert_eq!(balances(&world), ["9", "11"]);
}

#[test]
fn a_change_that_waits_for_itself_is_undecided_until_somebody_writes_there() {
    let world = accounts();
    waiting_for(&world, "b", &key("b"));
    assert_eq!(balances(&world), ["10", "10"]);
    transfer(&world).commit().unwrap();
    assert_eq!(balances(&world), ["9", "11"]);
}

#[test]
fn a_change_that_waits_for_a_damaged_record_is_an_error_of_its_own() {
    let world = accounts();
    world.put_raw("a", b"garbage");
    waiting_for(&world, "b", &key("a"));
    let error = container().session(&world.begin(), "b").unwrap_err();
    let Error::Damaged { session, reason } = &error else { panic!("{error:?}") };
    assert_eq!(session.session, "b");
    assert!(reason.contains("primary record"), "{reason}");
}

#[test]
fn changes_that_wait_for_each_other_do_not_count() {
    let world = accounts();
    waiting_for(&world, "b", &key("a"));
    waiting_for(&world, "a", &key("b"));
    assert_eq!(balances(&world), ["10", "10"]);
    transfer(&world).commit().unwrap();
    assert_eq!(balances(&world), ["9", "11"]);
}

#[test]
fn a_commit_spans_containers_and_is_decided_where_it_is_remembered_longest() {
    let world = World::new();
    let short =
        Container::open("a-short", ContainerOptions { timeout: 60, ..ContainerOptions::default() }).unwrap();
    let write = |value: &str| {
        let tx = world.begin();
        for container in [&short, &container()] {
            container.session(&tx, "s").unwrap().package("p").unwrap().set("k", value).unwrap();
        }
        tx.commit().unwrap();
    };
    write("1");
    crash_after(&world, 2);
    write("2");
    world.recover();
    // The session of the first container has timed out by then, and its record is gone.
    world.advance(100);
    assert_eq!(world.stored("s"), owned(&[("k", "2")]));
}
