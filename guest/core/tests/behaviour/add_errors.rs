//! Adds that fail.

use lovely_session_core::{Error, MAX_COUNTER, Package};

use crate::adds::add_in;
use crate::world::{World, conflict_keys, owned, package, session};

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
