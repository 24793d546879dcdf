//! What an observer is told about transactions.

use std::rc::Rc;

use lovely_session_core::{Container, ContainerOptions, Ending, Error, Participation, Report};

use crate::world::{Fault, World, container, destroy, package, renew, session};

fn part(container: &str) -> Participation {
    Participation { container: container.to_owned(), sessions: 1, ..Participation::default() }
}

/// The only report since the last call.
fn only_report(world: &World) -> Report {
    let mut reports = world.reports.take();
    assert_eq!(reports.len(), 1, "{reports:?}");
    reports.remove(0)
}

/// A world with a session, whose beginning is not observed any more.
fn world_with_a_session() -> Rc<World> {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    world.reports.take();
    world
}

#[test]
fn a_commit_that_stores_a_session_first_begins_it() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let begun = Participation { begun: 1, ..part("test") };
    assert_eq!(only_report(&world), Report { ending: Ending::Done, containers: vec![begun] });
    world.store("s", &[("k", "2")]);
    assert_eq!(only_report(&world), Report { ending: Ending::Done, containers: vec![part("test")] });
}

#[test]
fn renewals_and_ends_are_counted_once_they_are_committed() {
    let world = world_with_a_session();
    let new = renew(&world, "s", 0);
    let renewed = Participation { renewed: 1, ..part("test") };
    assert_eq!(only_report(&world), Report { ending: Ending::Done, containers: vec![renewed] });
    destroy(&world, &new);
    let ended = Participation { ended: 1, ..part("test") };
    assert_eq!(only_report(&world), Report { ending: Ending::Done, containers: vec![ended] });
    let tx = world.begin();
    session(&tx, "t").package("p").unwrap().set("k", "1").unwrap();
    tx.abort().unwrap();
    drop(tx);
    assert_eq!(only_report(&world), Report { ending: Ending::Aborted, containers: vec![part("test")] });
}

#[test]
fn a_commit_after_others_changed_the_session_is_merged_or_a_conflict() {
    for (read, ending) in [("other", Ending::Merged), ("k", Ending::Conflict)] {
        let world = world_with_a_session();
        let tx = world.begin();
        package(&tx, "s").get(read).unwrap();
        package(&tx, "s").set("mine", "1").unwrap();
        world.store("s", &[("k", "2")]);
        world.reports.take();
        assert_eq!(tx.commit().is_err(), ending == Ending::Conflict);
        assert_eq!(only_report(&world), Report { ending, containers: vec![part("test")] });
    }
}

#[test]
fn a_session_that_has_ended_is_refused_when_it_is_requested_and_when_it_is_committed() {
    let world = world_with_a_session();
    let (tx, late) = (world.begin(), world.begin());
    package(&tx, "s").set("k", "2").unwrap();
    destroy(&world, "s");
    world.reports.take();
    assert!(matches!(tx.commit(), Err(Error::Ended(_))));
    let refused = Participation { refused: 1, ..part("test") };
    assert_eq!(only_report(&world), Report { ending: Ending::Ended, containers: vec![refused] });
    assert!(matches!(container().resume(&late, "s"), Err(Error::Ended(_))));
    drop(late);
    let refused = Participation { refused: 1, sessions: 0, ..part("test") };
    assert_eq!(only_report(&world), Report { ending: Ending::Aborted, containers: vec![refused] });
}

#[test]
fn a_session_that_vanished_before_the_commit_is_gone() {
    let world = world_with_a_session();
    let tx = world.begin();
    package(&tx, "s").set("k", "2").unwrap();
    world.evict("s");
    assert!(matches!(tx.commit(), Err(Error::Gone(_))));
    let refused = Participation { refused: 1, ..part("test") };
    assert_eq!(only_report(&world), Report { ending: Ending::Gone, containers: vec![refused] });
}

#[test]
fn a_commit_without_a_reply_is_unknown_and_one_without_a_server_has_failed() {
    for (fault, ending) in [(Fault::Delayed, Ending::Unknown), (Fault::Unreachable, Ending::Failed)] {
        let world = World::new();
        let tx = world.begin();
        package(&tx, "s").set("k", "1").unwrap();
        world.inject([fault; 8]);
        world.fail_reads(8);
        assert!(tx.commit().is_err());
        assert_eq!(only_report(&world).ending, ending, "{fault:?}");
    }
}

#[test]
fn a_commit_over_two_containers_has_a_part_for_each() {
    let world = World::new();
    let other = Container::open("other", ContainerOptions::default()).unwrap();
    let tx = world.begin();
    for session in ["a", "b"] {
        package(&tx, session).set("k", "1").unwrap();
    }
    other.session(&tx, "c").unwrap();
    tx.commit().unwrap();
    let test = Participation { sessions: 2, begun: 2, ..part("test") };
    assert_eq!(only_report(&world), Report { ending: Ending::Done, containers: vec![test, part("other")] });
}

#[test]
fn a_commit_that_stays_open_and_a_transaction_without_sessions_leave_no_report() {
    let world = World::new();
    drop(world.begin());
    world.begin().commit().unwrap();
    let small = ContainerOptions { max_size: 1000, ..ContainerOptions::default() };
    let small = Container::open("test", small).unwrap();
    let tx = world.begin();
    let package = small.session(&tx, "s").unwrap().package("p").unwrap();
    package.set("k", &format!("{:?}", "x".repeat(2000))).unwrap();
    assert!(matches!(tx.commit(), Err(Error::TooLarge { .. })));
    assert_eq!(world.reports.take(), []);
    package.remove("k").unwrap();
    tx.commit().unwrap();
    assert_eq!(only_report(&world).ending, Ending::Done);
}
