//! Commits over several sessions: all or nothing, wherever they break off, and whoever meets them.

use std::rc::Rc;

use lovely_session_core::{ContainerOptions, Error, Isolation, Record};

use crate::world::{
    Fault, Tx, World, conflict_keys, container, container_with, key, owned, package, session,
};

/// A transaction that moves one from the session `a` to the session `b`.
pub fn transfer(world: &Rc<World>) -> Tx {
    let tx = world.begin();
    add(&tx, "a", -1);
    add(&tx, "b", 1);
    tx
}

pub fn add(tx: &Tx, id: &str, amount: i32) {
    let data = package(tx, id);
    let held: i32 = data.get("k").unwrap().map_or(0, |text| text.parse().unwrap());
    data.set("k", &(held + amount).to_string()).unwrap();
}

/// Two sessions that hold ten each.
pub fn accounts() -> Rc<World> {
    let world = World::new();
    for id in ["a", "b"] {
        world.store(id, &[("k", "10")]);
    }
    world
}

pub fn balances(world: &Rc<World>) -> [String; 2] {
    ["a", "b"].map(|id| world.stored(id).pop().map(|(_, value)| value).unwrap_or_default())
}

/// The sessions `a` and `b`, the one first in whose record a commit over both is decided.
pub fn roles() -> [&'static str; 2] {
    if key("a") < key("b") { ["a", "b"] } else { ["b", "a"] }
}

/// What a session holds after one transfer.
pub fn after_transfer(id: &str) -> &'static str {
    if id == "a" { "9" } else { "11" }
}

/// Lets a client die after so many of its next batches of writes: nothing that it sends arrives any more.
pub fn die_after(world: &Rc<World>, batches: usize) {
    for _ in 0..batches {
        world.before_write(|| ());
    }
    let dying = Rc::clone(world);
    world.before_write(move || dying.strike([Fault::Refused; 20]));
}

#[test]
fn wherever_a_client_dies_all_of_its_commit_is_there_or_nothing() {
    for (batches, done) in [(0, false), (1, false), (2, true), (3, true)] {
        let world = accounts();
        die_after(&world, batches);
        let result = transfer(&world).commit();
        world.recover();
        let expected = if done { ["9", "11"] } else { ["10", "10"] };
        assert_eq!(balances(&world), expected, "after {batches} batches");
        assert_eq!(result.is_ok(), done, "{result:?}");
        // Others get on, and see the same.
        transfer(&world).commit().unwrap();
        let expected = if done { ["8", "12"] } else { ["9", "11"] };
        assert_eq!(balances(&world), expected, "after {batches} batches");
    }
}

#[test]
fn wherever_an_answer_is_lost_the_commit_is_done_once() {
    for fault in [Fault::AnswerLost, Fault::RequestLost, Fault::Delayed] {
        for position in 0..3 {
            let world = accounts();
            let striking = Rc::clone(&world);
            for _ in 0..position {
                world.before_write(|| ());
            }
            world.before_write(move || striking.strike([fault]));
            transfer(&world).commit().unwrap();
            world.store("other", &[]);
            assert_eq!(balances(&world), ["9", "11"], "{fault:?} at {position}");
        }
    }
}

#[test]
fn a_commit_of_which_one_part_cannot_be_done_does_nothing() {
    type Case = (fn(&Rc<World>), fn(&Error) -> bool);
    let interludes: [Case; 3] = [
        (|world| world.evict("b"), |error| matches!(error, Error::Gone(names) if names[0].session == "b")),
        (
            |world| {
                let tx = world.begin();
                session(&tx, "b").destroy().unwrap();
                tx.commit().unwrap();
            },
            |error| matches!(error, Error::Ended(names) if names[0].session == "b"),
        ),
        (|world| world.store("b", &[("k", "5")]), |error| matches!(error, Error::Conflict(_))),
    ];
    for (interlude, expected) in interludes {
        let world = accounts();
        let tx = transfer(&world);
        interlude(&world);
        let error = tx.commit().unwrap_err();
        assert!(expected(&error), "{error:?}");
        assert_eq!(world.stored("a"), owned(&[("k", "10")]));
        // What was prepared was taken back: a write costs no more than ever.
        let (reads, writes) = (world.reads.get(), world.writes.get());
        world.store("a", &[("x", "1")]);
        assert_eq!((world.reads.get() - reads, world.writes.get() - writes), (1, 1));
    }
}

#[test]
fn a_reader_sees_what_was_there_before_the_decision_and_all_of_it_after() {
    for (batches, expected) in [(1, ["10", "10"]), (2, ["9", "11"])] {
        let world = accounts();
        for _ in 0..batches {
            world.before_write(|| ());
        }
        let reading = Rc::clone(&world);
        let seen = Rc::new(std::cell::RefCell::new(None));
        let see = Rc::clone(&seen);
        world.before_write(move || {
            let tx = reading.begin();
            let read = |id| package(&tx, id).get("k").unwrap().unwrap();
            *see.borrow_mut() = Some(["a", "b"].map(read));
            tx.commit().unwrap();
        });
        transfer(&world).commit().unwrap();
        assert_eq!(seen.take().unwrap(), expected, "before batch {batches}");
    }
}

#[test]
fn a_reader_of_two_moments_is_told_of_a_conflict_at_serializable_alone() {
    for (isolation, conflicts) in
        [(Isolation::Serializable, true), (Isolation::Snapshot, false), (Isolation::LastWriterWins, false)]
    {
        let world = accounts();
        let tx = world.begin_with(isolation);
        let before = package(&tx, "a").get("k").unwrap().unwrap();
        transfer(&world).commit().unwrap();
        let after = package(&tx, "b").get("k").unwrap().unwrap();
        assert_eq!((before.as_str(), after.as_str()), ("10", "11"));
        assert_eq!(matches!(tx.commit(), Err(Error::Conflict(_))), conflicts, "{isolation:?}");
    }
}

#[test]
fn write_skew_over_two_sessions_is_a_conflict_at_serializable_alone() {
    for (isolation, conflicts) in [(Isolation::Serializable, true), (Isolation::Snapshot, false)] {
        let world = accounts();
        let [first, second] = [("a", "b"), ("b", "a")].map(|(reads, writes)| {
            let tx = world.begin_with(isolation);
            package(&tx, reads).get("k").unwrap();
            package(&tx, writes).set("k", "0").unwrap();
            tx
        });
        first.commit().unwrap();
        assert_eq!(matches!(second.commit(), Err(Error::Conflict(_))), conflicts, "{isolation:?}");
    }
}

#[test]
fn a_key_that_changed_and_changed_back_is_no_conflict_for_who_only_read_it() {
    let world = accounts();
    let tx = world.begin();
    package(&tx, "a").get("k").unwrap();
    package(&tx, "b").set("k", "0").unwrap();
    world.store("a", &[("k", "11")]);
    world.store("a", &[("k", "10")]);
    tx.commit().unwrap();
}

#[test]
fn an_undecided_change_is_made_impossible_by_who_has_to_write_there() {
    let world = accounts();
    die_after(&world, 1);
    assert!(transfer(&world).commit().is_err());
    world.recover();
    let waiting = ["a", "b"].map(|id| String::from_utf8(world.raw(id).unwrap()).unwrap());
    assert_eq!(waiting.iter().filter(|record| record.contains("\"pending\"")).count(), 1);
    for id in ["a", "b"] {
        world.store(id, &[("k", "20")]);
        assert!(!String::from_utf8(world.raw(id).unwrap()).unwrap().contains("\"pending\""));
    }
    assert_eq!(balances(&world), ["20", "20"]);
}

#[test]
fn a_commit_that_is_slow_loses_to_who_made_it_impossible_and_runs_again_on_fresh_data() {
    let world = accounts();
    let tx = world.begin();
    for id in ["a", "b"] {
        package(&tx, id).set("mine", "1").unwrap();
    }
    world.before_write(|| ());
    let meddling = Rc::clone(&world);
    world.before_write(move || {
        for id in ["a", "b"] {
            meddling.store(id, &[("theirs", "2")]);
        }
    });
    tx.commit().unwrap();
    for id in ["a", "b"] {
        assert_eq!(world.stored(id), owned(&[("k", "10"), ("mine", "1"), ("theirs", "2")]), "{id}");
    }
}

#[test]
fn a_thousand_sessions_commit_together_though_their_client_died_before() {
    let world = World::new();
    let ids: Vec<String> = (0..1000).map(|number| format!("s{number}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let write = |value: &str| {
        let tx = world.begin();
        for session in container().session_many(&tx, &ids).unwrap() {
            session.package("p").unwrap().set("k", value).unwrap();
        }
        tx.commit()
    };
    write("1").unwrap();
    die_after(&world, 1);
    assert!(write("2").is_err());
    world.recover();
    assert_eq!(world.stored("s0"), owned(&[("k", "1")]));
    let (reads, writes) = (world.reads.get(), world.writes.get());
    write("3").unwrap();
    let trips = world.reads.get() - reads + world.writes.get() - writes;
    assert!(trips < 20, "{trips}");
    for id in ["s0", "s500", "s999"] {
        assert_eq!(world.stored(id), owned(&[("k", "3")]));
    }
}

#[test]
fn a_thousand_decided_changes_are_settled_by_their_reader_in_one_batch() {
    let world = World::new();
    let ids: Vec<String> = (0..1000).map(|number| format!("s{number}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let write = |value: &str| {
        let tx = world.begin();
        for session in container().session_many(&tx, &ids).unwrap() {
            session.package("p").unwrap().set("k", value).unwrap();
        }
        tx.commit().unwrap();
    };
    write("1");
    die_after(&world, 2);
    write("2");
    world.recover();
    let (reads, writes) = (world.reads.get(), world.writes.get());
    let tx = world.begin();
    for session in container().session_many(&tx, &ids).unwrap() {
        assert_eq!(session.package("p").unwrap().get("k").unwrap().as_deref(), Some("2"));
    }
    assert_eq!((world.reads.get() - reads, world.writes.get() - writes), (2, 1));
}

#[test]
fn decisions_are_forgotten_once_they_are_settled_and_not_before() {
    let world = accounts();
    let decisions = || {
        let records = ["a", "b"].map(|id| Record::decode(world.raw(id).unwrap()).unwrap());
        records.iter().map(|record| record.header().decisions().flatten().count()).sum::<usize>()
    };
    for round in 1..30 {
        // The other record is not settled: nothing but the decision says that it changed.
        if round % 2 == 0 {
            die_after(&world, 2 + usize::from(decisions() == 8));
        }
        transfer(&world).commit().unwrap();
        world.recover();
        assert!((1..=8).contains(&decisions()), "{round}");
    }
    assert_eq!(balances(&world), ["-19", "39"]);
}

#[test]
fn a_decision_outlives_the_session_that_took_it() {
    let world = accounts();
    die_after(&world, 2);
    let tx = world.begin();
    session(&tx, "a").destroy().unwrap();
    add(&tx, "b", 1);
    tx.commit().unwrap();
    world.recover();
    // The tombstone is remembered for a minute, and what it decided may wait for an hour.
    world.pass(3500);
    assert_eq!(world.stored("b"), owned(&[("k", "11")]));
    assert!(container().resume(&world.begin(), "a").unwrap().is_none());
}

#[test]
fn what_was_decided_is_settled_by_who_sees_it() {
    let world = accounts();
    die_after(&world, 2);
    transfer(&world).commit().unwrap();
    world.recover();
    assert_eq!(balances(&world), ["9", "11"]);
    for id in ["a", "b"] {
        assert!(!String::from_utf8(world.raw(id).unwrap()).unwrap().contains("\"pending\""), "{id}");
    }
}

#[test]
fn sizes_are_checked_with_what_is_pending_before_anything_is_sent() {
    let world = World::new();
    let narrow = container_with(ContainerOptions { max_size: 1200, ..ContainerOptions::default() });
    for id in ["a", "b"] {
        world.store(id, &[("k", &format!("\"{}\"", "x".repeat(600)))]);
    }
    let writes = world.writes.get();
    let tx = world.begin();
    let data = ["a", "b"].map(|id| narrow.session(&tx, id).unwrap().package("p").unwrap());
    // Either record has room for its new content, and one of them not for both.
    for data in &data {
        data.set("k", &format!("\"{}\"", "y".repeat(600))).unwrap();
    }
    let error = tx.commit().unwrap_err();
    assert!(matches!(error, Error::TooLarge { limit: 1200, .. }), "{error:?}");
    assert_eq!(world.writes.get(), writes);
    // The transaction is still open, as it was.
    data.iter().for_each(|data| data.set("k", "1").unwrap());
    tx.commit().unwrap();
    assert_eq!(balances(&world), ["1", "1"]);
}

#[test]
fn a_record_that_outgrew_its_limit_after_a_lost_race_leaves_the_transaction_open_as_it_was() {
    let world = World::new();
    let narrow = container_with(ContainerOptions { max_size: 900, ..ContainerOptions::default() });
    world.store("s", &[("k", "1")]);
    let tx = world.begin_with(Isolation::Snapshot);
    let data = narrow.session(&tx, "s").unwrap().package("p").unwrap();
    data.set("mine", &format!("\"{}\"", "x".repeat(400))).unwrap();
    world.store("s", &[("theirs", &format!("\"{}\"", "y".repeat(400)))]);
    assert!(matches!(tx.commit(), Err(Error::TooLarge { .. })));
    assert_eq!(data.get("theirs").unwrap(), None, "what others commit does not move under it");
    data.set("mine", "2").unwrap();
    tx.commit().unwrap();
    assert_eq!(world.stored("s").len(), 3);
}

#[test]
fn an_eviction_of_the_record_that_decides_loses_the_change_as_a_whole_if_nobody_saw_it() {
    let world = accounts();
    die_after(&world, 2);
    transfer(&world).commit().unwrap();
    world.recover();
    let decided = ["a", "b"]
        .into_iter()
        .find(|id| !String::from_utf8(world.raw(id).unwrap()).unwrap().contains("\"pending\""));
    let decided = decided.unwrap();
    world.evict(decided);
    let other = if decided == "a" { "b" } else { "a" };
    assert_eq!(world.stored(other), owned(&[("k", "10")]));
}

/// Lets a session have a change that waits for a record.
fn waiting_for(world: &Rc<World>, id: &str, primary: &str) {
    let record = String::from_utf8(world.raw(id).unwrap()).unwrap();
    let pending = format!(
        "\"pending\":{{\"mark\":\"00000000000000ff\",\"primary\":\"{primary}\",\"expects\":\"01\",\
         \"since\":1700000000,\"effect\":\"change\",\"packages\":[[\"p\",7]],\"removed\":[]}},\"packages\""
    );
    let record = record.replacen("\"packages\"", &pending, 1) + "{\"k\":7}\n";
    world.put_raw(id, record.as_bytes());
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
    let short = lovely_session_core::Container::open(
        "a-short",
        ContainerOptions { timeout: 60, ..ContainerOptions::default() },
    )
    .unwrap();
    let write = |value: &str| {
        let tx = world.begin();
        for container in [&short, &container()] {
            container.session(&tx, "s").unwrap().package("p").unwrap().set("k", value).unwrap();
        }
        tx.commit().unwrap();
    };
    write("1");
    die_after(&world, 2);
    write("2");
    world.recover();
    // The session of the first container is gone by then, and cannot be asked any more.
    world.pass(100);
    assert_eq!(world.stored("s"), owned(&[("k", "2")]));
}

#[test]
fn a_conflict_names_the_keys_of_sessions_that_were_only_read() {
    let world = accounts();
    let tx = world.begin();
    package(&tx, "a").get("k").unwrap();
    package(&tx, "b").set("x", "1").unwrap();
    world.store("a", &[("k", "11")]);
    assert_eq!(conflict_keys(tx.commit()), [Some("k".to_owned())]);
    assert_eq!(world.stored("b"), owned(&[("k", "10")]));
}
