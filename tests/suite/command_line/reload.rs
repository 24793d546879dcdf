//! SIGHUP: the application and the certificate are read again.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::task::JoinSet;

use super::binary::Serving;
use crate::serve::certificates::Certificate;
use crate::serve::with_names_replaced;
use lovely_session_tests::client::client;

/// A served file that can be replaced.
struct Served {
    serving: Serving,
    file: PathBuf,
    _directory: TempDir,
}

fn misbehaving() -> Vec<u8> {
    fs::read(env!("PROGRAM_MISBEHAVE_WASM")).unwrap()
}

fn other() -> Vec<u8> {
    with_names_replaced(misbehaving(), "hello\n", "HELLO\n")
}

impl Served {
    fn start(arguments: &[String]) -> Self {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("app.wasm");
        fs::write(&file, misbehaving()).unwrap();
        let arguments = ["--no-cache".to_owned()].iter().chain(arguments).cloned().collect::<Vec<_>>();
        let serving = Serving::start_with(file.to_str().unwrap(), arguments);
        Self { serving, file, _directory: directory }
    }

    /// Replaces the application, and tells the process.
    fn reload(&self, application: &[u8]) {
        fs::write(&self.file, application).unwrap();
        self.serving.signal("HUP");
    }

    async fn hello(&self, client: &reqwest::Client) -> String {
        let response = client.get(self.serving.url("/hello")).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.text().await.unwrap()
    }

    /// Waits until the new application serves.
    async fn wait_for(&self, text: &str) {
        let (client, begun) = (client(), Instant::now());
        while self.hello(&client).await != text {
            assert!(begun.elapsed() < Duration::from_secs(120), "{text:?} does not come");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_application_is_served_without_a_failed_request() {
    let served = Arc::new(Served::start(&[]));
    let is_over = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for _ in 0..4 {
        let (served, is_over) = (served.clone(), is_over.clone());
        clients.spawn(async move {
            let client = client();
            while !is_over.load(Ordering::Relaxed) {
                assert_eq!(served.hello(&client).await.to_lowercase(), "hello\n");
            }
        });
    }
    served.reload(&other());
    // Once more at once: the last one wins.
    served.reload(&misbehaving());
    served.reload(&other());
    served.wait_for("HELLO\n").await;
    is_over.store(true, Ordering::Relaxed);
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    served.wait_for("HELLO\n").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_application_is_not_served_and_the_log_says_why() {
    let served = Served::start(&[]);
    served.reload(b"no component");
    served.serving.wait_for_log("cannot reload, and goes on as before: cannot serve");
    assert_eq!(served.hello(&client()).await, "hello\n");
    served.reload(&other());
    served.wait_for("HELLO\n").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_used_and_one_that_does_not_match_its_key_is_not() {
    let mut certificate = Certificate::new();
    let served = Served::start(&certificate.arguments());
    let address = served.serving.address();
    certificate.connect(address, &[]).await.unwrap();
    fs::write(certificate.files().key, fs::read(Certificate::new().files().key).unwrap()).unwrap();
    served.serving.signal("HUP");
    served.serving.wait_for_log("does not belong to the certificate");
    certificate.connect(address, &[]).await.unwrap();
    certificate.renew();
    served.serving.signal("HUP");
    served.serving.wait_for_log("reloaded");
    certificate.connect(address, &[]).await.unwrap();
}
