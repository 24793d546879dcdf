//! The log as JSON.

use super::Observed;
use serde_json::Value;

#[tokio::test]
async fn the_log_is_json_and_tells_what_happens_to_sessions_without_their_ids() {
    let observed = Observed::start(&["--log-format", "json"]);
    let cookie = observed.visit(None).await;
    observed.visit(Some(&cookie)).await;
    let id = cookie.split_once('=').unwrap().1.to_owned();
    observed.serving.signal("TERM");
    let (status, log) = observed.serving.wait();
    assert!(status.success());
    assert!(!log.contains(&id), "{log}");
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let of = |target: &str| lines.iter().filter(|line| line["target"] == target).collect::<Vec<_>>();
    let [begun] = of("sessions")[..] else { panic!("{log}") };
    assert_eq!(
        (&begun["event"], &begun["container"], &begun["sessions"]),
        (&"begun".into(), &"counter".into(), &1.into())
    );
    assert_eq!(begun["trace_id"].as_str().unwrap().len(), 32);
    assert_eq!(of("access").len(), 2, "{log}");
    assert_eq!(of("access")[0]["status"], 200);
}

#[tokio::test]
async fn the_log_for_people_leaves_them_out() {
    let observed = Observed::start(&[]);
    observed.visit(None).await;
    observed.serving.signal("TERM");
    let (_, log) = observed.serving.wait();
    assert!(log.contains("request served") && !log.contains("begun"), "{log}");
}
