//! The adapters to `wasi:keyvalue`, on hosts that have it: which rules they keep, and what they do not support.

mod draft;
mod draft2;

use std::sync::Arc;
use std::time::Duration;

use lovely_session_conformance::{Report, Status, Subject, check};
use lovely_session_host::KeyValue;
use lovely_session_tests::app::{ContainerOptions, DEFAULTS, Error};
use lovely_session_tests::world::World;

async fn report_on(store: impl KeyValue + 'static) -> Report {
    check(&Subject::new(Arc::new(store)).without_lifetimes()).await
}

#[track_caller]
fn assert_all(report: &Report, expected: fn(&Status) -> bool, rules: &[&str]) {
    for rule in rules {
        let finding = report.findings().iter().find(|finding| finding.rule == *rule);
        assert!(finding.is_some_and(|finding| expected(&finding.status)), "{rule}: {report}");
    }
}

fn is_kept(status: &Status) -> bool {
    *status == Status::Kept
}

fn is_unsupported(status: &Status) -> bool {
    matches!(status, Status::Unsupported(_))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_the_first_draft_what_it_cannot_do_is_unsupported() {
    let report = report_on(draft::store(env!("KV_DRAFT_WASM"))).await;
    assert!(!report.is_broken(), "{report}");
    assert_all(&report, is_kept, &["a value comes back as it was put", "invalid keys fail"]);
    let unsupported = [
        "a write with an old version is stale",
        "of many writes that race to create a key one is applied",
        "no update is lost when two clients increment",
        "an entry expires with its lifetime",
        "a touched entry lives longer",
    ];
    assert_all(&report, is_unsupported, &unsupported);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_the_first_draft_versions_are_looked_at_where_losing_updates_was_chosen() {
    let report = report_on(draft::store(env!("KV_DRAFT_LAST_WRITER_WINS_WASM"))).await;
    // What becomes of races is luck here, so nothing is said about the rules that race.
    let kept = ["a write with an old version is stale", "a key that is created again has a new version"];
    assert_all(&report, is_kept, &kept);
    assert_all(
        &report,
        is_unsupported,
        &["an entry expires with its lifetime", "a touched entry lives longer"],
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_the_second_draft_versions_hold_and_lifetimes_are_unsupported() {
    let report = report_on(draft2::store(&draft2::Buckets::default())).await;
    assert!(!report.is_broken(), "{report}");
    let kept = [
        "a write with an old version is stale",
        "going back to the same value is a new version",
        "of many writes that race to create a key one is applied",
        "no update is lost when two clients increment",
    ];
    assert_all(&report, is_kept, &kept);
    assert_all(
        &report,
        is_unsupported,
        &["an entry expires with its lifetime", "a touched entry lives longer"],
    );
}

async fn count_up(world: &World, options: ContainerOptions) -> u64 {
    let mut app = world.app().await;
    let (container, tx) = (app.open_with("counts", options).await.unwrap(), app.begin().await);
    let session = app.session(container, tx, "s").await.unwrap();
    let package = app.package(session, "p").await.unwrap();
    let count = app.get(package, "n").await.unwrap().map_or(0, |text| text.parse::<u64>().unwrap()) + 1;
    app.set(package, "n", &count.to_string()).await.unwrap();
    app.commit(tx).await.unwrap();
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_over_the_second_draft_conflict_and_end_by_their_record() {
    let world = World::over(Arc::new(draft2::store(&draft2::Buckets::default())));
    let options = ContainerOptions { timeout: Some(60), ..DEFAULTS };
    assert_eq!(count_up(&world, options).await, 1);
    assert_eq!(count_up(&world, options).await, 2);

    let mut slow = world.app().await;
    let (container, tx) = (slow.open_with("counts", options).await.unwrap(), slow.begin().await);
    let session = slow.session(container, tx, "s").await.unwrap();
    let package = slow.package(session, "p").await.unwrap();
    assert_eq!(slow.get(package, "n").await.unwrap().as_deref(), Some("2"));
    slow.set(package, "n", "3").await.unwrap();
    assert_eq!(count_up(&world, options).await, 3);
    assert!(matches!(slow.commit(tx).await, Err(Error::Conflict(_))));

    world.pass(Duration::from_secs(60));
    assert_eq!(count_up(&world, options).await, 1, "it ended after a minute without use");
}

#[tokio::test]
async fn sessions_over_the_first_draft_are_not_written() {
    let world = World::over(Arc::new(draft::store(env!("KV_DRAFT_WASM"))));
    let mut app = world.app().await;
    let (container, tx) = (app.open("counts").await, app.begin().await);
    let session = app.session(container, tx, "s").await.unwrap();
    let package = app.package(session, "p").await.unwrap();
    app.set(package, "n", "1").await.unwrap();
    assert!(matches!(app.commit(tx).await, Err(Error::Unsupported(_))));
}
