//! A server of which everything is in use.

use std::sync::Arc;
use std::time::Duration;

use lovely_session_host::serve::Limits;
use lovely_session_tests::random::Random;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::running::{RunningServer, limits};

/// From so many requests at a time on, wasmtime's pools have several parts, one for each processor.
const PLACES: u32 = 128;
const CLIENTS: usize = 3 * PLACES as usize;
const REQUESTS: usize = 10;

/// How a client asks: and whether it waits for its answer, or leaves.
const REQUESTED: [(&str, bool); 5] =
    [("/hello", true), ("/hello", true), ("/hello", false), ("/trap", true), ("/half", false)];

async fn ask(server: &RunningServer, random: &mut Random) {
    let (path, stays) = random.choose(&REQUESTED);
    let asking = server.request(path);
    if !stays {
        let _left_or_answered = timeout(Duration::from_micros(random.below(2_000)), asking).await;
        return;
    }
    let status = asking.await.unwrap().status().as_u16();
    let expected = if path == "/hello" { 200 } else { 500 };
    assert_eq!(status, expected, "{path}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 16)]
async fn a_full_server_has_room_for_every_request_whose_turn_has_come() {
    let seed = Random::from_time().number();
    println!("seed {seed}");
    let mut random = Random::seeded(seed);
    // Time is not what this is about, and a busy machine takes its time.
    let request_time = Duration::from_secs(300);
    let limits = Limits { concurrent_requests: PLACES, request_time, ..limits() };
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
