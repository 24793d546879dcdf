//! The store goes away and comes back: typed errors meanwhile, and the next request works again.

use lovely_session_tests::app::{App, Container, Error, Tx};
use lovely_session_tests::world::World;

async fn begin(world: &World) -> (App, Container, Tx) {
    let mut app = world.app().await;
    let container = app.open("away").await;
    let tx = app.begin().await;
    (app, container, tx)
}

async fn store(world: &World) -> Result<(), Error> {
    let (mut app, container, tx) = begin(world).await;
    let session = app.session(container, tx, "s").await?;
    let data = app.package(session, "p").await?;
    app.set(data, "k", "1").await?;
    app.commit(tx).await
}

#[tokio::test]
async fn a_load_from_a_store_that_is_away_is_unavailable_and_works_once_it_is_back() {
    let mut world = World::memcached().await;
    store(&world).await.unwrap();
    world.server.as_mut().unwrap().stop();
    let (mut app, container, tx) = begin(&world).await;
    for _ in 0..2 {
        let answer = app.session(container, tx, "s").await;
        assert!(matches!(answer, Err(Error::Unavailable(_))), "{answer:?}");
    }
    assert!(
        matches!(app.resume(container, tx, "s").await, Err(Error::Unavailable(_))),
        "not absent: unknown"
    );

    world.server.as_mut().unwrap().restart();
    // The same transaction goes on, and the restarted server has lost everything.
    assert!(app.resume(container, tx, "s").await.unwrap().is_none());
    store(&world).await.unwrap();
}

#[tokio::test]
async fn a_store_that_goes_away_between_load_and_commit_is_unavailable() {
    let mut world = World::memcached().await;
    store(&world).await.unwrap();
    let (mut app, container, tx) = begin(&world).await;
    let session = app.session(container, tx, "s").await.unwrap();
    let data = app.package(session, "p").await.unwrap();
    app.set(data, "k", "2").await.unwrap();
    world.server.as_mut().unwrap().stop();
    let answer = app.commit(tx).await;
    assert!(matches!(answer, Err(Error::Unavailable(_))), "{answer:?}");
    assert!(matches!(app.commit(tx).await, Err(Error::Finished)));
}

#[tokio::test]
async fn a_store_that_came_back_empty_between_load_and_commit_gives_gone_and_nothing_is_written_back() {
    let mut world = World::memcached().await;
    store(&world).await.unwrap();
    let (mut app, container, tx) = begin(&world).await;
    let session = app.session(container, tx, "s").await.unwrap();
    let data = app.package(session, "p").await.unwrap();
    app.set(data, "k", "2").await.unwrap();
    world.server.as_mut().unwrap().restart();
    let answer = app.commit(tx).await;
    assert!(matches!(&answer, Err(Error::Gone(sessions)) if sessions[0].session == "s"), "{answer:?}");
    assert_eq!(world.raw("away", "s").await, None);
    store(&world).await.unwrap();
}

#[tokio::test]
async fn a_store_that_does_not_answer_in_time_leaves_an_unknown_outcome_that_is_reported() {
    let world = World::memcached().await;
    store(&world).await.unwrap();
    let (mut app, container, tx) = begin(&world).await;
    let session = app.session(container, tx, "s").await.unwrap();
    let data = app.package(session, "p").await.unwrap();
    app.set(data, "k", "2").await.unwrap();
    let server = world.server.as_ref().unwrap();
    server.pause();
    let answer = app.commit(tx).await;
    server.resume();
    assert!(
        matches!(&answer, Err(Error::OutcomeUnknown(sessions)) if sessions[0].session == "s"),
        "{answer:?}"
    );
    let (mut app, container, tx) = begin(&world).await;
    let session = app.resume(container, tx, "s").await.unwrap().unwrap();
    let data = app.package(session, "p").await.unwrap();
    let value = app.get(data, "k").await.unwrap().unwrap();
    assert!(value == "1" || value == "2", "{value}");
}
