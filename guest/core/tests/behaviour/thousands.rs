//! Transactions over a thousand sessions.

use crate::accounts::crash_after;
use crate::world::{World, container, owned};

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
    crash_after(&world, 1);
    assert!(write("2").is_err());
    world.recover();
    assert_eq!(world.stored("s0"), owned(&[("k", "1")]));
    let before = world.trips();
    write("3").unwrap();
    let (reads, writes) = world.trips_since(before);
    let trips = reads + writes;
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
    crash_after(&world, 2);
    write("2");
    world.recover();
    let before = world.trips();
    let tx = world.begin();
    for session in container().session_many(&tx, &ids).unwrap() {
        assert_eq!(session.package("p").unwrap().get("k").unwrap().as_deref(), Some("2"));
    }
    assert_eq!(world.trips_since(before), (2, 1));
}
