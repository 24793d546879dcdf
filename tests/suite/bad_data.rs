//! Invalid records in the store: a typed error, never a trap, and never an empty session.

use lovely_session_tests::app::{App, Container, Error, Tx};
use lovely_session_tests::world::World;

on_every_store!(
    bytes_that_are_not_a_record_are_damaged_and_not_overwritten,
    every_truncation_of_a_record_is_damaged,
    a_record_of_another_format_is_an_error_with_the_format,
    a_damaged_package_fails_where_it_is_used,
    damage_that_appears_before_the_commit_is_reported,
);

async fn begin(world: &World) -> (App, Container, Tx) {
    let mut app = world.app().await;
    let container = app.open("bad data").await;
    let tx = app.begin().await;
    (app, container, tx)
}

async fn store(world: &World) -> Vec<u8> {
    let (mut app, container, tx) = begin(world).await;
    let session = app.session(container, tx, "s").await.unwrap();
    for name in ["one", "two"] {
        let data = app.package(session, name).await.unwrap();
        app.set(data, "k", "[1]").await.unwrap();
    }
    app.commit(tx).await.unwrap();
    world.raw("bad data", "s").await.unwrap()
}

async fn assert_damaged(world: &World, bytes: &[u8]) {
    world.put_raw("bad data", "s", bytes).await;
    let (mut app, container, tx) = begin(world).await;
    let result = app.session(container, tx, "s").await;
    let Err(Error::Damaged(damage)) = result else { panic!("{bytes:?}: {result:?}") };
    assert_eq!((damage.session.session.as_str(), damage.reason.is_empty()), ("s", false));
    assert!(matches!(app.resume(container, tx, "s").await, Err(Error::Damaged(_))));
    app.commit(tx).await.unwrap();
    assert_eq!(world.raw("bad data", "s").await.as_deref(), Some(bytes), "it is left for inspection");
}

async fn bytes_that_are_not_a_record_are_damaged_and_not_overwritten(world: World) {
    let foreign: [&[u8]; 7] =
        [b"x", b"42", b"{}", b"{\"format\":2}\n", b"\x80\x04]\x94.", b"\n\n\n", &[0xff; 5000]];
    for bytes in foreign {
        assert_damaged(&world, bytes).await;
    }
    let mut longer = store_fresh(&world).await;
    longer.extend_from_slice(b"more");
    assert_damaged(&world, &longer).await;
}

async fn store_fresh(world: &World) -> Vec<u8> {
    world.evict("bad data", "s").await;
    store(world).await
}

async fn every_truncation_of_a_record_is_damaged(world: World) {
    let record = store(&world).await;
    for length in 1..record.len() {
        assert_damaged(&world, &record[..length]).await;
    }
}

async fn a_record_of_another_format_is_an_error_with_the_format(world: World) {
    for format in [1, 9] {
        let record = format!("{{\"format\":{format},\"whatever\":true}}\n");
        world.put_raw("bad data", "s", record.as_bytes()).await;
        let (mut app, container, tx) = begin(&world).await;
        let result = app.session(container, tx, "s").await;
        assert!(matches!(result, Err(Error::UnknownFormat(found)) if found == format), "{result:?}");
    }
}

async fn a_damaged_package_fails_where_it_is_used(world: World) {
    let record = String::from_utf8(store(&world).await).unwrap();
    let last = record.rfind("{\"k\":[1]}").unwrap();
    let damaged = format!("{}{{\"k\":[!]}}\n", &record[..last]);
    world.put_raw("bad data", "s", damaged.as_bytes()).await;
    let (mut app, container, tx) = begin(&world).await;
    let session = app.session(container, tx, "s").await.unwrap();
    assert!(matches!(app.package(session, "two").await, Err(Error::Damaged(_))));
    let one = app.package(session, "one").await.unwrap();
    assert_eq!(app.get(one, "k").await.unwrap().as_deref(), Some("[1]"));
    app.set(one, "k", "[2]").await.unwrap();
    app.commit(tx).await.unwrap();
    let after = String::from_utf8(world.raw("bad data", "s").await.unwrap()).unwrap();
    assert!(after.ends_with("{\"k\":[2]}\n{\"k\":[!]}\n"), "{after}");
}

async fn damage_that_appears_before_the_commit_is_reported(world: World) {
    store(&world).await;
    let (mut app, container, tx) = begin(&world).await;
    let session = app.session(container, tx, "s").await.unwrap();
    let data = app.package(session, "one").await.unwrap();
    app.set(data, "k", "[2]").await.unwrap();
    world.put_raw("bad data", "s", b"damage").await;
    assert!(matches!(app.commit(tx).await, Err(Error::Damaged(_))));
    assert_eq!(world.raw("bad data", "s").await.as_deref(), Some(&b"damage"[..]));
}
