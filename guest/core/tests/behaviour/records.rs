//! Invalid records, invalid arguments and size limits.

use std::collections::BTreeMap;
use std::rc::Rc;

use lovely_session_core::{ContainerOptions, Error, NameKind};

use crate::world::{World, container, container_with, owned, package, session};

#[test]
fn a_record_that_is_none_is_an_error_and_never_an_empty_session() {
    let world = World::new();
    for bytes in [&b"garbage"[..], b"", b"{\"format\":2}\n", &[0xff; 100]] {
        world.put_raw("s", bytes);
        let tx = world.begin();
        assert!(matches!(container().session(&tx, "s"), Err(Error::Damaged { .. })), "{bytes:?}");
        assert!(matches!(container().resume(&tx, "s"), Err(Error::Damaged { .. })), "{bytes:?}");
        tx.commit().unwrap();
        assert_eq!(world.raw("s").as_deref(), Some(bytes));
    }
}

#[test]
fn a_record_of_a_later_format_is_an_error_of_its_own() {
    let world = World::new();
    world.put_raw("s", b"{\"format\":7,\"shape\":\"new\"}\n");
    let tx = world.begin();
    assert_eq!(container().session(&tx, "s").unwrap_err(), Error::UnknownFormat(7));
}

#[test]
fn a_damaged_package_fails_those_who_use_it_and_is_kept_by_the_others() {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let record = String::from_utf8(world.raw("s").unwrap()).unwrap();
    let damaged = record.replace("[\"p\",7]", "[\"p\",7],[\"x\",4]") + "{no}\n";
    world.put_raw("s", damaged.as_bytes());
    let tx = world.begin();
    let it = session(&tx, "s");
    assert!(matches!(it.package("x"), Err(Error::Damaged { .. })));
    assert!(matches!(it.remove_package("x"), Err(Error::Damaged { .. })));
    package(&tx, "s").set("k", "2").unwrap();
    tx.commit().unwrap();
    assert!(String::from_utf8(world.raw("s").unwrap()).unwrap().ends_with("{\"k\":2}\n{no}\n"));
}

#[test]
fn a_change_keeps_all_other_keys_of_a_package_whatever_its_order_spaces_and_escapes() {
    let documents = [
        r#"{"b":1,"c":[1,2],"d":{"x":1}}"#,
        r#" { "b" : 1 , "c":[1,2], "d" : {"x":1} } "#,
        r#"{"d":{"x":1},"c":[1,2],"b":1}"#,
        r#"{"\u0062":1,"c":[1,2],"\u0064":{"x":1}}"#,
        r#"{"\u0064":{"x":1}, "b":1,"c":[1,2]}"#,
    ];
    for document in documents {
        for key in ["a", "b", "bb", "c", "d", "e"] {
            for value in [Some("9"), None] {
                let mut expected = BTreeMap::from([("b", "1"), ("c", "[1,2]"), ("d", r#"{"x":1}"#)]);
                let world = world_with_package(document);
                let tx = world.begin();
                match value {
                    Some(value) => {
                        expected.insert(key, value);
                        package(&tx, "s").set(key, value).unwrap();
                    }
                    None => _ = (expected.remove(key), package(&tx, "s").remove(key).unwrap()),
                }
                tx.commit().unwrap();
                let expected: Vec<(&str, &str)> = expected.into_iter().collect();
                assert_eq!(world.stored("s"), owned(&expected), "{document} {key} {value:?}");
            }
        }
    }
}

/// A world with one session, whose package is this document.
fn world_with_package(document: &str) -> Rc<World> {
    let world = World::new();
    world.store("s", &[("k", "1")]);
    let record = String::from_utf8(world.raw("s").unwrap()).unwrap();
    let record = record.replace("[\"p\",7]", &format!("[\"p\",{}]", document.len()));
    world.put_raw("s", record.replace(r#"{"k":1}"#, document).as_bytes());
    world
}

#[test]
fn a_first_line_that_is_not_utf_8_is_damage_unless_its_format_is_unknown() {
    let world = World::new();
    for (line, expected) in
        [(&b"{\"format\":2,\"life\":\"\xff\"}\n"[..], None), (b"{\"format\":7,\xff}\n", Some(7))]
    {
        world.put_raw("s", line);
        let error = container().session(&world.begin(), "s").unwrap_err();
        match expected {
            Some(format) => assert_eq!(error, Error::UnknownFormat(format)),
            None => assert!(matches!(error, Error::Damaged { .. }), "{error}"),
        }
    }
}

#[test]
fn bad_names_and_bad_json_change_nothing() {
    let world = World::new();
    let tx = world.begin();
    let data = package(&tx, "s");
    let long = "x".repeat(10_000);
    for bad in ["", &long] {
        assert!(matches!(data.set(bad, "1"), Err(Error::InvalidName { kind: NameKind::Key, .. })));
        assert!(matches!(data.get(bad), Err(Error::InvalidName { kind: NameKind::Key, .. })));
        let session = session(&tx, "s");
        assert!(matches!(session.package(bad), Err(Error::InvalidName { kind: NameKind::Package, .. })));
        let refused = container().session(&tx, bad);
        assert!(matches!(refused, Err(Error::InvalidName { kind: NameKind::SessionId, .. })));
    }
    assert!(
        matches!(data.update(&[("a", "1"), ("b", "{")]), Err(Error::InvalidJson { key, .. }) if key == "b")
    );
    assert_eq!(data.len().unwrap(), 0);
    assert_eq!(container().joined(&tx).unwrap(), ["s"]);
}

#[test]
fn odd_but_legal_names_work() {
    let world = World::new();
    for name in [" ", "ключ", "a\nb", "\u{0}\u{1f}", "\"quoted\\\"", "🛒", "::%"] {
        let tx = world.begin();
        let data = session(&tx, name).package(name).unwrap();
        data.set(name, "[1]").unwrap();
        tx.commit().unwrap();
        let tx = world.begin();
        let data = session(&tx, name).package(name).unwrap();
        assert_eq!(data.get(name).unwrap().as_deref(), Some("[1]"), "{name:?}");
    }
}

#[test]
fn a_session_just_under_its_limit_is_stored_and_one_just_over_it_is_refused_with_everything_intact() {
    let world = World::new();
    let text = |length: usize| format!("\"{}\"", "x".repeat(length));
    world.store("s", &[("k", &text(2000))]);
    let limit = world.raw("s").unwrap().len() as u32;
    let container = container_with(ContainerOptions { max_size: limit, ..ContainerOptions::default() });

    let tx = world.begin();
    let data = container.session(&tx, "s").unwrap().package("p").unwrap();
    data.set("k", &text(2001)).unwrap();
    let (before, writes) = (world.raw("s"), world.writes.get());
    // The second commit of a session adds a second mark, which counts as well.
    let error = tx.commit().unwrap_err();
    assert!(
        matches!(error, Error::TooLarge { size, limit: found, .. } if size == u64::from(limit) + 18 && found == u64::from(limit)),
        "{error:?}"
    );
    assert_eq!((world.raw("s"), world.writes.get()), (before, writes), "nothing was sent");
    assert_eq!(data.get("k").unwrap(), Some(text(2001)), "nothing was lost");

    data.set("k", &text(2000 - 17)).unwrap();
    tx.commit().unwrap();
    assert_eq!(world.raw("s").unwrap().len() as u32, limit);
}

#[test]
fn a_limit_of_the_store_is_reported_and_leaves_the_transaction_open() {
    let world = World::new();
    let tx = world.begin();
    let (large, small) = (package(&tx, "large"), package(&tx, "small"));
    world.limit.set(400);
    large.set("k", &format!("\"{}\"", "x".repeat(500))).unwrap();
    small.set("k", "1").unwrap();
    let error = tx.commit().unwrap_err();
    assert!(
        matches!(&error, Error::TooLarge { session, limit: 400, .. } if session.session == "large"),
        "{error:?}"
    );
    assert_eq!(world.len(), 0);
    large.set("k", "2").unwrap();
    tx.commit().unwrap();
    assert_eq!(world.len(), 2);
}

#[test]
fn a_transaction_joins_a_thousand_sessions_and_no_more() {
    let world = World::new();
    let tx = world.begin();
    let ids: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert_eq!(container().session_many(&tx, &ids).unwrap().len(), 1000);
    assert_eq!(world.reads.get(), 1);
    assert_eq!(container().session(&tx, "one more").unwrap_err(), Error::TooManySessions(1000));
    assert_eq!(container().create(&tx).unwrap_err(), Error::TooManySessions(1000));
    assert!(container().session(&tx, "7").is_ok());
}

#[test]
fn one_session_requested_many_times_counts_once() {
    let world = World::new();
    let tx = world.begin();
    assert_eq!(container().session_many(&tx, &["s"; 1001]).unwrap().len(), 1001);
    assert_eq!(container().joined(&tx).unwrap(), ["s"]);
    assert_eq!(world.reads.get(), 1);
}
