//! More requests than the server can serve.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lovely_session_host::serve::Limits;
use lovely_session_tests::binary::Serving;
use lovely_session_tests::client::client;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::running::{RunningServer, limits};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_too_long_for_a_slot_is_a_503_with_retry_after() {
    let waiting_time = Duration::from_millis(200);
    let limits = Limits { concurrent_requests: 1, waiting_time, ..limits() };
    let server = RunningServer::start_with(limits).await;
    let mut running = server.connect();
    running.send_request("/pause");
    running.read_up_to("before the pause, ");
    let begun = Instant::now();
    let busy = server.request("/hello").await.unwrap();
    assert_eq!((busy.status().as_u16(), busy.headers()["retry-after"].to_str().unwrap()), (503, "1"));
    assert!(begun.elapsed() >= waiting_time, "{:?}", begun.elapsed());
    running.read_up_to("after it\n");
    assert_eq!(server.get("/hello").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_behind_a_full_queue_is_a_503_at_once() {
    let limits = Limits { concurrent_requests: 1, waiting: 1, ..limits() };
    let server = RunningServer::start_with(limits).await;
    let mut running = server.connect();
    running.send_request("/pause");
    running.read_up_to("before the pause, ");
    let (first, second) = (server.begin_request("/hello"), server.begin_request("/hello"));
    let (first, second) = (first.await.unwrap().unwrap(), second.await.unwrap().unwrap());
    let mut statuses = [first.status().as_u16(), second.status().as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 503]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_over_the_limit_takes_the_place_of_an_idle_one() {
    let server = RunningServer::start_with(Limits { connections: 1, ..limits() }).await;
    let mut idle = server.connect();
    idle.send_request("/hello");
    idle.read_response();
    let mut another = server.connect();
    another.send_request("/hello");
    assert!(another.read_response().starts_with("HTTP/1.1 200 "));
    assert_eq!(idle.read_to_the_end(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_over_the_limit_gets_a_503_when_none_becomes_idle() {
    for (waiting, waiting_time) in [(0, 20_000), (100, 200)] {
        let waiting_time = Duration::from_millis(waiting_time);
        let limits = Limits { connections: 1, waiting, waiting_time, ..limits() };
        let server = RunningServer::start_with(limits).await;
        let mut running = server.connect();
        running.send_request("/pause");
        running.read_up_to("before the pause, ");
        let mut another = server.connect();
        another.send_request("/hello");
        let response = another.read_to_the_end();
        assert!(response.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{response}");
        assert!(response.contains("\r\nretry-after: 1\r\n"), "{response}");
        running.read_up_to("after it\n");
    }
}

/// The slots of the overloaded server, and how long each request keeps one.
const SLOTS: u32 = 4;
const SLOW: Duration = Duration::from_millis(700);

/// The time between two requests of an open load of twice what these slots can serve.
const PERIOD: Duration = SLOW.checked_div(2 * SLOTS).unwrap();

const LOAD: Duration = Duration::from_secs(6);
const WAITING: Duration = Duration::from_secs(1);

/// How long the other work of a busy machine may delay a response.
const DELAY: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn an_open_load_of_twice_the_capacity_is_served_as_far_as_possible_and_the_rest_refused() {
    let slots = SLOTS.to_string();
    let arguments = ["--max-requests", &slots, "--max-waiting", "4", "--no-cache"];
    let server = Arc::new(Serving::start_with(env!("PROGRAM_MISBEHAVE_WASM"), arguments));
    let client = client();
    let mut requests = JoinSet::new();
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let begun = Instant::now();
    let mut early_size = 0;
    while begun.elapsed() < LOAD {
        ticks.tick().await;
        let request = client.get(server.url("/slow")).send();
        requests.spawn(async move {
            let begun = Instant::now();
            (request.await.unwrap().status().as_u16(), begun.elapsed())
        });
        if early_size == 0 && begun.elapsed() > LOAD / 3 {
            early_size = resident(&server);
        }
    }
    let late_size = resident(&server);
    let outcomes = requests.join_all().await;
    let [served, refused] = [200, 503].map(|status| of_status(&outcomes, status));
    assert_eq!(served.len() + refused.len(), outcomes.len());
    // As many as the slots allow in this time, with some allowance.
    let possible = LOAD.as_millis() / SLOW.as_millis() * u128::from(SLOTS);
    assert!(served.len() as u128 > possible * 3 / 4, "{} of {possible}", served.len());
    assert!(refused.len() > outcomes.len() / 4, "{} of {}", refused.len(), outcomes.len());
    assert!(served.iter().all(|time| *time < WAITING + SLOW + DELAY), "{served:?}");
    assert!(refused.iter().all(|time| *time < WAITING + DELAY), "{refused:?}");
    // At once, or after a tenth of the time that others wait.
    let median = refused.get(refused.len() / 2).unwrap();
    assert!(*median < WAITING / 4, "{refused:?}");
    assert!(late_size < early_size + (8 << 20), "grown from {early_size} to {late_size} bytes");
    // It has recovered.
    sleep(Duration::from_millis(100)).await;
    let after = timeout(WAITING + DELAY, client.get(server.url("/hello")).send()).await.unwrap().unwrap();
    assert_eq!(after.status(), 200);
}

fn of_status(outcomes: &[(u16, Duration)], wanted: u16) -> Vec<Duration> {
    let with_it = outcomes.iter().filter(|(status, _)| *status == wanted);
    let mut times: Vec<_> = with_it.map(|(_, time)| *time).collect();
    times.sort_unstable();
    times
}

/// The memory of a process, in bytes.
fn resident(server: &Serving) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() << 10
}
