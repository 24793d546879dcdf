//! What a request costs, counted at the port to the store: design section 7.
//!
//! That one call at the port is one exchange with memcached is counted in `stores`.

use lovely_session_tests::app::{App, Container, Tx};
use lovely_session_tests::world::World;

on_every_store!(
    a_read_costs_one,
    a_read_and_a_change_cost_two,
    a_creation_costs_one,
    a_logout_costs_one_after_the_load,
    a_renewal_costs_three_after_the_load,
    a_conflict_that_merges_costs_four,
    several_sessions_cost_the_same_as_one,
    savepoints_and_rollbacks_cost_nothing,
);

async fn begin(world: &World) -> (App, Container, Tx) {
    let mut app = world.app().await;
    let container = app.open("trips").await;
    let tx = app.begin().await;
    (app, container, tx)
}

async fn change(app: &mut App, container: Container, tx: Tx, id: &str, key: &str) {
    let session = app.session(container, tx, id).await.unwrap();
    let data = app.package(session, "p").await.unwrap();
    app.set(data, key, "1").await.unwrap();
}

async fn store(world: &World, id: &str, key: &str) {
    let (mut app, container, tx) = begin(world).await;
    change(&mut app, container, tx, id, key).await;
    app.commit(tx).await.unwrap();
}

/// The reads and writes since `before`.
fn since(world: &World, before: (usize, usize)) -> (usize, usize) {
    let now = world.trips();
    (now.0 - before.0, now.1 - before.1)
}

async fn a_read_costs_one(world: World) {
    store(&world, "s", "k").await;
    let before = world.trips();
    let (mut app, container, tx) = begin(&world).await;
    let session = app.resume(container, tx, "s").await.unwrap().unwrap();
    let data = app.package(session, "p").await.unwrap();
    assert_eq!(app.get(data, "k").await.unwrap().as_deref(), Some("1"));
    app.commit(tx).await.unwrap();
    assert_eq!(since(&world, before), (1, 0));
}

async fn a_read_and_a_change_cost_two(world: World) {
    store(&world, "s", "k").await;
    let before = world.trips();
    store(&world, "s", "other").await;
    assert_eq!(since(&world, before), (1, 1));
}

async fn a_creation_costs_one(world: World) {
    let before = world.trips();
    let (mut app, container, tx) = begin(&world).await;
    let session = app.create(container, tx).await.unwrap();
    let data = app.package(session, "p").await.unwrap();
    app.set(data, "k", "1").await.unwrap();
    app.commit(tx).await.unwrap();
    assert_eq!(since(&world, before), (0, 1));
}

async fn a_logout_costs_one_after_the_load(world: World) {
    store(&world, "s", "k").await;
    let (mut app, container, tx) = begin(&world).await;
    let session = app.resume(container, tx, "s").await.unwrap().unwrap();
    let before = world.trips();
    app.destroy(session).await.unwrap();
    app.commit(tx).await.unwrap();
    assert_eq!(since(&world, before), (0, 1));
}

async fn a_renewal_costs_three_after_the_load(world: World) {
    store(&world, "s", "k").await;
    let (mut app, container, tx) = begin(&world).await;
    let session = app.resume(container, tx, "s").await.unwrap().unwrap();
    let before = world.trips();
    let renewed = app.renew_id(session, None).await.unwrap();
    app.commit(tx).await.unwrap();
    assert_eq!(since(&world, before), (0, 3));
    let tx = app.begin().await;
    assert!(app.resume(container, tx, &renewed).await.unwrap().is_some());
    assert_eq!(since(&world, before), (1, 3), "the first request under the new id costs one, as any other");
}

async fn a_conflict_that_merges_costs_four(world: World) {
    store(&world, "s", "k").await;
    let (mut app, container, tx) = begin(&world).await;
    let before = world.trips();
    change(&mut app, container, tx, "s", "mine").await;
    let loaded = since(&world, before);
    store(&world, "s", "theirs").await;
    let before = world.trips();
    app.commit(tx).await.unwrap();
    let committed = since(&world, before);
    assert_eq!((loaded, committed), ((1, 0), (1, 2)));
}

async fn several_sessions_cost_the_same_as_one(world: World) {
    let ids = ["a", "b", "c", "d"];
    for _ in 0..2 {
        let before = world.trips();
        let (mut app, container, tx) = begin(&world).await;
        for session in app.session_many(container, tx, &ids).await.unwrap() {
            let data = app.package(session, "p").await.unwrap();
            let len = app.len(data).await.unwrap();
            app.set(data, &format!("key {len}"), "1").await.unwrap();
        }
        app.commit(tx).await.unwrap();
        assert_eq!(since(&world, before), (1, 1));
    }
}

async fn savepoints_and_rollbacks_cost_nothing(world: World) {
    let (mut app, container, tx) = begin(&world).await;
    change(&mut app, container, tx, "s", "k").await;
    let before = world.trips();
    let savepoint = app.savepoint(tx).await.unwrap();
    change(&mut app, container, tx, "s", "other").await;
    app.rollback(savepoint).await.unwrap();
    app.release(savepoint).await.unwrap();
    app.abort(tx).await.unwrap();
    assert_eq!(since(&world, before), (0, 0));
}
