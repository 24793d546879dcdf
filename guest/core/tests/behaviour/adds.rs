//! Adding to counters: merged with whatever others do to them.

use lovely_session_core::{Error, Isolation, MAX_COUNTER, Package};

use crate::world::{Fault, Tx, World, conflict_keys, owned, package, session};

const ISOLATIONS: [Isolation; 3] = [Isolation::Serializable, Isolation::Snapshot, Isolation::LastWriterWins];

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

/// What becomes of the session `{a: 1}` when one transaction does `mine`, while another does and commits `theirs`.
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

fn add_in(tx: &Tx, id: &str, number: i64) {
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
    for isolation in ISOLATIONS {
        race(isolation, |p| p.add("a", 2).unwrap(), |p| p.add("a", 3).unwrap()).stores(&[("a", "6")]);
    }
}

#[test]
fn an_add_merges_with_what_others_write_as_if_it_came_later() {
    for isolation in ISOLATIONS {
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
fn who_reads_a_counter_conflicts_with_an_add_of_others() {
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
    for isolation in ISOLATIONS {
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
    for isolation in ISOLATIONS {
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
fn only_a_whole_number_can_be_added_to_and_a_refusal_changes_nothing() {
    for text in ["\"1\"", "null", "1.0", "1e3", "[1]", "9007199254740992", "-9007199254740992"] {
        let world = World::new();
        world.store("s", &[("a", text)]);
        let tx = world.begin();
        let data = package(&tx, "s");
        let refused = |data: &Package<World>, added| {
            let (package, key) = ("p".to_owned(), "a".to_owned());
            assert_eq!(data.add("a", added), Err(Error::NotACounter { package, key, held: None, added }));
        };
        refused(&data, 1);
        data.set("b", text).unwrap();
        assert!(data.add("b", 1).is_err());
        assert_eq!(data.entries().unwrap(), owned(&[("a", text), ("b", text)]));
        refused(&data, 0);
    }
}

#[test]
fn a_sum_beyond_the_numbers_of_json_is_refused_with_what_is_there() {
    let most = MAX_COUNTER.to_string();
    for (text, added) in
        [(&*most, 1), ("1", i64::MAX), ("-1", i64::MIN), ("-1", -MAX_COUNTER), ("0", MAX_COUNTER + 1)]
    {
        let world = World::new();
        world.store("s", &[("a", text)]);
        let tx = world.begin();
        let data = package(&tx, "s");
        let (package, key, held) = ("p".to_owned(), "a".to_owned(), Some(text.parse().unwrap()));
        assert_eq!(data.add("a", added), Err(Error::NotACounter { package, key, held, added }));
        assert_eq!(data.get("a").unwrap().as_deref(), Some(text));
        data.add("a", -text.parse::<i64>().unwrap()).unwrap();
        assert_eq!(data.get("a").unwrap().as_deref(), Some("0"));
    }
}

#[test]
fn an_add_refuses_names_and_transactions_as_every_write_does() {
    let world = World::new();
    let tx = world.begin();
    let data = package(&tx, "s");
    assert!(matches!(data.add("", 1), Err(Error::InvalidName { .. })));
    session(&tx, "s").destroy().unwrap();
    assert!(matches!(data.add("a", 1), Err(Error::Ended(_))));
    tx.abort().unwrap();
    assert_eq!(data.add("", 1), Err(Error::Finished));
}

#[test]
fn an_add_that_was_refused_depends_on_what_is_there() {
    let world = World::new();
    world.store("s", &[("a", "\"text\"")]);
    let tx = world.begin();
    let data = package(&tx, "s");
    assert!(data.add("a", 1).is_err());
    data.set("b", "1").unwrap();
    world.store("s", &[("a", "1")]);
    assert_eq!(conflict_keys(tx.commit()), [Some("a".to_owned())]);
}

#[test]
fn an_add_to_what_others_made_no_counter_conflicts_at_every_level() {
    let most: Step = |p| p.set("a", &MAX_COUNTER.to_string()).unwrap();
    for isolation in ISOLATIONS {
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
fn adds_that_cancel_out_write_nothing() {
    let world = World::new();
    world.store("s", &[("a", "1")]);
    let written = world.writes.get();
    let tx = world.begin();
    add_in(&tx, "s", 3);
    add_in(&tx, "s", -3);
    tx.commit().unwrap();
    assert_eq!(world.writes.get(), written);
}

#[test]
fn a_key_to_which_0_was_added_is_there() {
    let world = World::new();
    let tx = world.begin();
    add_in(&tx, "s", 0);
    assert_eq!(session(&tx, "s").packages().unwrap(), ["p"]);
    tx.commit().unwrap();
    assert_eq!(world.stored("s"), owned(&[("a", "0")]));
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

#[test]
fn a_rollback_takes_back_exactly_what_was_added_since() {
    let world = World::new();
    world.store("s", &[("a", "1")]);
    let tx = world.begin();
    let data = package(&tx, "s");
    let first = tx.savepoint().unwrap();
    data.add("a", 10).unwrap();
    let second = tx.savepoint().unwrap();
    data.add("a", 100).unwrap();
    data.set("a", "7").unwrap();
    data.add("a", 1000).unwrap();
    data.clear().unwrap();
    second.rollback().unwrap();
    assert_eq!(data.peek("a").unwrap().as_deref(), Some("11"));
    first.rollback().unwrap();
    assert_eq!(data.peek("a").unwrap().as_deref(), Some("1"));
    data.set("b", "1").unwrap();
    world.store("s", &[("a", "\"no counter\"")]);
    tx.commit().unwrap();
    assert_eq!(world.stored("s"), owned(&[("a", "\"no counter\""), ("b", "1")]));
}

#[test]
fn what_is_left_of_the_adds_after_a_rollback_merges() {
    let world = World::new();
    world.store("s", &[("a", "1")]);
    let tx = world.begin();
    add_in(&tx, "s", 10);
    let savepoint = tx.savepoint().unwrap();
    add_in(&tx, "s", 100);
    savepoint.rollback().unwrap();
    world.store("s", &[("a", "5")]);
    tx.commit().unwrap();
    assert_eq!(world.stored("s"), owned(&[("a", "15")]));
}

#[test]
fn a_session_that_is_destroyed_ends_whatever_becomes_of_a_counter() {
    let world = World::new();
    world.store("s", &[("a", "1")]);
    let tx = world.begin();
    add_in(&tx, "s", 1);
    session(&tx, "s").destroy().unwrap();
    world.store("s", &[("a", "\"no counter\"")]);
    tx.commit().unwrap();
    assert_eq!(world.stored_or_ended("s"), []);
}

#[test]
fn adds_follow_a_session_to_its_new_id() {
    let world = World::new();
    world.store("s", &[("a", "1")]);
    let tx = world.begin();
    let id = session(&tx, "s").renew_id(0).unwrap();
    package(&tx, &id).add("a", 10).unwrap();
    world.store("s", &[("a", "5")]);
    tx.commit().unwrap();
    assert_eq!(world.stored(&id), owned(&[("a", "15")]));
}

#[test]
fn adds_in_several_sessions_count_once_whoever_comes_between() {
    // Others add before the records are prepared, before the decision, and before what waits is settled.
    for batch in 0..3 {
        let world = World::new();
        for id in ["one", "two"] {
            world.store(id, &[("a", "1")]);
        }
        let tx = world.begin();
        add_in(&tx, "one", 10);
        add_in(&tx, "two", 10);
        for _ in 0..batch {
            world.before_write(|| {});
        }
        let others = std::rc::Rc::clone(&world);
        world.before_write(move || {
            for id in ["one", "two"] {
                let other = others.begin();
                add_in(&other, id, 100);
                other.commit().unwrap();
            }
        });
        let result = tx.commit();
        let sums = ["one", "two"].map(|id| world.stored(id)[0].1.clone());
        match result {
            Ok(()) => assert_eq!(sums, ["111", "111"], "batch {batch}"),
            Err(error) => {
                assert!(matches!(error, Error::Conflict(_)), "{error:?}");
                assert_eq!(sums, ["101", "101"], "batch {batch}");
            }
        }
    }
}

#[test]
fn an_add_counts_once_when_its_answer_is_lost() {
    for fault in [Fault::AnswerLost, Fault::RequestLost, Fault::Delayed] {
        for others in [0, 1, 3] {
            let world = World::new();
            world.store("s", &[("a", "1")]);
            let tx = world.begin();
            add_in(&tx, "s", 1);
            world.strike([fault]);
            let client = std::rc::Rc::clone(&world);
            world.before_read(move || {
                for _ in 0..others {
                    let other = client.begin();
                    add_in(&other, "s", 10);
                    other.commit().unwrap();
                }
            });
            tx.commit().unwrap();
            let sum = (2 + 10 * others).to_string();
            assert_eq!(world.stored("s"), owned(&[("a", &sum)]), "{others} others");
        }
    }
}

#[test]
fn a_merge_with_an_add_that_outgrows_the_limit_leaves_the_transaction_open() {
    let world = World::new();
    world.store("s", &[("a", "1")]);
    let tx = world.begin();
    add_in(&tx, "s", 1);
    world.store("s", &[("a", "5"), ("b", "1")]);
    world.limit.set(1);
    assert!(matches!(tx.commit(), Err(Error::TooLarge { .. })));
    assert_eq!(package(&tx, "s").peek("a").unwrap().as_deref(), Some("2"));
    world.limit.set(usize::MAX);
    tx.commit().unwrap();
    assert_eq!(world.stored("s"), owned(&[("a", "6"), ("b", "1")]));
}
