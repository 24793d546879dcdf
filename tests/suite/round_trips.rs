//! The round trips of requests, counted as calls to the store.
//!
//! The tests in `faults` and `stores` check that one call is one round trip to memcached.

use lovely_session_tests::app::{App, Container, Isolation, Session, Tx};
use lovely_session_tests::world::World;

on_every_store!(
    a_read_costs_one,
    a_read_and_a_change_cost_two,
    a_creation_costs_one,
    a_logout_costs_one_after_the_load,
    a_renewal_costs_three_after_the_load,
    a_conflict_that_merges_costs_four,
    several_changed_sessions_cost_three_after_the_load,
    several_new_sessions_cost_four,
    a_change_that_depends_on_other_sessions_costs_one_more,
    reading_several_sessions_costs_one_at_commit_if_it_must_be_serializable,
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
    let now = world.round_trips();
    (now.0 - before.0, now.1 - before.1)
}

async fn a_read_costs_one(world: World) {
    store(&world, "s", "k").await;
    let before = world.round_trips();
    let (mut app, container, tx) = begin(&world).await;
    let session = app.resume(container, tx, "s").await.unwrap().unwrap();
    let data = app.package(session, "p").await.unwrap();
    assert_eq!(app.get(data, "k").await.unwrap().as_deref(), Some("1"));
    app.commit(tx).await.unwrap();
    assert_eq!(since(&world, before), (1, 0));
}

async fn a_read_and_a_change_cost_two(world: World) {
    store(&world, "s", "k").await;
    let before = world.round_trips();
    store(&world, "s", "other").await;
    assert_eq!(since(&world, before), (1, 1));
}

async fn a_creation_costs_one(world: World) {
    let before = world.round_trips();
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
    let before = world.round_trips();
    app.destroy(session).await.unwrap();
    app.commit(tx).await.unwrap();
    assert_eq!(since(&world, before), (0, 1));
}

async fn a_renewal_costs_three_after_the_load(world: World) {
    store(&world, "s", "k").await;
    let (mut app, container, tx) = begin(&world).await;
    let session = app.resume(container, tx, "s").await.unwrap().unwrap();
    let before = world.round_trips();
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
    let before = world.round_trips();
    change(&mut app, container, tx, "s", "mine").await;
    let loaded = since(&world, before);
    store(&world, "s", "theirs").await;
    let before = world.round_trips();
    app.commit(tx).await.unwrap();
    let committed = since(&world, before);
    assert_eq!((loaded, committed), ((1, 0), (1, 2)));
}

/// Begins a transaction that has loaded some sessions.
async fn load(world: &World, isolation: Isolation, ids: &[&str]) -> (App, Tx, Vec<Session>) {
    let mut app = world.app().await;
    let container = app.open("trips").await;
    let tx = app.begin_with(isolation).await;
    let before = world.round_trips();
    let sessions = app.session_many(container, tx, ids).await.unwrap();
    assert_eq!(since(world, before), (1, 0), "{ids:?} are loaded at once");
    (app, tx, sessions)
}

/// The reads and writes of a commit that changes the first `changed` sessions, after all were read.
async fn commit_cost(world: &World, isolation: Isolation, ids: &[&str], changed: usize) -> (usize, usize) {
    let (mut app, tx, sessions) = load(world, isolation, ids).await;
    let before = world.round_trips();
    for (position, session) in sessions.into_iter().enumerate() {
        let data = app.package(session, "p").await.unwrap();
        let len = app.len(data).await.unwrap();
        if position < changed {
            app.set(data, &format!("key {len}"), "1").await.unwrap();
        }
    }
    app.commit(tx).await.unwrap();
    since(world, before)
}

const IDS: [&str; 4] = ["a", "b", "c", "d"];

const ISOLATIONS: [Isolation; 3] = [Isolation::Serializable, Isolation::Snapshot, Isolation::LastWriterWins];

async fn several_changed_sessions_cost_three_after_the_load(world: World) {
    commit_cost(&world, Isolation::Serializable, &IDS, 4).await;
    for isolation in ISOLATIONS {
        for number in 2..=4 {
            let cost = commit_cost(&world, isolation, &IDS[..number], number).await;
            assert_eq!(cost, (0, 3), "{number} sessions, {isolation:?}");
        }
    }
}

async fn several_new_sessions_cost_four(world: World) {
    for (number, isolation) in ISOLATIONS.into_iter().enumerate() {
        let ids = IDS.map(|id| format!("{id} {number}"));
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        assert_eq!(commit_cost(&world, isolation, &ids, 4).await, (0, 4), "{isolation:?}");
    }
}

async fn a_change_that_depends_on_other_sessions_costs_one_more(world: World) {
    commit_cost(&world, Isolation::Serializable, &IDS, 4).await;
    assert_eq!(commit_cost(&world, Isolation::Serializable, &IDS, 2).await, (1, 3));
    for isolation in [Isolation::Snapshot, Isolation::LastWriterWins] {
        assert_eq!(commit_cost(&world, isolation, &IDS, 2).await, (0, 3), "{isolation:?}");
    }
}

async fn reading_several_sessions_costs_one_at_commit_if_it_must_be_serializable(world: World) {
    commit_cost(&world, Isolation::Serializable, &IDS, 4).await;
    for isolation in ISOLATIONS {
        assert_eq!(commit_cost(&world, isolation, &IDS[..1], 0).await, (0, 0), "one session, {isolation:?}");
    }
    assert_eq!(commit_cost(&world, Isolation::Serializable, &IDS, 0).await, (1, 0));
    for isolation in [Isolation::Snapshot, Isolation::LastWriterWins] {
        assert_eq!(commit_cost(&world, isolation, &IDS, 0).await, (0, 0), "{isolation:?}");
    }
}

async fn savepoints_and_rollbacks_cost_nothing(world: World) {
    let (mut app, container, tx) = begin(&world).await;
    change(&mut app, container, tx, "s", "k").await;
    let before = world.round_trips();
    let savepoint = app.savepoint(tx).await.unwrap();
    change(&mut app, container, tx, "s", "other").await;
    app.rollback(savepoint).await.unwrap();
    app.release(savepoint).await.unwrap();
    app.abort(tx).await.unwrap();
    assert_eq!(since(&world, before), (0, 0));
}
