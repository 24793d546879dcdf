//! An application that is replaced while the server runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lovely_session_host::serve::{Application, Limits, ReloadError};
use tokio::task::JoinSet;

use super::running::{RunningServer, limits, misbehaving, misbehaving_file};
use super::with_names_replaced;

/// The program with another response to `/hello`.
fn other(limits: Limits) -> Application {
    Application::load(&with_names_replaced(misbehaving_file(), "hello\n", "HELLO\n"), limits).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn new_requests_get_the_new_application_and_no_request_fails() {
    let limits = Limits { waiting_time: Duration::from_secs(60), ..limits() };
    let mut reloader = None;
    let server = RunningServer::serve_changed(misbehaving(limits.clone()), |server| {
        reloader = Some(server.reloader());
        server
    })
    .await;
    let (server, reloader) = (Arc::new(server), reloader.unwrap());
    let replaced = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for _ in 0..4 {
        let (server, replaced) = (server.clone(), replaced.clone());
        clients.spawn(async move {
            let mut has_seen = [false; 2];
            loop {
                let is_new = replaced.load(Ordering::SeqCst);
                let (status, text) = server.get("/hello").await;
                assert_eq!((status, text.to_lowercase().as_str()), (200, "hello\n"));
                assert!(!is_new || text == "HELLO\n", "the old application served a new request");
                has_seen[usize::from(text == "HELLO\n")] = true;
                if has_seen == [true; 2] {
                    return;
                }
            }
        });
    }
    let slow = server.begin_request("/slow");
    let new = tokio::task::spawn_blocking(move || other(limits)).await.unwrap();
    let running = server.begin_request("/pause").await.unwrap().unwrap();
    reloader.replace_application(new).unwrap();
    replaced.store(true, Ordering::SeqCst);
    assert_eq!(running.text().await.unwrap(), "before the pause, after it\n");
    assert_eq!(slow.await.unwrap().unwrap().status(), 200);
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
}

#[tokio::test]
async fn an_application_with_other_limits_is_refused() {
    let mut reloader = None;
    let server = RunningServer::serve_changed(misbehaving(limits()), |server| {
        reloader = Some(server.reloader());
        server
    })
    .await;
    let reloader = reloader.unwrap();
    let new = other(Limits { concurrent_requests: 4, ..reloader.limits().clone() });
    assert_eq!(reloader.replace_application(new), Err(ReloadError::OtherLimits));
    assert_eq!(server.get("/hello").await, (200, "hello\n".into()));
}
