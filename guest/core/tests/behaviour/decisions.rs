//! Where a commit over several sessions is decided, and for how long the decision is remembered.

use std::rc::Rc;

use lovely_session_core::{Container, ContainerOptions, Error, Record};

use crate::accounts::{accounts, add, after_transfer, balances, crash_after, roles, unsettled_transfer};
use crate::world::{
    Fault, World, container, container_with, is_alive, is_pending, key, owned, package, renew, session,
};

fn with_timeout(name: &str, timeout: u32) -> Container {
    Container::open(name, ContainerOptions { timeout, ..ContainerOptions::default() }).unwrap()
}

/// The number of records that may wait for decisions in this one.
fn decided(world: &World, id: &str) -> usize {
    Record::decode(world.raw(id).unwrap()).unwrap().header().decisions().flatten().count()
}

/// Ends the session `a` and adds 1 to `b`, with a client that crashes before that is settled.
fn end_a_and_leave_b_waiting(world: &Rc<World>) {
    crash_after(world, 2);
    let tx = world.begin();
    session(&tx, "a").destroy().unwrap();
    add(&tx, "b", 1);
    tx.commit().unwrap();
    world.recover();
}

#[test]
fn a_logout_is_decided_in_its_own_record_so_that_an_eviction_elsewhere_does_not_undo_it() {
    for renews in [false, true] {
        let world = accounts();
        crash_after(&world, 2);
        let tx = world.begin();
        let [other, ends] = roles();
        let it = session(&tx, ends);
        let new = if renews { it.renew_id(0).unwrap() } else { String::from("nowhere") };
        if !renews {
            it.destroy().unwrap();
        }
        add(&tx, other, 1);
        tx.commit().unwrap();
        world.recover();
        world.evict(other);
        assert!(!is_alive(&world, ends));
        assert_eq!(is_alive(&world, &new), renews);
    }
}

#[test]
fn a_commit_with_a_session_that_never_times_out_is_decided_there() {
    let world = World::new();
    let containers = [with_timeout("a", 60), with_timeout("z", 0)];
    let write = |value: &str| {
        let tx = world.begin();
        for container in &containers {
            container.session(&tx, "s").unwrap().package("p").unwrap().set("k", value).unwrap();
        }
        tx.commit().unwrap();
    };
    write("1");
    crash_after(&world, 2);
    write("2");
    world.recover();
    world.advance(100);
    let tx = world.begin();
    let data = containers[1].session(&tx, "s").unwrap().package("p").unwrap();
    assert_eq!(data.get("k").unwrap().as_deref(), Some("2"));
}

#[test]
fn a_decision_outlives_any_number_of_later_commits_of_its_record() {
    let world = unsettled_transfer();
    let [decides, waits] = roles();
    for number in 0..9 {
        world.store(decides, &[("x", &number.to_string())]);
    }
    assert_eq!(world.stored(waits), owned(&[("k", after_transfer(waits))]));
}

#[test]
fn a_decision_outlives_the_session_that_begins_where_one_ended() {
    let world = accounts();
    end_a_and_leave_b_waiting(&world);
    world.advance(61);
    for number in 0..9 {
        world.store("a", &[("x", &number.to_string())]);
    }
    assert_eq!(world.stored("b"), owned(&[("k", "11")]));
}

#[test]
fn a_decision_outlives_a_session_that_was_about_to_begin_there_and_did_not() {
    let world = accounts();
    // A session that is the primary of a commit with `a`.
    let first = (0..).map(|number| number.to_string()).find(|id| key(id) < key("a")).unwrap();
    world.store(&first, &[("k", "10")]);
    end_a_and_leave_b_waiting(&world);
    world.advance(61);
    let tx = world.begin();
    add(&tx, &first, 1);
    package(&tx, "a").set("k", "1").unwrap();
    world.before_write(|| ());
    let others = Rc::clone(&world);
    world.before_write(move || others.store(&first, &[("k", "20")]));
    assert!(matches!(tx.commit(), Err(Error::Conflict(_))));
    assert_eq!(world.stored("b"), owned(&[("k", "11")]));
}

#[test]
fn a_commit_whose_session_ended_and_began_again_since_is_still_recognised() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let tx = world.begin();
    package(&tx, "s").set("k", "2").unwrap();
    world.inject([Fault::ReplyLost]);
    let others = Rc::clone(&world);
    world.after_write(move || {
        // A tombstone with a decision is kept for longer than the end of its session is remembered.
        let tx = others.begin();
        session(&tx, "s").destroy().unwrap();
        package(&tx, "other").set("k", "1").unwrap();
        tx.commit().unwrap();
        others.advance(61);
        others.store("s", &[("k", "3")]);
    });
    tx.commit().unwrap();
    assert_eq!(world.stored("s"), owned(&[("k", "3")]));
}

#[test]
fn a_session_that_ended_remembers_its_decisions_for_as_long_as_anything_can_wait_for_them() {
    for (timeout, seconds) in [(3600, 3000), (0, 100_000)] {
        let world = World::new();
        let containers = [with_timeout("a", 60), with_timeout("z", timeout)];
        let open = |tx: &_| [0, 1].map(|n| containers[n].session(tx, "s").unwrap());
        let tx = world.begin();
        open(&tx).iter().for_each(|it| it.package("p").unwrap().set("k", "1").unwrap());
        tx.commit().unwrap();
        crash_after(&world, 2);
        let tx = world.begin();
        let [first, second] = open(&tx);
        first.destroy().unwrap();
        second.package("p").unwrap().set("k", "2").unwrap();
        tx.commit().unwrap();
        world.recover();
        world.advance(seconds);
        let tx = world.begin();
        let it = containers[1].session(&tx, "s").unwrap();
        assert_eq!(it.package("p").unwrap().get("k").unwrap().as_deref(), Some("2"), "{timeout}");
    }
}

#[test]
fn a_renewal_leaves_the_decisions_where_they_were_taken() {
    let world = unsettled_transfer();
    let [decides, waits] = roles();
    let new = renew(&world, decides, 0);
    assert_eq!((decided(&world, decides), decided(&world, &new)), (2, 0));
    assert_eq!(world.stored(waits), owned(&[("k", after_transfer(waits))]));
}

/// Seventy sessions that were set to 2 in one commit, whose client crashed before it settled them; with the
/// ids of the primary and of one that waits.
fn seventy_waiting() -> (Rc<World>, String, String) {
    let world = World::new();
    let ids: Vec<String> = (10..80).map(|number| format!("s{number}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let write = |value: &str| {
        let tx = world.begin();
        for session in container().session_many(&tx, &ids).unwrap() {
            session.package("p").unwrap().set("k", value).unwrap();
        }
        tx.commit().unwrap();
    };
    write("1");
    crash_after(&world, 2);
    write("2");
    world.recover();
    let mut sorted: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    sorted.sort_by_cached_key(|id| key(id));
    (world, sorted[0].clone(), sorted[40].clone())
}

#[test]
fn a_decision_that_names_many_records_is_settled_and_forgotten_by_the_next_commit_of_its_record() {
    let (world, decides, waits) = seventy_waiting();
    assert_eq!(decided(&world, &decides), 69);
    for number in 0..9 {
        world.store(&decides, &[("x", &number.to_string())]);
    }
    assert_eq!(decided(&world, &decides), 0);
    assert_eq!(world.stored(&waits), owned(&[("k", "2")]));
}

#[test]
fn a_decision_that_cannot_be_settled_now_is_not_forgotten() {
    for fault in [Fault::RequestLost, Fault::Refused, Fault::Unreachable] {
        let (world, decides, waits) = seventy_waiting();
        for number in 0..9 {
            // The first of the two batches settles the waiting records.
            world.inject([fault]);
            world.store(&decides, &[("x", &number.to_string())]);
        }
        assert_eq!(world.stored(&waits), owned(&[("k", "2")]), "{fault:?}");
    }
}

#[test]
fn what_is_settled_so_that_a_decision_can_be_forgotten_times_out_like_any_other() {
    let (world, decides, waits) = seventy_waiting();
    world.store(&decides, &[("x", "1")]);
    assert!(!is_pending(&world, &waits));
    world.advance(3603);
    assert_eq!(world.len(), 0);
}

#[test]
fn an_end_is_kept_in_the_store_for_as_long_as_it_is_remembered() {
    for (timeout, remember_ended) in [(3600, 60), (30, 600)] {
        let world = World::new();
        let container =
            container_with(ContainerOptions { timeout, remember_ended, ..ContainerOptions::default() });
        let tx = world.begin();
        container.session(&tx, "s").unwrap().package("p").unwrap().set("k", "1").unwrap();
        tx.commit().unwrap();
        let tx = world.begin();
        container.session(&tx, "s").unwrap().destroy().unwrap();
        tx.commit().unwrap();
        world.advance(u64::from(remember_ended) - 1);
        assert_eq!(world.len(), 1);
        world.advance(4);
        assert_eq!(world.len(), 0);
    }
}

#[test]
fn two_renewals_in_one_commit_leave_a_trail_each_though_their_client_died() {
    let world = accounts();
    let tx = world.begin();
    let renewed = ["a", "b"].map(|id| session(&tx, id).renew_id(30).unwrap());
    crash_after(&world, 2);
    tx.commit().unwrap();
    world.recover();
    assert_eq!(balances(&world), ["10", "10"]);
    assert!(renewed.iter().all(|id| is_alive(&world, id)));
}

#[test]
fn a_session_that_timed_out_for_a_shorter_container_is_new_and_its_decisions_stay() {
    let world = unsettled_transfer();
    let [decides, waits] = roles();
    let short = container_with(ContainerOptions { timeout: 60, ..ContainerOptions::default() });
    assert!(short.resume(&world.begin(), decides).unwrap().is_some());
    world.advance(60);
    let tx = world.begin();
    let it = short.session(&tx, decides).unwrap();
    assert!(it.is_new().unwrap() && it.packages().unwrap().is_empty());
    assert_eq!(world.stored(waits), owned(&[("k", after_transfer(waits))]));
}
