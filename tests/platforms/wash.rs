//! wasmCloud's `wash`: the cart joined with its sessions in one component, and components that wash links at its start.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use lovely_session_host::compose::{compose, with_store};
use lovely_session_host::{KV_MEMCACHED, SESSION_COMPONENT};
use lovely_session_tests::binary::Serving;
use lovely_session_tests::bytes::contains;
use lovely_session_tests::language::Language;
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::visitor::Visitor;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::hosts::installed;
use crate::story::{cart_story, parallel_increments};

const PLATFORMS: &str = include_str!("../../docs/platforms.md");

/// The name of the machine inside wash. Its components cannot use `127.0.0.1`.
const MACHINE: &str = "host.wasmcloud.internal";

/// A directory with components, and a memcached for their sessions.
struct Project {
    directory: TempDir,
    memcached: MemcachedServer,
}

impl Project {
    fn new() -> Self {
        Self { directory: TempDir::new().unwrap(), memcached: MemcachedServer::start() }
    }

    fn write(&self, name: &str, component: &[u8]) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, component).unwrap();
        path
    }

    /// Serves an application that is linked with the other components, and checks it with the story and parallel
    /// increments.
    async fn holds(&self, application: &Path, others: &[&Path]) {
        let serving = self.serve("config.json", &self.configuration(application, others).to_string());
        cart_story(&serving.url("")).await;
        parallel_increments(&serving.url("")).await;
    }

    /// Starts wash without the configuration of its user, and waits until it is ready.
    fn serve(&self, file: &str, configuration: &str) -> Serving {
        let directory = self.directory.path();
        std::fs::create_dir(directory.join(".wash")).unwrap();
        std::fs::write(directory.join(".wash").join(file), configuration).unwrap();
        let mut wash = Command::new(installed("python/bin/wash"));
        // Backtraces of errors in calls between components would take longer than the calls.
        wash.env("RUST_BACKTRACE", "0")
            .env("HOME", directory)
            .envs(["CONFIG", "CACHE", "DATA"].map(|kind| (format!("XDG_{kind}_HOME"), directory)));
        wash.arg("-C").arg(directory).args(["--non-interactive", "dev"]);
        Serving::watched(&mut wash, readiness())
    }

    /// The configuration of wash: the components, and the addresses that they may reach.
    fn configuration(&self, application: &Path, others: &[&Path]) -> Value {
        let address: SocketAddr = self.memcached.address().parse().unwrap();
        let port = address.port().to_string();
        // Long, because other tests can keep the machine busy.
        let environment = json!({
            "LOVELY_SESSION_MEMCACHED": format!("{MACHINE}:{port}"),
            "LOVELY_SESSION_MEMCACHED_TIMEOUT_MS": "20000",
        });
        let linked = |path: &&Path| json!({"name": path.file_stem().unwrap().to_str(), "file": path});
        json!({
            "dev": {
                "address": "127.0.0.1:0",
                "command": "true",
                "component_path": application,
                "components": others.iter().map(linked).collect::<Value>(),
            },
            "workload": {
                "environment": {"config": environment},
                "allowedHosts": [],
                "allowedHostLoopbackPorts": [port],
            },
        })
    }
}

/// The recipe in `docs/platforms.md`, with other ports.
#[tokio::test]
async fn the_recipe_for_wash_serves_the_counter() {
    let project = Project::new();
    let recipe = PLATFORMS.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let port = project.memcached.address().rsplit(':').next().unwrap().to_owned();
    let recipe = recipe.replace("11211", &port).replacen("dev:\n", "dev:\n  address: 127.0.0.1:0\n", 1);
    let components = project.directory.path().join("target/components");
    std::fs::create_dir_all(&components).unwrap();
    let sessions = with_store(SESSION_COMPONENT, KV_MEMCACHED).unwrap();
    std::fs::write(components.join("lovely-session-memcached.wasm"), sessions).unwrap();
    project.write("counter.wasm", &std::fs::read(env!("COUNTER_WASM")).unwrap());
    let serving = project.serve("config.yaml", &recipe);
    let mut visitor = Visitor::new(serving.url(""));
    assert_eq!(visitor.get("/").await.body, "visits: 1\n");
    assert_eq!(visitor.get("/").await.body, "visits: 2\n");
}

/// Finds wash's address in its log, once its components are ready: it listens before that.
fn readiness() -> impl FnMut(&str) -> Option<SocketAddr> {
    let mut address = None;
    move |line| {
        if let Some((_, rest)) = line.split_once("HTTP server listening addr=") {
            address = rest.split_whitespace().next().map(|text| text.parse().unwrap());
        }
        address.filter(|_| line.contains("listening for HTTP requests"))
    }
}

/// The cart, the session component and the store in one component.
async fn composed_succeeds(language: Language) {
    let project = Project::new();
    let sessions = with_store(SESSION_COMPONENT, KV_MEMCACHED).unwrap();
    let component = compose(&std::fs::read(language.cart()).unwrap(), &sessions).unwrap();
    assert!(contains(&component, SESSION_COMPONENT));
    project.holds(&project.write("cart.wasm", &component), &[]).await;
}

/// The cart, and the session component joined with the store.
async fn linked_succeeds(language: Language) {
    let project = Project::new();
    let sessions = with_store(SESSION_COMPONENT, KV_MEMCACHED).unwrap();
    assert!(contains(&sessions, SESSION_COMPONENT));
    project.holds(&language.cart(), &[&project.write("sessions.wasm", &sessions)]).await;
}

#[tokio::test]
async fn the_story_and_parallel_increments_succeed_with_one_component_in_rust() {
    composed_succeeds(Language::Rust).await;
}

#[tokio::test]
async fn the_story_and_parallel_increments_succeed_with_one_component_in_javascript() {
    composed_succeeds(Language::JavaScript).await;
}

#[tokio::test]
async fn the_story_and_parallel_increments_succeed_with_one_component_in_python() {
    composed_succeeds(Language::Python).await;
}

#[tokio::test]
async fn the_story_and_parallel_increments_succeed_when_wash_links_sessions_to_the_cart_in_rust() {
    linked_succeeds(Language::Rust).await;
}

#[tokio::test]
async fn the_story_and_parallel_increments_succeed_when_wash_links_sessions_to_the_cart_in_javascript() {
    linked_succeeds(Language::JavaScript).await;
}

#[tokio::test]
async fn the_story_and_parallel_increments_succeed_when_wash_links_sessions_to_the_cart_in_python() {
    linked_succeeds(Language::Python).await;
}

/// The cart, the session component and the store, as separate components.
#[tokio::test]
async fn the_story_and_parallel_increments_succeed_when_wash_links_the_store_to_sessions_as_well() {
    let project = Project::new();
    let sessions = project.write("sessions.wasm", SESSION_COMPONENT);
    let store = project.write("store.wasm", KV_MEMCACHED);
    project.holds(&Language::Rust.cart(), &[&sessions, &store]).await;
}
