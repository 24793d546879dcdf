//! A service from its configuration to its end, as `docs/operations.md` describes it: an application that calls a backend
//! with a secret from its environment runs behind TLS, with sessions in two memcached servers; its metrics are scraped, a
//! trace is seen whole, the page shows a server that was killed, and an operator ends one session and then all.

mod backend;

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use lovely_session_tests::authority::{Authority, CertificateFiles};
use lovely_session_tests::binary::{Serving, binary, run};
use lovely_session_tests::browser::Browser;
use lovely_session_tests::client::{client, client_builder};
use lovely_session_tests::memcached::MemcachedServer;
use opentelemetry_proto::tonic::trace::v1::Span;
use reqwest::Client;
use tempfile::TempDir;

use self::backend::Backend;
use super::admin::admin_url;
use super::admin::collector::Collector;

const SECRET: &str = "a-key-that-nobody-may-see";

/// How long things may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(40);

/// A running service, with everything around it.
struct Service {
    servers: [MemcachedServer; 2],
    backend: Backend,
    collector: Collector,
    serving: Serving,
    admin: String,
    client: Client,
    _files: (Authority, TempDir),
}

impl Service {
    async fn start() -> Self {
        let servers = [MemcachedServer::start(), MemcachedServer::start()];
        let (backend, collector) = (Backend::start().await, Collector::start().await);
        let authority = Authority::new();
        let directory = TempDir::new().unwrap();
        let store = store_url(&servers);
        let files = authority.certificate(&["127.0.0.1"]);
        let config = config(&directory, &files, &store, &backend, &collector);
        let mut command = Command::new(binary());
        let serving = Serving::watched(command.args(["serve", "--config"]).arg(config), |line| {
            let (_, rest) = line.split_once("serving on https://")?;
            rest.split('"').next().unwrap().parse().ok()
        });
        let client = trusting(&authority);
        let admin = admin_url(serving.start_log());
        Self { servers, backend, collector, serving, admin, client, _files: (authority, directory) }
    }

    /// Visits the shop, and returns the cookie and the count of visits.
    async fn visit(&self, cookie: Option<&str>) -> (String, String) {
        let request = self.client.get(format!("https://{}/", self.serving.address()));
        let request = cookie.into_iter().fold(request, |request, cookie| request.header("cookie", cookie));
        let response = request.send().await.unwrap();
        let set = response.headers().get("set-cookie").map(|set| set.to_str().unwrap().to_owned());
        let set = set.map(|set| set.split(';').next().unwrap().to_owned());
        let text = response.text().await.unwrap();
        let visits = text.strip_prefix("visits: ").unwrap_or_else(|| panic!("{text}"));
        let (visits, backend) = visits.split_once("; ").unwrap();
        assert_eq!(backend, "backend: 200\n");
        (set.or_else(|| cookie.map(str::to_owned)).unwrap(), visits.to_owned())
    }

    async fn admin_text(&self, path: &str) -> String {
        client().get(format!("{}{path}", self.admin)).send().await.unwrap().text().await.unwrap()
    }

    /// Runs a command of an operator, which has to succeed.
    fn operate(&self, arguments: &[&str]) -> String {
        let store = store_url(&self.servers);
        let (command, rest) = arguments.split_first().unwrap();
        let ended = run([&[*command, "--store", &store], rest].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        ended.stdout
    }
}

fn store_url(servers: &[MemcachedServer; 2]) -> String {
    let [one, other] = servers;
    format!("memcached://{},{}", one.address(), other.address())
}

/// Writes the configuration file, and returns its path.
fn config(
    directory: &TempDir,
    files: &CertificateFiles,
    store: &str,
    backend: &Backend,
    collector: &Collector,
) -> PathBuf {
    let (application, backend) = (env!("PROGRAM_SHOP_WASM"), backend.address());
    let (chain, key, collector) = (files.chain.display(), files.key.display(), collector.url());
    let text = format!(
        r#"
        application = "{application}"
        addr = "127.0.0.1:0"
        store = "{store}"
        no-cache = true
        env = ["API_KEY={SECRET}", "BACKEND={backend}"]
        allow-http = ["http://{backend}"]
        tls-cert = "{chain}"
        tls-key = "{key}"
        admin = "0"
        otlp = "{collector}"
        log-format = "json"
        "#
    );
    let path = directory.path().join("shop.toml");
    std::fs::write(&path, text).unwrap();
    path
}

/// A client that trusts the authority.
fn trusting(authority: &Authority) -> Client {
    let certificate = reqwest::Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    client_builder().tls_certs_only([certificate]).build().unwrap()
}

/// The spans of the trace that this request of the backend belongs to.
fn of_trace(spans: Vec<Span>, traceparent: &str) -> Vec<Span> {
    let trace = traceparent.split('-').nth(1).unwrap();
    let is_in =
        |span: &Span| span.trace_id.iter().map(|byte| format!("{byte:02x}")).collect::<String>() == trace;
    spans.into_iter().filter(is_in).collect()
}

/// Waits until the page says this.
async fn wait_to_see(browser: &Browser, words: &str) {
    let begun = Instant::now();
    loop {
        let text = browser.text().await;
        if text.contains(words) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{words:?} is not on the page:\n{text}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_run_watched_and_its_sessions_are_ended() {
    let mut service = Service::start().await;
    let (cookie, visits) = service.visit(None).await;
    assert_eq!(visits, "1");
    assert_eq!(service.visit(Some(&cookie)).await, (cookie.clone(), "2".to_owned()));

    // The backend was called with the secret, within the trace of the request.
    let calls = service.backend.calls();
    assert_eq!(calls.len(), 2);
    assert!(calls.iter().all(|call| call.authorization == format!("Bearer {SECRET}")));
    let traceparent = &calls[1].traceparent;
    let spans = of_trace(service.collector.spans(7).await, traceparent);
    let mut names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["GET", "store read", "store write", "transaction"]);

    let metrics = service.admin_text("/metrics").await;
    assert!(metrics.contains("lovely_session_requests_total{status=\"200\"} 2\n"), "{metrics}");
    assert!(
        metrics.contains("lovely_session_commits_total{container=\"shop\",outcome=\"done\"} 2\n"),
        "{metrics}"
    );

    the_page_shows_a_server_that_was_killed(&mut service).await;
    an_operator_ends_one_session_and_then_all(&service).await;

    let shown = service.admin_text("/metrics").await + &service.admin_text("/status").await;
    let traces = service.collector.received();
    service.serving.signal("TERM");
    let (status, log) = service.serving.wait();
    assert!(status.success(), "{log}");
    for place in [shown, traces, log] {
        assert!(!place.contains(SECRET), "the secret is in {place}");
        assert!(!place.contains(cookie.split_once('=').unwrap().1), "an id is in {place}");
    }
}

async fn the_page_shows_a_server_that_was_killed(service: &mut Service) {
    let browser = Browser::open().await;
    browser.go_to(&format!("{}/", service.admin)).await;
    wait_to_see(&browser, "Serving").await;
    let killed = service.servers[1].address();
    service.servers[1].stop();
    wait_to_see(&browser, "do not reply").await;
    wait_to_see(&browser, &killed).await;
    service.servers[1].restart();
    let begun = Instant::now();
    while browser.text().await.contains("do not reply") {
        assert!(begun.elapsed() < PATIENCE, "{}", browser.text().await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn an_operator_ends_one_session_and_then_all(service: &Service) {
    let ((ended, _), (stays, _)) = (service.visit(None).await, service.visit(None).await);
    let id = ended.split_once('=').unwrap().1;
    let stats = service.operate(&["stats"]);
    assert!(service.servers.iter().all(|server| stats.contains(&server.address())), "{stats}");
    service.operate(&["end", "--yes", "shop", id]);
    let (begun_anew, visits) = service.visit(Some(&ended)).await;
    assert_eq!(visits, "1");
    assert_ne!(begun_anew, ended);
    assert_eq!(service.visit(Some(&stays)).await.1, "2", "others go on");
    service.operate(&["invalidate", "--yes", "shop"]);
    for cookie in [stays, begun_anew] {
        assert_eq!(service.visit(Some(&cookie)).await.1, "1", "all have ended");
    }
}
