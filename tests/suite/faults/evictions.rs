//! A memcached so small that it evicts sessions.

use lovely_session_tests::app::{App, CallResult, Container, Error, Session, Tx};
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::world::World;

use super::soak::soak;
use super::trouble::short_deadlines;
use lovely_session_tests::random::Random;

/// The least memory with which memcached starts, in MiB, at an item limit of 1 MiB.
const MEMORY: [&str; 2] = ["-m", "2"];

const SESSIONS: usize = 8;

/// The size of all sessions, so that they compete for the same part of the memory.
const TEXT_BYTES: usize = 30_000;

/// Far more sessions than the memory holds.
const MOST_FILLERS: usize = 2000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_was_evicted_is_gone_and_is_not_written_back() {
    soak("evictions", round).await;
}

/// A session that a transaction has loaded and changed.
struct Loaded {
    app: App,
    container: Container,
    tx: Tx,
    id: String,
}

async fn round(mut random: Random) -> bool {
    let server = MemcachedServer::start_with(&MEMORY);
    let world = World::at(&server.address(), &short_deadlines()).await;
    let mut waiting = Vec::new();
    for _ in 0..SESSIONS {
        let id = store(&world).await.unwrap();
        waiting.push(load(&world, id).await);
    }
    let (mut fillers, mut gone) = (0, 0);
    while !waiting.is_empty() {
        assert!(fillers < MOST_FILLERS, "{} sessions are never evicted", waiting.len());
        store(&world).await.unwrap();
        fillers += 1;
        let evicted = waiting.iter().position(|loaded| !is_stored(&server, &loaded.id));
        if let Some(evicted) = evicted {
            commit_evicted(&world, &server, waiting.swap_remove(evicted)).await;
            gone += 1;
        } else if random.below(10) == 0 {
            // Others commit before they are evicted, and stay.
            let chosen = waiting.swap_remove(random.index(waiting.len()));
            match commit_stored(&world, &server, chosen).await {
                Some(alive) => waiting.push(alive),
                None => gone += 1,
            }
        }
    }
    let evictions = &server.stats()["evictions"];
    println!(
        "{fillers} sessions in the way, {evictions} evictions, {gone} commits of evicted sessions: gone"
    );
    assert_eq!(gone, SESSIONS);
    true
}

fn text(letter: char) -> String {
    format!("\"{}\"", String::from(letter).repeat(TEXT_BYTES))
}

/// Stores a session, and returns its id.
async fn store(world: &World) -> CallResult<String> {
    let mut app = world.app().await;
    let (container, tx) = (app.open("evictions").await, app.begin().await);
    let session = app.create(container, tx).await?;
    set_other(&mut app, session).await?;
    app.commit(tx).await?;
    Ok(app.id(session).await)
}

/// Sets another text: an unchanged session would not be written.
async fn set_other(app: &mut App, session: Session) -> CallResult<()> {
    let data = app.package(session, "p").await?;
    let old = app.get(data, "k").await?;
    let letter = if old.is_some_and(|old| old == text('a')) { 'b' } else { 'a' };
    app.set(data, "k", &text(letter)).await
}

async fn load(world: &World, id: String) -> Loaded {
    let mut app = world.app().await;
    let (container, tx) = (app.open("evictions").await, app.begin().await);
    let session = app.resume(container, tx, &id).await.unwrap().unwrap();
    set_other(&mut app, session).await.unwrap();
    Loaded { app, container, tx, id }
}

/// Looks for the key without a read, because an item that is read is evicted later.
fn is_stored(server: &MemcachedServer, id: &str) -> bool {
    let key = lovely_session_core::store_key("evictions", id).unwrap();
    server.command(&format!("me {key}")).starts_with("ME ")
}

/// Commits a session that is stored, and loads it again. None if the server evicts the old record to store the new one.
async fn commit_stored(world: &World, server: &MemcachedServer, mut loaded: Loaded) -> Option<Loaded> {
    match loaded.app.commit(loaded.tx).await {
        Ok(()) => Some(load(world, loaded.id).await),
        result => {
            assert_gone(world, server, loaded, result).await;
            None
        }
    }
}

async fn commit_evicted(world: &World, server: &MemcachedServer, mut loaded: Loaded) {
    let result = loaded.app.commit(loaded.tx).await;
    assert_gone(world, server, loaded, result).await;
}

async fn assert_gone(world: &World, server: &MemcachedServer, mut loaded: Loaded, result: CallResult<()>) {
    assert!(matches!(&result, Err(Error::Gone(names)) if names[0].session == loaded.id), "{result:?}");
    assert!(!is_stored(server, &loaded.id), "it was written back");
    let tx = loaded.app.begin().await;
    let result = loaded.app.resume(loaded.container, tx, &loaded.id).await;
    assert!(matches!(result, Ok(None)), "{result:?}");
    assert_eq!(world.raw("evictions", &loaded.id).await, None);
}
