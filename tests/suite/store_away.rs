//! The store goes away and comes back: typed errors meanwhile, and the next request works again.

use std::time::Duration;

use lovely_session_host::MemcachedOptions;
use lovely_session_tests::app::{App, Container, Error, Tx};
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::world::{World, patient};

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
    // What is sent before the host has heard that the connection is closed has an unknown outcome.
    tokio::time::sleep(Duration::from_millis(50)).await;
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

#[tokio::test]
async fn one_of_several_servers_that_is_away_takes_its_own_sessions_with_it_and_no_others() {
    let (here, mut away) = (MemcachedServer::start(), MemcachedServer::start());
    let addresses = [here.address(), away.address()];
    let world = World::at_all(&addresses, &patient()).await;
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
        let answer = count_up(&world, &[id]).await;
        assert!(matches!(answer, Err(Error::Unavailable(_))), "{id} is neither empty nor absent: {answer:?}");
    }
    let answer = app.commit(tx).await;
    assert!(matches!(answer, Err(Error::Unavailable(_))), "one of two cannot be written: {answer:?}");
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

/// Counts up in some sessions, in one transaction.
async fn count_up(world: &World, ids: &[&str]) -> Result<(), Error> {
    let (mut app, container, tx) = begin(world).await;
    for session in app.session_many(container, tx, ids).await? {
        let data = app.package(session, "p").await?;
        let count: u32 = app.get(data, "n").await?.map_or(0, |text| text.parse().unwrap());
        app.set(data, "n", &(count + 1).to_string()).await?;
    }
    app.commit(tx).await
}
