//! An unreachable store: typed errors, and the next request succeeds after the store is back.

use std::time::Duration;

use lovely_session_host::MemcachedOptions;
use lovely_session_tests::app::{App, Container, Error, Tx};
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::world::{World, long_timeouts};

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
async fn a_load_from_an_unreachable_store_is_unavailable_and_succeeds_after_the_store_is_back() {
    let mut world = World::memcached().await;
    store(&world).await.unwrap();
    world.server.as_mut().unwrap().stop();
    let (mut app, container, tx) = begin(&world).await;
    for _ in 0..2 {
        let result = app.session(container, tx, "s").await;
        assert!(matches!(result, Err(Error::Unavailable(_))), "{result:?}");
    }
    assert!(
        matches!(app.resume(container, tx, "s").await, Err(Error::Unavailable(_))),
        "not absent: unknown"
    );

    world.server.as_mut().unwrap().restart();
    // The same transaction continues, and the restarted server has lost everything.
    assert!(app.resume(container, tx, "s").await.unwrap().is_none());
    store(&world).await.unwrap();
}

#[tokio::test]
async fn a_store_that_stops_between_load_and_commit_is_unavailable() {
    let mut world = World::memcached().await;
    store(&world).await.unwrap();
    let (mut app, container, tx) = begin(&world).await;
    let session = app.session(container, tx, "s").await.unwrap();
    let data = app.package(session, "p").await.unwrap();
    app.set(data, "k", "2").await.unwrap();
    world.server.as_mut().unwrap().stop();
    // A write that is sent before the host notices the closed connection has an unknown outcome.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let result = app.commit(tx).await;
    assert!(matches!(result, Err(Error::Unavailable(_))), "{result:?}");
    assert!(matches!(app.commit(tx).await, Err(Error::Finished)));
}

#[tokio::test]
async fn after_a_restart_of_the_store_between_load_and_commit_the_commit_is_gone_and_writes_nothing() {
    let mut world = World::memcached().await;
    store(&world).await.unwrap();
    let (mut app, container, tx) = begin(&world).await;
    let session = app.session(container, tx, "s").await.unwrap();
    let data = app.package(session, "p").await.unwrap();
    app.set(data, "k", "2").await.unwrap();
    world.server.as_mut().unwrap().restart();
    let result = app.commit(tx).await;
    assert!(matches!(&result, Err(Error::Gone(sessions)) if sessions[0].session == "s"), "{result:?}");
    assert_eq!(world.raw("away", "s").await, None);
    store(&world).await.unwrap();
}

#[tokio::test]
async fn a_store_that_does_not_reply_in_time_is_an_unknown_outcome() {
    let server = MemcachedServer::start();
    let soon = Duration::from_millis(500);
    let options = MemcachedOptions { connect_timeout: soon, io_timeout: soon, ..MemcachedOptions::default() };
    let world = World::at(&server.address(), &options).await;
    store(&world).await.unwrap();
    let (mut app, container, tx) = begin(&world).await;
    let session = app.session(container, tx, "s").await.unwrap();
    let data = app.package(session, "p").await.unwrap();
    app.set(data, "k", "2").await.unwrap();
    server.pause();
    let result = app.commit(tx).await;
    server.resume();
    assert!(
        matches!(&result, Err(Error::OutcomeUnknown(sessions)) if sessions[0].session == "s"),
        "{result:?}"
    );
    let (mut app, container, tx) = begin(&world).await;
    let session = app.resume(container, tx, "s").await.unwrap().unwrap();
    let data = app.package(session, "p").await.unwrap();
    let value = app.get(data, "k").await.unwrap().unwrap();
    assert!(value == "1" || value == "2", "{value}");
}

#[tokio::test]
async fn an_unreachable_server_affects_only_its_own_sessions() {
    let (here, mut away) = (MemcachedServer::start(), MemcachedServer::start());
    let addresses = [here.address(), away.address()];
    let world = World::at_all(&addresses, &long_timeouts()).await;
    let ids: Vec<String> = (0..20).map(|number| format!("visitor-{number}")).collect();
    let mut kept_here = Vec::new();
    let mut kept_away = Vec::new();
    for id in &ids {
        let before = here.keys().len();
        count_up(&world, &[id]).await.unwrap();
        if here.keys().len() > before { kept_here.push(id.as_str()) } else { kept_away.push(id.as_str()) }
    }
    let (Some(one_here), Some(one_away)) = (kept_here.first(), kept_away.first()) else {
        panic!("20 sessions are on one of two servers: {kept_here:?}, {kept_away:?}");
    };
    let mut app = world.app().await;
    let (container, tx) = (app.open("away").await, app.begin().await);
    for id in [one_here, one_away] {
        set_something(&mut app, container, tx, id).await;
    }
    away.stop();

    for id in kept_here.iter().skip(1) {
        count_up(&world, &[id]).await.unwrap();
    }
    for id in &kept_away {
        let result = count_up(&world, &[id]).await;
        assert!(matches!(result, Err(Error::Unavailable(_))), "{id} is neither empty nor absent: {result:?}");
    }
    let result = app.commit(tx).await;
    assert!(matches!(result, Err(Error::Unavailable(_))), "one of two cannot be written: {result:?}");
    let (mut app, container, tx) = begin(&world).await;
    let session = app.resume(container, tx, one_here).await.unwrap().unwrap();
    let data = app.package(session, "p").await.unwrap();
    assert_eq!(app.get(data, "other").await.unwrap(), None, "a commit that failed left something");
}

async fn set_something(app: &mut App, container: Container, tx: Tx, id: &str) {
    let session = app.session(container, tx, id).await.unwrap();
    let data = app.package(session, "p").await.unwrap();
    app.set(data, "other", "1").await.unwrap();
}

/// Increments counters in several sessions, in one transaction.
async fn count_up(world: &World, ids: &[&str]) -> Result<(), Error> {
    let (mut app, container, tx) = begin(world).await;
    for session in app.session_many(container, tx, ids).await? {
        let data = app.package(session, "p").await?;
        let count: u32 = app.get(data, "n").await?.map_or(0, |text| text.parse().unwrap());
        app.set(data, "n", &(count + 1).to_string()).await?;
    }
    app.commit(tx).await
}
