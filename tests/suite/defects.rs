//! The defects of the ancestor, each with a test against it.

use std::time::Duration;

use lovely_session_tests::app::{App, Container, ContainerOptions, DEFAULTS, Error, Package, Tx};
use lovely_session_tests::world::World;

on_every_store!(
    of_two_concurrent_commits_the_second_conflicts_and_nothing_is_lost,
    a_failed_write_is_reported_and_the_session_can_be_committed_again,
    each_session_has_its_own_last_access,
    sessions_can_be_destroyed_renewed_and_looked_up_in_the_store,
    values_are_data_and_names_are_escaped,
    a_timeout_over_thirty_days_does_not_expire_at_once,
);

async fn begin(world: &World) -> (App, Container, Tx) {
    let mut app = world.app().await;
    let container = app.open("defects").await;
    let tx = app.begin().await;
    (app, container, tx)
}

async fn package(app: &mut App, container: Container, tx: Tx, id: &str) -> Package {
    let session = app.session(container, tx, id).await.unwrap();
    app.package(session, "p").await.unwrap()
}

async fn set(world: &World, id: &str, key: &str, value: &str) {
    let (mut app, container, tx) = begin(world).await;
    let data = package(&mut app, container, tx, id).await;
    app.set(data, key, value).await.unwrap();
    app.commit(tx).await.unwrap();
}

async fn get(world: &World, id: &str, key: &str) -> Option<String> {
    let (mut app, container, tx) = begin(world).await;
    let data = package(&mut app, container, tx, id).await;
    app.get(data, key).await.unwrap()
}

/// Defect 1: a blind overwrite on commit lost concurrent updates.
async fn of_two_concurrent_commits_the_second_conflicts_and_nothing_is_lost(world: World) {
    set(&world, "s", "count", "1").await;
    let (mut first_app, container, first) = begin(&world).await;
    let mine = package(&mut first_app, container, first, "s").await;
    let (mut second_app, container, second) = begin(&world).await;
    let theirs = package(&mut second_app, container, second, "s").await;
    assert_eq!(first_app.get(mine, "count").await.unwrap().as_deref(), Some("1"));
    assert_eq!(second_app.get(theirs, "count").await.unwrap().as_deref(), Some("1"));
    first_app.set(mine, "count", "2").await.unwrap();
    second_app.set(theirs, "count", "2").await.unwrap();

    first_app.commit(first).await.unwrap();
    let Err(Error::Conflict(conflicts)) = second_app.commit(second).await else {
        panic!("the second commit must conflict");
    };
    let conflict = &conflicts[0];
    let named = (conflict.container.as_str(), conflict.session.as_str(), conflict.package.as_deref());
    assert_eq!((named, conflict.key.as_deref()), (("defects", "s", Some("p")), Some("count")));
    assert_eq!(get(&world, "s", "count").await.as_deref(), Some("2"));
}

/// Defect 2: a failed write was dropped silently, and the session could not be committed again.
async fn a_failed_write_is_reported_and_the_session_can_be_committed_again(world: World) {
    let (mut app, container, tx) = begin(&world).await;
    let data = package(&mut app, container, tx, "s").await;
    let large = format!("\"{}\"", "x".repeat(1 << 20));
    app.set(data, "k", &large).await.unwrap();
    assert!(matches!(app.commit(tx).await, Err(Error::TooLarge(_))));
    app.set(data, "k", "1").await.unwrap();
    app.commit(tx).await.unwrap();
    assert_eq!(get(&world, "s", "k").await.as_deref(), Some("1"));
}

/// Defect 3: one last access for the whole container instead of one for each session.
async fn each_session_has_its_own_last_access(world: World) {
    set(&world, "idle", "k", "1").await;
    set(&world, "busy", "k", "1").await;
    world.wait(Duration::from_secs(3)).await;
    set(&world, "busy", "k", "2").await;
    let (mut app, container, tx) = begin(&world).await;
    let idle = app.session(container, tx, "idle").await.unwrap();
    let busy = app.session(container, tx, "busy").await.unwrap();
    let apart = app.last_accessed(busy).await.unwrap() - app.last_accessed(idle).await.unwrap();
    assert!((2..=4).contains(&apart), "{apart} seconds apart");
}

/// Defect 4: readers never renewed the expiry. On memcached, in real time.
#[tokio::test]
async fn an_active_reader_stays_logged_in_on_memcached() {
    let world = World::memcached().await;
    let options = ContainerOptions { timeout: Some(4), ..DEFAULTS };
    let mut app = world.app().await;
    let container = app.open_with("defects", options).await.unwrap();
    let tx = app.begin().await;
    let data = package(&mut app, container, tx, "s").await;
    app.set(data, "k", "1").await.unwrap();
    app.commit(tx).await.unwrap();
    for round in 0..7 {
        tokio::time::sleep(Duration::from_millis(1000)).await;
        let tx = app.begin().await;
        assert!(app.resume(container, tx, "s").await.unwrap().is_some(), "after {} seconds", round + 1);
    }
}

/// Defect 4, on the store in memory, with a clock that the test moves.
#[tokio::test]
async fn an_active_reader_stays_logged_in_in_memory() {
    let world = World::memory().await;
    set(&world, "s", "k", "1").await;
    for _ in 0..5 {
        world.pass(Duration::from_secs(3599));
        assert_eq!(get(&world, "s", "k").await.as_deref(), Some("1"));
    }
    world.pass(Duration::from_secs(3600));
    assert_eq!(get(&world, "s", "k").await, None);
}

/// Defect 5: no destroy, no renewal, a membership test that looked only at the local thread, and a default
/// that was ignored.
async fn sessions_can_be_destroyed_renewed_and_looked_up_in_the_store(world: World) {
    set(&world, "old", "k", "1").await;
    let (mut app, container, tx) = begin(&world).await;
    // Another instance finds the session, and finds none under another id.
    let session = app.resume(container, tx, "old").await.unwrap().unwrap();
    assert!(app.resume(container, tx, "other").await.unwrap().is_none());
    let renewed = app.renew_id(session, None).await.unwrap();
    app.commit(tx).await.unwrap();

    let tx = app.begin().await;
    assert!(matches!(app.resume(container, tx, "old").await, Err(Error::Ended(_))));
    let session = app.resume(container, tx, &renewed).await.unwrap().unwrap();
    let data = app.package(session, "p").await.unwrap();
    assert_eq!(app.get(data, "k").await.unwrap().as_deref(), Some("1"));
    app.destroy(session).await.unwrap();
    app.commit(tx).await.unwrap();

    let (mut app, container, tx) = begin(&world).await;
    assert!(matches!(app.resume(container, tx, &renewed).await, Err(Error::Ended(_))));
}

/// Defect 6: pickled values run code when they are read, MD5, and container names unescaped in keys.
async fn values_are_data_and_names_are_escaped(world: World) {
    // A pickle, as the ancestor stores it, is not a record, and is not run.
    world.put_raw("defects", "pickled", b"cos\nsystem\n(S'true'\ntR.").await;
    let (mut app, container, tx) = begin(&world).await;
    assert!(matches!(app.session(container, tx, "pickled").await, Err(Error::Damaged(_))));

    // Names may have spaces and line ends, and similar names are different names.
    for name in ["two words", "two%20words", "line\r\nend", "ключ"] {
        let container = app.open(name).await;
        let tx = app.begin().await;
        let data = package(&mut app, container, tx, "s\r\nset x 0 0 1").await;
        assert_eq!(app.len(data).await.unwrap(), 0);
        app.set(data, "k", "1").await.unwrap();
        app.commit(tx).await.unwrap();
    }
    if let Some(server) = &world.server {
        let keys = server.keys();
        assert_eq!(keys.len(), 5, "{keys:?}");
        for key in keys {
            let (prefix, digest) = key.rsplit_once(':').unwrap();
            assert!(prefix.starts_with("ls1:"), "{key}");
            // A SHA-256 has 64 hexadecimal digits; an MD5 has 32. The store does not get the id itself.
            assert!(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
        }
    }
}

/// Defect 7: memcached interprets a relative lifetime over 30 days as a date in 1970.
async fn a_timeout_over_thirty_days_does_not_expire_at_once(world: World) {
    let mut app = world.app().await;
    let year = ContainerOptions { timeout: Some(365 * 86_400), ..DEFAULTS };
    let container = app.open_with("defects", year).await.unwrap();
    let tx = app.begin().await;
    let data = package(&mut app, container, tx, "s").await;
    app.set(data, "k", "1").await.unwrap();
    app.commit(tx).await.unwrap();
    for _ in 0..2 {
        // The second iteration finds the lifetime that the first one has slid.
        let tx = app.begin().await;
        let session = app.resume(container, tx, "s").await.unwrap().unwrap();
        let data = app.package(session, "p").await.unwrap();
        assert_eq!(app.get(data, "k").await.unwrap().as_deref(), Some("1"));
    }
}
