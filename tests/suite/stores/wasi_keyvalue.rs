//! The store component for `wasi:keyvalue`, on a host that has it: what it keeps of the contract, and what it refuses.

mod buckets;

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
async fn versions_hold_and_lifetimes_are_unsupported() {
    let report = report_on(buckets::store(&buckets::Buckets::default())).await;
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
async fn sessions_conflict_and_end_by_their_record() {
    let world = World::over(Arc::new(buckets::store(&buckets::Buckets::default())));
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
