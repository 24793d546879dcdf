//! How concurrent transactions affect each other at each isolation level.

use std::rc::Rc;

use lovely_session_core::{Error, Isolation, Package};

use crate::world::{Tx, World, conflict_keys, container, owned, package, session};

type Step = fn(&Package<World>);

/// The result of a race on the session `{a: 1, b: 1}`: one transaction does `mine`, and another one does and
/// commits `theirs` before it.
fn race(isolation: Isolation, mine: Step, theirs: Step) -> (Rc<World>, Result<(), Error>) {
    let world = World::new();
    world.store("s", &[("a", "1"), ("b", "1")]);
    let (first, second) = (world.begin_with(isolation), world.begin_with(isolation));
    mine(&package(&first, "s"));
    theirs(&package(&second, "s"));
    second.commit().unwrap();
    (world, first.commit())
}

fn increment(data: &Package<World>) {
    let value: u32 = data.get("a").unwrap().unwrap().parse().unwrap();
    data.set("a", &(value + 1).to_string()).unwrap();
}

#[test]
fn changes_of_different_keys_merge_at_every_level() {
    for isolation in [Isolation::Serializable, Isolation::Snapshot, Isolation::LastWriterWins] {
        let (world, result) = race(isolation, |p| p.set("a", "2").unwrap(), |p| p.set("b", "3").unwrap());
        result.unwrap();
        assert_eq!(world.stored("s"), owned(&[("a", "2"), ("b", "3")]), "{isolation:?}");
    }
}

#[test]
fn changes_of_the_same_key_conflict_unless_the_last_writer_wins() {
    for isolation in [Isolation::Serializable, Isolation::Snapshot] {
        let (world, result) = race(isolation, |p| p.set("a", "2").unwrap(), |p| p.set("a", "3").unwrap());
        assert_eq!(conflict_keys(result), [Some("a".to_owned())]);
        assert_eq!(world.stored("s"), owned(&[("a", "3"), ("b", "1")]));
    }
    let lww = Isolation::LastWriterWins;
    let (world, result) = race(lww, |p| p.set("a", "2").unwrap(), |p| p.set("a", "3").unwrap());
    result.unwrap();
    assert_eq!(world.stored("s"), owned(&[("a", "2"), ("b", "1")]));
}

#[test]
fn two_increments_never_become_one_though_both_write_the_same_value() {
    for isolation in [Isolation::Serializable, Isolation::Snapshot] {
        let (_, result) = race(isolation, increment, increment);
        assert_eq!(conflict_keys(result), [Some("a".to_owned())], "{isolation:?}");
    }
}

#[test]
fn writing_the_very_same_value_without_reading_is_no_conflict() {
    for isolation in [Isolation::Serializable, Isolation::Snapshot] {
        let (world, result) = race(isolation, |p| p.set("a", "9").unwrap(), |p| p.set("a", "9").unwrap());
        result.unwrap();
        assert_eq!(world.stored("s"), owned(&[("a", "9"), ("b", "1")]));
    }
}

#[test]
fn write_skew_conflicts_when_serializable_and_passes_in_a_snapshot() {
    let mine: Step = |p| {
        p.get("b").unwrap();
        p.set("a", "2").unwrap();
    };
    let theirs: Step = |p| {
        p.get("a").unwrap();
        p.set("b", "2").unwrap();
    };
    let (_, result) = race(Isolation::Serializable, mine, theirs);
    assert_eq!(conflict_keys(result), [Some("b".to_owned())]);
    let (world, result) = race(Isolation::Snapshot, mine, theirs);
    result.unwrap();
    assert_eq!(world.stored("s"), owned(&[("a", "2"), ("b", "2")]));
}

#[test]
fn reads_of_a_whole_package_conflict_with_a_new_key() {
    let reads: [Step; 4] = [
        |p| drop(p.keys().unwrap()),
        |p| drop(p.entries().unwrap()),
        |p| assert_eq!(p.len().unwrap(), 1),
        |p| assert!(!p.contains("c").unwrap()),
    ];
    for read in reads {
        let world = World::new();
        world.store("s", &[("a", "1")]);
        let tx = world.begin();
        let data = package(&tx, "s");
        read(&data);
        data.set("mine", "1").unwrap();
        world.store("s", &[("c", "1")]);
        assert_eq!(conflict_keys(tx.commit()), [Some("c".to_owned())]);
    }
}

#[test]
fn a_transaction_that_only_read_never_conflicts() {
    let (_, result) = race(Isolation::Serializable, |p| drop(p.entries().unwrap()), |p| p.clear().unwrap());
    result.unwrap();
}

#[test]
fn a_read_that_was_rolled_back_still_counts() {
    let world = World::new();
    world.store("s", &[("a", "1")]);
    let tx = world.begin();
    let data = package(&tx, "s");
    let savepoint = tx.savepoint().unwrap();
    data.get("a").unwrap();
    data.set("a", "5").unwrap();
    savepoint.rollback().unwrap();
    data.set("z", "1").unwrap();
    world.store("s", &[("a", "2")]);
    assert_eq!(conflict_keys(tx.commit()), [Some("a".to_owned())]);
}

#[test]
fn a_write_that_was_rolled_back_does_not_count() {
    let world = World::new();
    world.store("s", &[("a", "1")]);
    let tx = world.begin();
    let data = package(&tx, "s");
    let savepoint = tx.savepoint().unwrap();
    data.set("a", "5").unwrap();
    data.get("a").unwrap();
    savepoint.rollback().unwrap();
    data.set("z", "1").unwrap();
    world.store("s", &[("a", "2")]);
    tx.commit().unwrap();
    assert_eq!(world.stored("s"), owned(&[("a", "2"), ("z", "1")]));
}

#[test]
fn setting_what_is_there_already_is_a_write_all_the_same() {
    let (_, result) = race(
        Isolation::Serializable,
        |p| p.update(&[("a", "1"), ("c", "1")]).unwrap(),
        |p| p.set("a", "2").unwrap(),
    );
    assert_eq!(conflict_keys(result), [Some("a".to_owned())]);
}

#[test]
fn removal_and_clear_merge_as_what_they_are() {
    let (world, result) =
        race(Isolation::Snapshot, |p| p.set("c", "1").unwrap(), |p| assert!(p.remove("a").unwrap()));
    result.unwrap();
    assert_eq!(world.stored("s"), owned(&[("b", "1"), ("c", "1")]));

    let (_, result) = race(Isolation::Snapshot, |p| p.clear().unwrap(), |p| p.set("c", "1").unwrap());
    assert_eq!(conflict_keys(result), [Some("c".to_owned())], "a clear writes the whole package");

    let (world, result) = race(Isolation::Snapshot, |p| p.clear().unwrap(), |p| p.clear().unwrap());
    result.unwrap();
    assert_eq!(world.stored("s"), []);

    let lww = Isolation::LastWriterWins;
    let (world, result) = race(lww, |p| p.clear().unwrap(), |p| p.set("c", "1").unwrap());
    result.unwrap();
    assert_eq!(world.stored("s"), [], "the last writer cleared the package");
}

fn remove_package_while(theirs: &str) -> Result<(), Error> {
    let world = World::new();
    world.store("s", &[("a", "1")]);
    let tx = world.begin();
    session(&tx, "s").remove_package("p").unwrap();
    let other = world.begin();
    session(&other, "s").package(theirs).unwrap().set("k", "1").unwrap();
    other.commit().unwrap();
    tx.commit()
}

#[test]
fn removing_a_package_conflicts_with_changes_in_it_and_with_no_other() {
    assert_eq!(conflict_keys(remove_package_while("p")), [Some("k".to_owned())]);
    remove_package_while("q").unwrap();
}

#[test]
fn listing_the_packages_conflicts_with_a_new_one_and_not_with_a_new_key() {
    for (theirs, conflicts) in [("new", true), ("p", false)] {
        let world = World::new();
        world.store("s", &[("a", "1")]);
        let tx = world.begin();
        let it = session(&tx, "s");
        assert_eq!(it.packages().unwrap(), ["p"]);
        it.package("mine").unwrap().set("k", "1").unwrap();
        let other = world.begin();
        session(&other, "s").package(theirs).unwrap().set("k", "1").unwrap();
        other.commit().unwrap();
        assert_eq!(tx.commit().is_err(), conflicts, "{theirs}");
    }
}

#[test]
fn a_package_listed_as_empty_conflicts_with_a_new_key_in_it() {
    let world = World::new();
    world.store("s", &[("a", "1")]);
    let tx = world.begin();
    let it = session(&tx, "s");
    it.package("p").unwrap().remove("a").unwrap();
    assert_eq!(it.packages().unwrap(), [] as [&str; 0]);
    world.store("s", &[("b", "1")]);
    assert_eq!(conflict_keys(tx.commit()), [Some("b".to_owned())]);
}

#[test]
fn listing_the_packages_says_nothing_of_the_other_keys_of_a_package_that_was_written() {
    let world = World::new();
    world.store("s", &[("a", "1")]);
    let tx = world.begin();
    package(&tx, "s").set("b", "2").unwrap();
    assert_eq!(session(&tx, "s").packages().unwrap(), ["p"]);
    world.store("s", &[("c", "3")]);
    tx.commit().unwrap();
    assert_eq!(world.stored("s"), owned(&[("a", "1"), ("b", "2"), ("c", "3")]));
}

#[test]
fn packages_that_only_others_changed_are_copied_unread() {
    let world = World::new();
    world.store("s", &[("a", "1")]);
    let tx = world.begin();
    package(&tx, "s").set("a", "2").unwrap();
    let other = world.begin();
    session(&other, "s").package("q").unwrap().set("k", "1").unwrap();
    other.commit().unwrap();
    // If the package were parsed, the damage would be an error.
    let record = String::from_utf8(world.raw("s").unwrap()).unwrap();
    let damaged = record.replace("{\"k\":1}\n", "{\"k\":!}\n");
    assert_ne!(record, damaged);
    world.put_raw("s", damaged.as_bytes());
    tx.commit().unwrap();
    assert!(String::from_utf8(world.raw("s").unwrap()).unwrap().ends_with("{\"a\":2}\n{\"k\":!}\n"));
}

#[test]
fn sessions_begun_twice_merge_unless_it_mattered_that_they_are_new() {
    let begin = |asks: bool| {
        let world = World::new();
        let tx: Tx = world.begin();
        let it = container().session(&tx, "s").unwrap();
        if asks {
            assert!(it.is_new().unwrap());
        }
        it.package("p").unwrap().set("mine", "1").unwrap();
        world.store("s", &[("theirs", "2")]);
        (tx.commit(), world)
    };
    let (result, world) = begin(false);
    result.unwrap();
    assert_eq!(world.stored("s"), owned(&[("mine", "1"), ("theirs", "2")]));
    assert_eq!(conflict_keys(begin(true).0), [None]);
}

#[test]
fn in_a_snapshot_it_does_not_matter_that_a_session_or_a_package_was_new() {
    let world = World::new();
    let tx = world.begin_with(Isolation::Snapshot);
    let it = session(&tx, "s");
    assert!(it.is_new().unwrap());
    assert_eq!(it.packages().unwrap(), [] as [&str; 0]);
    it.package("mine").unwrap().set("k", "1").unwrap();
    world.store("s", &[("theirs", "2")]);
    tx.commit().unwrap();
    assert_eq!(session(&world.begin(), "s").packages().unwrap(), ["mine", "p"]);
}

#[test]
fn even_the_last_writer_does_not_bring_a_session_back() {
    let world = World::new();
    for id in ["ended", "gone"] {
        world.store(id, &[("k", "1")]);
    }
    let (late, later) =
        (world.begin_with(Isolation::LastWriterWins), world.begin_with(Isolation::LastWriterWins));
    package(&late, "ended").set("k", "2").unwrap();
    package(&later, "gone").set("k", "2").unwrap();
    let tx = world.begin();
    session(&tx, "ended").destroy().unwrap();
    tx.commit().unwrap();
    world.evict("gone");
    assert!(matches!(late.commit(), Err(Error::Ended(_))));
    assert!(matches!(later.commit(), Err(Error::Gone(_))));
}

#[test]
fn a_conflict_in_one_session_keeps_a_merge_in_another_from_being_written() {
    let world = World::new();
    for id in ["conflicts", "merges"] {
        world.store(id, &[("k", "1")]);
    }
    let tx = world.begin();
    package(&tx, "conflicts").set("k", "2").unwrap();
    package(&tx, "merges").set("mine", "2").unwrap();
    for id in ["conflicts", "merges"] {
        world.store(id, &[("k", "3")]);
    }
    assert_eq!(conflict_keys(tx.commit()), [Some("k".to_owned())]);
    assert_eq!(world.stored("merges"), owned(&[("k", "3")]));
}

#[test]
fn a_package_whose_writes_were_rolled_back_counts_as_left_alone() {
    let world = World::new();
    world.store("s", &[("a", "1")]);
    let write_q = |tx: &Tx, value: &str| session(tx, "s").package("q").unwrap().set("k", value).unwrap();
    let first = world.begin();
    write_q(&first, "1");
    first.commit().unwrap();

    let tx = world.begin();
    let savepoint = tx.savepoint().unwrap();
    write_q(&tx, "2");
    savepoint.rollback().unwrap();
    assert_eq!(session(&tx, "s").packages().unwrap(), ["p", "q"]);
    package(&tx, "s").set("a", "2").unwrap();
    let other = world.begin();
    write_q(&other, "3");
    other.commit().unwrap();
    tx.commit().unwrap();
}
