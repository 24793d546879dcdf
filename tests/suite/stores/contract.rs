//! The contract of `lovely:session/key-value`: each store keeps it, and stores that break it are reported.

mod broken_stores;

use std::sync::Arc;

use lovely_session_conformance::{Report, Status, Subject, check};
use lovely_session_host::{KeyValue, ManualClock, Memory};
use lovely_session_tests::memcached::MemcachedServer;

use self::broken_stores::{Broken, Defect};

/// A store in memory, or a wrapper around it, with a clock that the rules move.
fn in_memory(around: impl FnOnce(Memory) -> Arc<dyn KeyValue>) -> Subject {
    let clock = ManualClock::new();
    Subject::new(around(Memory::with_clock(clock.clone()))).with_clock(move |time| clock.advance(time))
}

async fn report_on(defect: Defect) -> Report {
    check(&in_memory(|memory| Arc::new(Broken::new(memory, defect)))).await
}

/// The status of a rule.
fn status<'a>(report: &'a Report, rule: &str) -> &'a Status {
    let finding = report.findings().iter().find(|finding| finding.rule == rule);
    &finding.unwrap_or_else(|| panic!("there is no rule `{rule}`")).status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_in_memory_keeps_the_contract() {
    let report = check(&in_memory(|memory| Arc::new(memory))).await;
    assert!(report.is_kept(), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_on_memcached_keeps_the_contract_and_no_entries_are_left() {
    let server = MemcachedServer::start();
    let report = check(&Subject::new(Arc::new(super::connect(&[&server]).await))).await;
    assert!(report.is_kept(), "{report}");
    assert_eq!(server.keys(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_on_several_memcached_servers_keeps_the_contract() {
    let (one, another) = (MemcachedServer::start(), MemcachedServer::start());
    let report = check(&Subject::new(Arc::new(super::connect(&[&one, &another]).await))).await;
    assert!(report.is_kept(), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_breaks_a_rule_is_reported_as_broken() {
    let cases = [
        (Defect::LastWriterWins, "a write with an old version is stale"),
        (Defect::LastWriterWins, "of many writes that race to create a key one is applied"),
        (Defect::LastWriterWins, "no update is lost when two clients increment"),
        (Defect::ComparesValues, "going back to the same value is a new version"),
        (Defect::ComparesValues, "a key that is created again has a new version"),
        (Defect::SlidingIsAChange, "sliding does not change the version"),
        (Defect::NeverExpires, "an entry expires with its lifetime"),
        (Defect::NeverSlides, "a touched entry lives longer"),
        (Defect::AlwaysSlides, "a read without touch slides no lifetime"),
        (Defect::ReversesResults, "outcomes and entries are in the order of the call"),
        (Defect::KeysIgnoreCase, "keys that look alike are different keys"),
        (Defect::MeasuresOneByOne, "a value over the largest size stops the whole call"),
        (Defect::ChecksNothing, "invalid keys fail"),
        (Defect::DropsNothing, "a dropped family has no entries"),
        (Defect::DropsNothing, "a write with the version of a dropped entry is missing"),
        (Defect::Panics, "an absent key is none"),
    ];
    for (defect, rule) in cases {
        let report = report_on(defect).await;
        assert!(report.is_broken() && !report.is_kept(), "{defect:?}: {report}");
        assert!(matches!(status(&report, rule), Status::Broken(_)), "{defect:?}, {rule}: {report}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_store_does_not_support_is_reported_as_unsupported() {
    let report = report_on(Defect::RefusesVersions).await;
    assert!(!report.is_broken() && !report.is_kept(), "{report}");
    for rule in ["a write with an old version is stale", "no update is lost when two clients increment"] {
        assert!(matches!(status(&report, rule), Status::Unsupported(_)), "{rule}: {report}");
    }
    assert_eq!(*status(&report, "a value comes back as it was put"), Status::Kept);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_cannot_drop_a_family_keeps_the_contract_and_says_so() {
    let report = report_on(Defect::RefusesDrops).await;
    assert!(report.is_kept() && !report.is_broken(), "{report}");
    assert!(matches!(status(&report, "a dropped family has no entries"), Status::Unsupported(_)), "{report}");
    assert!(
        report.to_string().contains("unsupported  a dropped family has no entries (optional)"),
        "{report}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_that_is_too_large_to_check_is_reported_as_not_tried() {
    let clock = ManualClock::new();
    let options =
        lovely_session_host::MemoryOptions { max_value_bytes: u64::MAX, max_total_bytes: 100 << 20 };
    let store = Memory::with_clock(clock.clone()).with_options(options);
    let subject = Subject::new(Arc::new(store)).with_clock(move |time| clock.advance(time));
    let report = check(&subject).await;
    assert!(!report.is_broken(), "{report}");
    assert!(matches!(status(&report, "a value of the largest size is stored"), Status::NotTried(_)));
}

#[tokio::test]
async fn a_file_that_is_not_a_store_component_is_refused_with_the_reason() {
    use lovely_session_host::SESSION_COMPONENT;
    use lovely_session_host::{ComponentError, ComponentStore};

    let refusal = |bytes: &[u8]| ComponentStore::with_wasi(bytes, Vec::new()).unwrap_err();
    assert!(matches!(refusal(b"no component"), ComponentError::Invalid(_)));
    assert!(matches!(refusal(SESSION_COMPONENT), ComponentError::Unfit(_)));
}
