//! Health and readiness.

use super::Observed;
use lovely_session_tests::memcached::MemcachedServer;

#[tokio::test]
async fn a_server_is_ready_while_all_servers_of_its_store_reply() {
    let (stays, mut goes) = (MemcachedServer::start(), MemcachedServer::start());
    let observed = Observed::start_on(&[&stays, &goes], &[]);
    assert_eq!(observed.get("/readyz").await.status(), 200);
    let address = goes.address();
    goes.stop();
    wait_until_readyz_is(&observed, 503).await;
    let reason = observed.get("/readyz").await.text().await.unwrap();
    assert!(reason.contains(&address) && reason.contains("do not reply"), "{reason}");
    assert!(!reason.contains(&stays.address()), "{reason}");
    assert_eq!(observed.get("/healthz").await.status(), 200, "the process runs");
    goes.restart();
    wait_until_readyz_is(&observed, 200).await;
}

#[tokio::test]
async fn readiness_is_told_in_a_second_while_the_store_is_frozen() {
    let store = MemcachedServer::start();
    let observed = Observed::start_on(&[&store], &[]);
    store.pause();
    wait_until_readyz_is(&observed, 503).await;
    let begun = std::time::Instant::now();
    let metrics = observed.metrics().await;
    assert!(begun.elapsed().as_secs() < 5, "a scrape takes {:?}", begun.elapsed());
    assert!(metrics.iter().any(|(name, _)| name.starts_with("lovely_session_store_server_up")));
    store.resume();
    wait_until_readyz_is(&observed, 200).await;
}

#[tokio::test]
async fn a_store_in_memory_is_ready_at_once() {
    let observed = Observed::start(&[]);
    assert_eq!(observed.get("/readyz").await.status(), 200);
}

/// Asks until the status is this one. It takes at most the time for which a result is kept, and one timeout.
async fn wait_until_readyz_is(observed: &Observed, status: u16) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while observed.get("/readyz").await.status() != status {
        assert!(std::time::Instant::now() < deadline, "it never becomes {status}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
