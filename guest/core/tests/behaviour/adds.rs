//! Adds to counters, and how they merge with the changes of other transactions.

use lovely_session_core::{Error, Isolation, MAX_COUNTER, Package};

use crate::world::{LEVELS, Tx, World, conflict_keys, owned, package, session};

type Step = fn(&Package<World>);

struct Outcome {
    result: Result<(), Error>,
    stored: Vec<(String, String)>,
}

impl Outcome {
    #[track_caller]
    fn conflicts_in_a(self) {
        assert_eq!(conflict_keys(self.result), [Some("a".to_owned())]);
    }

    #[track_caller]
    fn stores(self, entries: &[(&str, &str)]) {
        self.result.unwrap();
        assert_eq!(self.stored, owned(entries));
    }
}

/// The result of a race on the session `{a: 1}`: one transaction does `mine`, and another one does and
/// commits `theirs` before it.
fn race(isolation: Isolation, mine: Step, theirs: Step) -> Outcome {
    let world = World::new();
    world.store("s", &[("a", "1")]);
    let (tx, other) = (world.begin_with(isolation), world.begin());
    mine(&package(&tx, "s"));
    theirs(&package(&other, "s"));
    other.commit().unwrap();
    let result = tx.commit();
    Outcome { result, stored: world.stored("s") }
}

pub fn add_in(tx: &Tx, id: &str, number: i64) {
    package(tx, id).add("a", number).unwrap();
}

#[test]
fn an_add_shows_the_sum() {
    let world = World::new();
    world.store("s", &[("a", "1"), ("b", "-3")]);
    let tx = world.begin();
    let data = package(&tx, "s");
    data.add("a", 5).unwrap();
    data.add("a", -2).unwrap();
    data.add("b", 1).unwrap();
    data.add("c", -7).unwrap();
    let sums = owned(&[("a", "4"), ("b", "-2"), ("c", "-7")]);
    assert_eq!((data.entries().unwrap(), data.len().unwrap()), (sums.clone(), 3));
    assert_eq!(data.get("a").unwrap().as_deref(), Some("4"));
    assert!(data.contains("c").unwrap());
    tx.commit().unwrap();
    assert_eq!(world.stored("s"), sums);
}

#[test]
fn adds_at_the_same_time_all_count_at_every_level() {
    for isolation in LEVELS {
        race(isolation, |p| p.add("a", 2).unwrap(), |p| p.add("a", 3).unwrap()).stores(&[("a", "6")]);
    }
}

#[test]
fn an_add_merges_with_what_others_write_as_if_it_came_later() {
    for isolation in LEVELS {
        let add: Step = |p| p.add("a", 2).unwrap();
        race(isolation, add, |p| p.set("a", "10").unwrap()).stores(&[("a", "12")]);
        race(isolation, add, |p| assert!(p.remove("a").unwrap())).stores(&[("a", "2")]);
        race(isolation, add, |p| p.clear().unwrap()).stores(&[("a", "2")]);
        let replaces: Step = |p| {
            p.clear().unwrap();
            p.set("b", "1").unwrap();
        };
        race(isolation, add, replaces).stores(&[("a", "2"), ("b", "1")]);
    }
}

#[test]
fn a_set_conflicts_with_an_add_of_others() {
    for isolation in [Isolation::Serializable, Isolation::Snapshot] {
        race(isolation, |p| p.set("a", "9").unwrap(), |p| p.add("a", 1).unwrap()).conflicts_in_a();
    }
    race(Isolation::LastWriterWins, |p| p.set("a", "9").unwrap(), |p| p.add("a", 1).unwrap())
        .stores(&[("a", "9")]);
}

#[test]
fn reading_a_counter_conflicts_with_an_add_of_others() {
    let reads: [Step; 4] = [
        |p| drop(p.get("a").unwrap()),
        |p| assert!(p.contains("a").unwrap()),
        |p| drop(p.entries().unwrap()),
        |p| assert_eq!(p.len().unwrap(), 1),
    ];
    for read in reads {
        let world = World::new();
        world.store("s", &[("a", "1")]);
        let tx = world.begin();
        read(&package(&tx, "s"));
        package(&tx, "s").set("b", "1").unwrap();
        let other = world.begin();
        add_in(&other, "s", 1);
        other.commit().unwrap();
        assert_eq!(conflict_keys(tx.commit()), [Some("a".to_owned())]);
    }
}

#[test]
fn a_read_of_the_key_before_or_after_an_add_depends_on_it() {
    let before: Step = |p| {
        p.get("a").unwrap();
        p.add("a", 1).unwrap();
    };
    let after: Step = |p| {
        p.add("a", 1).unwrap();
        assert_eq!(p.get("a").unwrap().as_deref(), Some("2"));
    };
    for isolation in [Isolation::Serializable, Isolation::Snapshot] {
        for mine in [before, after] {
            race(isolation, mine, |p| p.add("a", 1).unwrap()).conflicts_in_a();
        }
    }
    for mine in [before, after] {
        race(Isolation::LastWriterWins, mine, |p| p.add("a", 1).unwrap()).stores(&[("a", "3")]);
    }
}

#[test]
fn a_peek_after_an_add_shows_the_sum_and_depends_on_nothing() {
    for isolation in LEVELS {
        let mine: Step = |p| {
            p.add("a", 2).unwrap();
            assert_eq!(p.peek("a").unwrap().as_deref(), Some("3"));
            assert_eq!(p.peek_entries().unwrap(), owned(&[("a", "3")]));
        };
        race(isolation, mine, |p| p.add("a", 3).unwrap()).stores(&[("a", "6")]);
    }
}

#[test]
fn an_add_after_a_peek_at_the_sum_depends_on_it() {
    let mine: Step = |p| {
        p.add("a", 2).unwrap();
        p.peek("a").unwrap();
        p.add("a", 1).unwrap();
    };
    race(Isolation::Serializable, mine, |p| p.add("a", 3).unwrap()).conflicts_in_a();
}

#[test]
fn two_that_begin_a_session_with_adds_count_together() {
    for isolation in LEVELS {
        let world = World::new();
        let (first, second) = (world.begin_with(isolation), world.begin_with(isolation));
        add_in(&first, "s", 2);
        add_in(&second, "s", 3);
        second.commit().unwrap();
        first.commit().unwrap();
        assert_eq!(world.stored("s"), owned(&[("a", "5")]));
    }
}

#[test]
fn an_add_to_what_others_made_no_counter_conflicts_at_every_level() {
    let most: Step = |p| p.set("a", &MAX_COUNTER.to_string()).unwrap();
    for isolation in LEVELS {
        let add: Step = |p| p.add("a", 1).unwrap();
        race(isolation, add, |p| p.set("a", "\"text\"").unwrap()).conflicts_in_a();
        race(isolation, add, most).conflicts_in_a();
        race(isolation, |p| p.add("a", -1).unwrap(), most).stores(&[("a", "9007199254740990")]);
    }
}

#[test]
fn an_add_after_an_own_write_changes_what_is_written() {
    let set: Step = |p| {
        p.set("a", "5").unwrap();
        p.add("a", 1).unwrap();
    };
    race(Isolation::Serializable, set, |_| {}).stores(&[("a", "6")]);
    race(Isolation::Serializable, set, |p| p.set("a", "6").unwrap()).stores(&[("a", "6")]);
    race(Isolation::Serializable, set, |p| p.add("a", 1).unwrap()).conflicts_in_a();
    let empty: Step = |p| {
        p.clear().unwrap();
        p.add("a", 2).unwrap();
    };
    race(Isolation::Serializable, empty, |_| {}).stores(&[("a", "2")]);
    race(Isolation::Serializable, empty, |p| p.add("a", 1).unwrap()).stores(&[("a", "2")]);
    race(Isolation::Serializable, empty, |p| p.add("a", 3).unwrap()).conflicts_in_a();
    let remove: Step = |p| {
        p.remove("a").unwrap();
        p.add("a", 2).unwrap();
    };
    race(Isolation::LastWriterWins, remove, |p| p.add("a", 3).unwrap()).stores(&[("a", "2")]);
}

#[test]
fn a_write_after_an_add_replaces_it() {
    let set: Step = |p| {
        p.add("a", 1).unwrap();
        p.set("a", "9").unwrap();
    };
    race(Isolation::Serializable, set, |p| p.set("a", "9").unwrap()).stores(&[("a", "9")]);
    race(Isolation::LastWriterWins, set, |p| p.add("a", 1).unwrap()).stores(&[("a", "9")]);
    let clear: Step = |p| {
        p.add("a", 1).unwrap();
        p.add("b", 1).unwrap();
        p.clear().unwrap();
    };
    race(Isolation::LastWriterWins, clear, |p| p.add("a", 1).unwrap()).stores(&[]);
    let remove: Step = |p| {
        p.add("a", 1).unwrap();
        assert!(p.remove("a").unwrap());
    };
    race(Isolation::LastWriterWins, remove, |p| p.add("a", 1).unwrap()).stores(&[]);
}

#[test]
fn listing_the_packages_says_nothing_of_the_other_keys_of_a_package_that_was_added_to() {
    let world = World::new();
    world.store("s", &[("a", "1")]);
    let tx = world.begin();
    add_in(&tx, "s", 1);
    assert_eq!(session(&tx, "s").packages().unwrap(), ["p"]);
    world.store("s", &[("b", "1")]);
    tx.commit().unwrap();
    assert_eq!(world.stored("s"), owned(&[("a", "2"), ("b", "1")]));
}

#[test]
fn adding_0_leaves_what_others_write() {
    let both: Step = |p| {
        p.add("a", 0).unwrap();
        p.set("b", "1").unwrap();
    };
    race(Isolation::Serializable, both, |p| p.add("a", 4).unwrap()).stores(&[("a", "5"), ("b", "1")]);
}
