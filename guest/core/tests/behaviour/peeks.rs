//! Peeks: reads that are only displayed.

use lovely_session_core::{Error, Isolation, Package, Session};

use crate::world::{LEVELS, World, conflict_keys, owned, package, session};

type Step = fn(&Package<World>);

/// The result of a race on the session `{a: 1, b: 1}`: one transaction does `mine`, and another one stores
/// `theirs` before it commits.
fn race(isolation: Isolation, mine: impl FnOnce(&Package<World>), theirs: &[(&str, &str)]) -> Outcome {
    let world = World::new();
    world.store("s", &[("a", "1"), ("b", "1")]);
    let tx = world.begin_with(isolation);
    mine(&package(&tx, "s"));
    world.store("s", theirs);
    let result = tx.commit();
    Outcome { result, stored: world.stored("s") }
}

struct Outcome {
    result: Result<(), Error>,
    stored: Vec<(String, String)>,
}

#[test]
fn a_peek_shows_what_was_loaded_with_the_own_changes_on_top() {
    let world = World::new();
    world.store("s", &[("a", "1"), ("b", "1"), ("c", "[2]")]);
    let tx = world.begin();
    let data = package(&tx, "s");
    data.set("a", "2").unwrap();
    data.remove("b").unwrap();
    data.add("d", 4).unwrap();
    world.store("s", &[("c", "[3]")]);
    let peeked = ["a", "b", "c", "d", "e"].map(|key| data.peek(key).unwrap());
    assert_eq!(peeked.each_ref().map(Option::as_deref), [Some("2"), None, Some("[2]"), Some("4"), None]);
    assert_eq!(data.peek_entries().unwrap(), owned(&[("a", "2"), ("c", "[2]"), ("d", "4")]));
}

#[test]
fn what_was_only_peeked_may_be_changed_by_others() {
    let peeks: [Step; 3] =
        [|p| drop(p.peek("a").unwrap()), |p| drop(p.peek("c").unwrap()), |p| drop(p.peek_entries().unwrap())];
    for (isolation, peek) in LEVELS.into_iter().flat_map(|it| peeks.map(|peek| (it, peek))) {
        let mine = |p: &Package<World>| {
            peek(p);
            p.set("mine", "1").unwrap();
        };
        let outcome = race(isolation, mine, &[("a", "2"), ("c", "3")]);
        outcome.result.unwrap();
        assert_eq!(outcome.stored, owned(&[("a", "2"), ("b", "1"), ("c", "3"), ("mine", "1")]));
    }
}

#[test]
fn what_was_peeked_and_is_then_written_conflicts_as_if_it_had_been_read() {
    let peeks: [Step; 2] = [|p| drop(p.peek("a").unwrap()), |p| drop(p.peek_entries().unwrap())];
    // None of these conflicts with a key that others set to 9, unless it depends on the key.
    let writes: [Step; 3] = [
        |p| p.set("a", "9").unwrap(),
        |p| p.update(&[("mine", "1"), ("a", "9")]).unwrap(),
        |p| p.add("a", 8).unwrap(),
    ];
    for isolation in [Isolation::Serializable, Isolation::Snapshot] {
        for write in writes {
            race(isolation, write, &[("a", "9")]).result.unwrap();
            for peek in peeks {
                let mine = |p: &Package<World>| {
                    peek(p);
                    write(p);
                };
                let outcome = race(isolation, mine, &[("a", "9")]);
                assert_eq!(conflict_keys(outcome.result), [Some("a".to_owned())]);
                assert_eq!(outcome.stored, owned(&[("a", "9"), ("b", "1")]));
            }
        }
    }
}

/// The result of a transaction that peeks at a package, empties it and sets a key of another package, when
/// another transaction removes a key of the first one.
fn empties(peek: Step, empty: fn(&Session<World>)) -> Result<(), Error> {
    let world = World::new();
    world.store("s", &[("a", "1"), ("b", "1")]);
    let tx = world.begin_with(Isolation::Snapshot);
    peek(&package(&tx, "s"));
    empty(&session(&tx, "s"));
    session(&tx, "s").package("other").unwrap().set("k", "1").unwrap();
    let other = world.begin();
    package(&other, "s").remove("a").unwrap();
    other.commit().unwrap();
    tx.commit()
}

#[test]
fn what_was_peeked_and_is_then_cleared_conflicts_as_if_it_had_been_read() {
    let clear = |it: &Session<World>| it.package("p").unwrap().clear().unwrap();
    empties(|_| {}, clear).unwrap();
    empties(|p| drop(p.peek("b").unwrap()), clear).unwrap();
    let peeks: [Step; 2] = [|p| drop(p.peek("a").unwrap()), |p| drop(p.peek_entries().unwrap())];
    for peek in peeks {
        assert_eq!(conflict_keys(empties(peek, clear)), [Some("a".to_owned())]);
    }
}

#[test]
fn an_increment_of_what_was_peeked_is_never_lost() {
    for isolation in [Isolation::Serializable, Isolation::Snapshot] {
        let increment = |p: &Package<World>| {
            let value: u32 = p.peek("a").unwrap().unwrap().parse().unwrap();
            p.set("a", &(value + 1).to_string()).unwrap();
        };
        let outcome = race(isolation, increment, &[("a", "2")]);
        assert_eq!(conflict_keys(outcome.result), [Some("a".to_owned())]);
    }
}

#[test]
fn a_key_that_was_seen_to_be_absent_and_is_then_set_counts_as_read() {
    let peeks: [Step; 2] = [|p| drop(p.peek("c").unwrap()), |p| drop(p.peek_entries().unwrap())];
    for peek in peeks {
        let mine = |p: &Package<World>| {
            peek(p);
            p.set("c", "1").unwrap();
        };
        let outcome = race(Isolation::Serializable, mine, &[("c", "1")]);
        assert_eq!(conflict_keys(outcome.result), [Some("c".to_owned())]);
    }
}

#[test]
fn a_write_after_a_peek_of_everything_depends_on_its_own_key_alone() {
    let mine = |p: &Package<World>| {
        p.peek_entries().unwrap();
        p.set("a", "2").unwrap();
    };
    let outcome = race(Isolation::Serializable, mine, &[("b", "2"), ("c", "3")]);
    outcome.result.unwrap();
    assert_eq!(outcome.stored, owned(&[("a", "2"), ("b", "2"), ("c", "3")]));
}

#[test]
fn a_peek_at_what_the_transaction_wrote_itself_depends_on_nothing() {
    let mine = |p: &Package<World>| {
        p.set("a", "8").unwrap();
        p.peek("a").unwrap();
        p.set("a", "9").unwrap();
        p.peek_entries().unwrap();
    };
    race(Isolation::Serializable, mine, &[("a", "9")]).result.unwrap();
}

#[test]
fn a_peek_in_one_package_says_nothing_of_the_same_key_in_another() {
    let world = World::new();
    world.store("s", &[("a", "1")]);
    let tx = world.begin();
    session(&tx, "s").package("other").unwrap().peek("a").unwrap();
    package(&tx, "s").set("a", "2").unwrap();
    world.store("s", &[("a", "2")]);
    tx.commit().unwrap();
}

#[test]
fn a_peek_that_decided_a_write_counts_even_if_the_write_was_rolled_back() {
    let world = World::new();
    world.store("s", &[("a", "1")]);
    let tx = world.begin();
    let data = package(&tx, "s");
    let savepoint = tx.savepoint().unwrap();
    data.peek("a").unwrap();
    data.set("a", "5").unwrap();
    savepoint.rollback().unwrap();
    data.set("z", "1").unwrap();
    world.store("s", &[("a", "2")]);
    assert_eq!(conflict_keys(tx.commit()), [Some("a".to_owned())]);
}

#[test]
fn a_peek_before_a_savepoint_counts_when_the_key_is_written_after_the_rollback() {
    let world = World::new();
    world.store("s", &[("a", "1")]);
    let tx = world.begin();
    let data = package(&tx, "s");
    let savepoint = tx.savepoint().unwrap();
    data.peek("a").unwrap();
    savepoint.rollback().unwrap();
    data.set("a", "2").unwrap();
    world.store("s", &[("a", "2")]);
    assert_eq!(conflict_keys(tx.commit()), [Some("a".to_owned())]);
}

#[test]
fn the_last_writer_wins_over_what_it_peeked() {
    let mine = |p: &Package<World>| {
        p.peek("a").unwrap();
        p.set("a", "5").unwrap();
    };
    let outcome = race(Isolation::LastWriterWins, mine, &[("a", "2")]);
    outcome.result.unwrap();
    assert_eq!(outcome.stored, owned(&[("a", "5"), ("b", "1")]));
}

#[test]
fn a_session_that_was_only_peeked_at_may_change_and_must_not_end_when_another_is_written() {
    let commit = |theirs: fn(&Session<World>)| {
        let world = World::new();
        for id in ["shown", "written"] {
            world.store(id, &[("a", "1")]);
        }
        let tx = world.begin();
        package(&tx, "shown").peek_entries().unwrap();
        package(&tx, "written").set("a", "2").unwrap();
        let other = world.begin();
        theirs(&session(&other, "shown"));
        other.commit().unwrap();
        tx.commit()
    };
    commit(|it| it.package("p").unwrap().set("a", "2").unwrap()).unwrap();
    assert_eq!(conflict_keys(commit(|it| it.destroy().unwrap())), [None]);
}
