//! The doctest of the ancestor, expectation by expectation, in its order and under its headings.
//!
//! The ancestor, the Python package `lovely.session` 0.2.1, documents itself as a doctest. Its container
//! object (`sessionData`) becomes a container of the same name, `sessionData[id]` becomes
//! `container.session(tx, id)`, `session[name]` becomes `session.package(name)`, and its texts become JSON
//! texts. Its thread-bound transaction becomes an explicit one, which ends with its commit: what the
//! ancestor does after `transaction.commit()` happens here in a new transaction.

use std::time::Duration;

use lovely_session_tests::app::{App, Container, ContainerOptions, DEFAULTS, Error, Tx};
use lovely_session_tests::world::World;

on_every_store!(
    timeout_behavior,
    normal_memcache_access,
    transaction_support,
    items,
    savepoints,
    what_is_read_after_the_savepoints_commit,
);

const NAME: &str = "MemCacheSession";

fn owned(entries: &[(&str, &str)]) -> Vec<(String, String)> {
    entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

async fn begin(world: &World) -> (App, Container, Tx) {
    let mut app = world.app().await;
    let container = app.open(NAME).await;
    let tx = app.begin().await;
    (app, container, tx)
}

/// "Timeout behavior". The ancestor simulates the passage of time by changing the container's timeout and
/// last access in the test; here the container has the short timeout from the start, and the clock moves.
async fn timeout_behavior(world: World) {
    let mut app = world.app().await;
    let options = ContainerOptions { timeout: Some(1), ..DEFAULTS };
    let container = app.open_with(NAME, options).await.unwrap();
    let tx = app.begin().await;

    // "Create a new session data that we will cause to timeout": it is empty.
    let session = app.session(container, tx, "mySessionId").await.unwrap();
    assert_eq!(app.packages(session).await.unwrap(), [] as [&str; 0]);
    let data = app.package(session, "myData1").await.unwrap();
    assert_eq!(app.entries(data).await.unwrap(), []);

    // "So now add some data to that session."
    app.set(data, "info", "\"stored in memcache\"").await.unwrap();
    let expected = owned(&[("info", "\"stored in memcache\"")]);
    assert_eq!(app.entries(data).await.unwrap(), expected);

    // "Now get that sessionData from the session. It should just give it to us."
    let data = app.package(session, "myData1").await.unwrap();
    assert_eq!(app.entries(data).await.unwrap(), expected);

    // "Now simulate the effect of a timeout by forcing one."
    world.pass(Duration::from_secs(1));

    // "If the timeout worked, the session will be empty."
    let session = app.session(container, tx, "mySessionId").await.unwrap();
    assert_eq!(app.packages(session).await.unwrap(), [] as [&str; 0]);

    // "Attempt to get the data from the session anyway and it will also be empty."
    let data = app.package(session, "myData1").await.unwrap();
    assert_eq!(app.entries(data).await.unwrap(), []);
}

/// The same in real time: the store itself expires a committed session after its timeout.
#[tokio::test]
async fn timeout_behavior_in_real_time() {
    let world = World::memcached().await;
    let options = ContainerOptions { timeout: Some(3), ..DEFAULTS };
    let (mut app, _, tx) = begin(&world).await;
    let container = app.open_with(NAME, options).await.unwrap();
    let session = app.session(container, tx, "mySessionId").await.unwrap();
    let data = app.package(session, "myData1").await.unwrap();
    app.set(data, "info", "\"stored in memcache\"").await.unwrap();
    app.commit(tx).await.unwrap();

    let tx = app.begin().await;
    let session = app.session(container, tx, "mySessionId").await.unwrap();
    let data = app.package(session, "myData1").await.unwrap();
    assert_eq!(app.len(data).await.unwrap(), 1);

    // memcached's seconds are exact to about one.
    tokio::time::sleep(Duration::from_millis(4500)).await;
    let session = app.session(container, tx, "mySessionId").await.unwrap();
    assert_eq!(app.packages(session).await.unwrap(), [] as [&str; 0], "within the transaction");
    let tx = app.begin().await;
    assert!(app.resume(container, tx, "mySessionId").await.unwrap().is_none(), "in the store");
    assert_eq!(world.raw(NAME, "mySessionId").await, None);
}

/// "Normal memcache access". The type system checks the types that the ancestor prints.
async fn normal_memcache_access(world: World) {
    let (mut app, container, tx) = begin(&world).await;
    let session = app.session(container, tx, "mySessionId").await.unwrap();
    assert_eq!(app.packages(session).await.unwrap(), [] as [&str; 0]);

    // "We can now get data from the session."
    let data = app.package(session, "myData").await.unwrap();
    assert_eq!(app.entries(data).await.unwrap(), []);
    app.set(data, "info", "\"stored in memcache\"").await.unwrap();
    assert_eq!(app.entries(data).await.unwrap(), owned(&[("info", "\"stored in memcache\"")]));
}

/// Stores what the ancestor's doctest has stored before its part about transactions.
async fn store_info(world: &World) {
    let (mut app, container, tx) = begin(world).await;
    let session = app.session(container, tx, "mySessionId").await.unwrap();
    let data = app.package(session, "myData").await.unwrap();
    app.set(data, "info", "\"stored in memcache\"").await.unwrap();
    // "we need to commit the transaction to store data in the memcache."
    app.commit(tx).await.unwrap();
}

/// "Transaction support".
async fn transaction_support(world: World) {
    store_info(&world).await;

    // "If we now read session data it is read back from the memcache."
    let (mut app, container, tx) = begin(&world).await;
    let session = app.session(container, tx, "mySessionId").await.unwrap();
    let data = app.package(session, "myData").await.unwrap();
    assert_eq!(app.entries(data).await.unwrap(), owned(&[("info", "\"stored in memcache\"")]));
}

/// `sessionData.items()`: the sessions joined. The ancestor lists data managers beside the ids; those are an
/// implementation detail that does not exist here.
async fn items(world: World) {
    store_info(&world).await;
    let (mut app, container, tx) = begin(&world).await;
    app.session(container, tx, "mySessionId").await.unwrap();
    assert_eq!(app.joined(container, tx).await.unwrap(), ["mySessionId"]);
}

/// "MemCacheSession is now also savepoint aware, let's check how that works".
async fn savepoints(world: World) {
    store_info(&world).await;
    let (mut app, container, tx) = begin(&world).await;

    // "We first set some data", "set a savepoint", "change the data".
    let session = app.session(container, tx, "mySessionId").await.unwrap();
    let data = app.package(session, "myData").await.unwrap();
    app.set(data, "info", "\"we want to keep this\"").await.unwrap();
    let savepoint = app.savepoint(tx).await.unwrap();
    app.set(data, "info", "\"this should be dumped\"").await.unwrap();

    // "Rollback to the previous value": through the handle from before.
    app.rollback(savepoint).await.unwrap();
    assert_eq!(app.get(data, "info").await.unwrap().as_deref(), Some("\"we want to keep this\""));

    // "Newly added data must also go away", "and a new container".
    app.set(data, "newinfo", "\"go away\"").await.unwrap();
    let new_data = app.package(session, "myNewData").await.unwrap();
    app.set(new_data, "foo", "\"bar\"").await.unwrap();
    app.rollback(savepoint).await.unwrap();

    // "The data is gone": where the ancestor raises a KeyError, the result here is none.
    assert_eq!(app.get(data, "newinfo").await.unwrap(), None);

    // "The container is empty, because it gets always created on retrieval".
    let new_data = app.package(session, "myNewData").await.unwrap();
    assert_eq!(app.entries(new_data).await.unwrap(), []);
    app.commit(tx).await.unwrap();
}

/// "Let's see what happens on commit".
async fn what_is_read_after_the_savepoints_commit(world: World) {
    let (mut app, container, tx) = begin(&world).await;
    let session = app.session(container, tx, "mySessionId").await.unwrap();
    let old_data = app.package(session, "myData").await.unwrap();
    app.set(old_data, "info", "\"we want to keep this\"").await.unwrap();
    let savepoint = app.savepoint(tx).await.unwrap();
    app.set(old_data, "newinfo", "\"go away\"").await.unwrap();
    let new_data = app.package(session, "myNewData").await.unwrap();
    app.set(new_data, "foo", "\"bar\"").await.unwrap();
    app.rollback(savepoint).await.unwrap();
    app.commit(tx).await.unwrap();

    // "If we now read session data it is read back from the memcache."
    let tx = app.begin().await;
    let session = app.session(container, tx, "mySessionId").await.unwrap();
    let data = app.package(session, "myData").await.unwrap();
    assert_eq!(app.entries(data).await.unwrap(), owned(&[("info", "\"we want to keep this\"")]));

    // "The data is not present": in the new transaction. The handle of the finished one returns `finished`.
    assert_eq!(app.get(data, "newinfo").await.unwrap(), None);
    assert!(matches!(app.get(old_data, "newinfo").await, Err(Error::Finished)));

    // "The container is empty, because it gets always created on retrieval".
    let new_data = app.package(session, "myNewData").await.unwrap();
    assert_eq!(app.entries(new_data).await.unwrap(), []);
}
