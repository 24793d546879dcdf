//! A server at the limit of its concurrent requests.

use std::sync::Arc;
use std::time::Duration;

use lovely_session_host::serve::Limits;
use lovely_session_tests::random::Random;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::running::{RunningServer, limits};

/// With this number of requests or more, wasmtime's pools have several parts, one for each processor.
const SLOTS: u32 = 128;
const CLIENTS: usize = 3 * SLOTS as usize;
const REQUESTS: usize = 10;

/// The path of a request, and whether the client waits for the response or disconnects.
const REQUESTED: [(&str, bool); 5] =
    [("/hello", true), ("/hello", true), ("/hello", false), ("/trap", true), ("/half", false)];

async fn ask(server: &RunningServer, random: &mut Random) {
    let (path, stays) = random.choose(&REQUESTED);
    let asking = server.request(path);
    if !stays {
        let _disconnected_or_served = timeout(Duration::from_micros(random.below(2_000)), asking).await;
        return;
    }
    let status = asking.await.unwrap().status().as_u16();
    let expected = if path == "/hello" { 200 } else { 500 };
    assert_eq!(status, expected, "{path}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 16)]
async fn a_full_server_has_memory_for_every_request_that_has_a_slot() {
    let seed = Random::from_time().number();
    println!("seed {seed}");
    let mut random = Random::seeded(seed);
    // This test is not about time limits, and a busy machine is slow.
    let request_time = Duration::from_secs(300);
    let limits = Limits { concurrent_requests: SLOTS, request_time, waiting_time: request_time, ..limits() };
    let server = Arc::new(RunningServer::start_with(limits).await);
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (server, mut random) = (server.clone(), random.fork());
        clients.spawn(async move {
            for _ in 0..REQUESTS {
                ask(&server, &mut random).await;
            }
        });
    }
    while let Some(done) = clients.join_next().await {
        done.unwrap();
    }
}
