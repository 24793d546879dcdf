//! The size of a session: a session within the limit is stored, and a larger one is refused without any change.

use lovely_session_tests::app::{App, Container, ContainerOptions, DEFAULTS, Error, Tx};
use lovely_session_tests::world::World;

on_every_store!(
    a_session_just_under_the_limit_is_stored,
    a_session_just_over_the_limit_is_refused_without_any_change,
    a_session_over_the_limit_of_the_store_is_refused_without_any_change,
);

/// A JSON text of this length.
fn text(length: usize) -> String {
    format!("\"{}\"", "x".repeat(length - 2))
}

async fn begin(world: &World, max_size: u32) -> (App, Container, Tx) {
    let mut app = world.app().await;
    let options = ContainerOptions { max_size: Some(max_size), ..DEFAULTS };
    let container = app.open_with("sizes", options).await.unwrap();
    let tx = app.begin().await;
    (app, container, tx)
}

/// Stores a session with the default limit. Returns the bytes of its record without the text.
async fn store(world: &World, length: usize) -> usize {
    let (mut app, container, tx) = begin(world, 1_000_000).await;
    let session = app.session(container, tx, "s").await.unwrap();
    let data = app.package(session, "p").await.unwrap();
    app.set(data, "k", &text(length)).await.unwrap();
    app.commit(tx).await.unwrap();
    world.raw("sizes", "s").await.unwrap().len() - length
}

async fn a_session_just_under_the_limit_is_stored(world: World) {
    let around = store(&world, 900_000).await;
    world.evict("sizes", "s").await;
    store(&world, 1_000_000 - around).await;
    assert_eq!(world.raw("sizes", "s").await.unwrap().len(), 1_000_000);
}

async fn a_session_just_over_the_limit_is_refused_without_any_change(world: World) {
    let around = store(&world, 900_000).await;
    let before = world.raw("sizes", "s").await;
    let trips = world.round_trips();
    let (mut app, container, tx) = begin(&world, 1_000_000).await;
    let session = app.session(container, tx, "s").await.unwrap();
    let data = app.package(session, "p").await.unwrap();
    // A second commit adds a mark of 17 bytes.
    let over = text(1_000_001 - around - 17);
    app.set(data, "k", &over).await.unwrap();
    let Err(Error::TooLarge(refused)) = app.commit(tx).await else { panic!("it must be refused") };
    assert_eq!((refused.size, refused.limit), (1_000_001, 1_000_000));
    assert_eq!((refused.session.container.as_str(), refused.session.session.as_str()), ("sizes", "s"));
    assert_eq!(world.round_trips(), (trips.0 + 1, trips.1), "nothing was sent after the load");
    assert_eq!(app.get(data, "k").await.unwrap(), Some(over), "the session is as it was");
    assert_eq!(world.raw("sizes", "s").await, before, "the store is as it was");

    app.set(data, "k", &text(1_000_000 - around - 17)).await.unwrap();
    app.commit(tx).await.unwrap();
    assert_eq!(world.raw("sizes", "s").await.unwrap().len(), 1_000_000);
}

async fn a_session_over_the_limit_of_the_store_is_refused_without_any_change(world: World) {
    store(&world, 1000).await;
    let before = world.raw("sizes", "s").await;
    let (mut app, container, tx) = begin(&world, u32::MAX).await;
    let sessions = app.session_many(container, tx, &["s", "small"]).await.unwrap();
    let large = app.package(sessions[0], "p").await.unwrap();
    let small = app.package(sessions[1], "p").await.unwrap();
    app.set(large, "k", &text(1 << 20)).await.unwrap();
    app.set(small, "k", "1").await.unwrap();
    let Err(Error::TooLarge(refused)) = app.commit(tx).await else { panic!("it must be refused") };
    assert_eq!(refused.session.session, "s");
    assert!(refused.size > 1 << 20 && refused.limit < 1 << 20 && refused.limit > 1_000_000, "{refused:?}");
    assert_eq!(world.raw("sizes", "s").await, before);
    assert_eq!(world.raw("sizes", "small").await, None, "nothing of the transaction was written");

    app.set(large, "k", "2").await.unwrap();
    app.commit(tx).await.unwrap();
    assert!(world.raw("sizes", "small").await.is_some());
}
