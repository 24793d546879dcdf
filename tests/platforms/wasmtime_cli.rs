//! wasmtime's own server, with the cart, the session component and the store in one component.

use std::path::{Path, PathBuf};
use std::process::Command;

use lovely_session_host::compose::{compose, with_store};
use lovely_session_host::{KV_MEMCACHED, SESSION_COMPONENT};
use lovely_session_tests::binary::Serving;
use lovely_session_tests::bytes::contains;
use lovely_session_tests::language::Language;
use lovely_session_tests::memcached::MemcachedServer;
use tempfile::TempDir;

use crate::hosts::installed;
use crate::story::{cart_story, parallel_increments};

/// The cart joined with the session component and the store, in a file.
fn composed(language: Language, directory: &Path) -> PathBuf {
    let sessions = with_store(SESSION_COMPONENT, KV_MEMCACHED).unwrap();
    let component = compose(&std::fs::read(language.cart()).unwrap(), &sessions).unwrap();
    assert!(contains(&component, SESSION_COMPONENT));
    let path = directory.join("cart.wasm");
    std::fs::write(&path, component).unwrap();
    path
}

/// Serves the cart on a free port.
fn serve(component: &Path, memcached: &MemcachedServer) -> Serving {
    let mut wasmtime = Command::new(installed("python/bin/wasmtime"));
    wasmtime.args(["serve", "-Scli", "-Sinherit-network", "--addr=127.0.0.1:0"]);
    wasmtime.arg(format!("--env=LOVELY_SESSION_MEMCACHED={}", memcached.address()));
    wasmtime.arg("--env=LOVELY_SESSION_MEMCACHED_TIMEOUT_MS=20000").arg(component);
    Serving::of(&mut wasmtime)
}

async fn succeeds_in(language: Language) {
    let (directory, memcached) = (TempDir::new().unwrap(), MemcachedServer::start());
    let serving = serve(&composed(language, directory.path()), &memcached);
    cart_story(&serving.url("")).await;
    parallel_increments(&serving.url("")).await;
}

#[tokio::test]
async fn the_story_and_parallel_increments_succeed_with_the_cart_in_rust() {
    succeeds_in(Language::Rust).await;
}

#[tokio::test]
async fn the_story_and_parallel_increments_succeed_with_the_cart_in_javascript() {
    succeeds_in(Language::JavaScript).await;
}

#[tokio::test]
async fn the_story_and_parallel_increments_succeed_with_the_cart_in_python() {
    succeeds_in(Language::Python).await;
}
