//! The README's first edge function, from the command that writes it to a visitor's second visit.

use std::fs;
use std::path::Path;
use std::process::Command;

use lovely_session_tests::binary::Serving;
use lovely_session_tests::client::client;
use tempfile::TempDir;

use crate::{in_target, run};

const README: &str = include_str!("../../README.md");

/// The content of the README's first block in a language.
fn block(language: &str) -> &'static str {
    let begin = README.find(&format!("\n```{language}\n")).unwrap() + language.len() + 5;
    let length = README[begin..].find("```\n").unwrap();
    &README[begin..begin + length]
}

/// A directory in which cargo knows no registry but the packed crates.
fn outside() -> TempDir {
    let directory = TempDir::new().unwrap();
    fs::create_dir(directory.path().join(".cargo")).unwrap();
    fs::copy(in_target("packages/.cargo/config.toml"), directory.path().join(".cargo/config.toml")).unwrap();
    directory
}

/// Writes the crate `counter` into a directory.
fn new_counter(directory: &Path) {
    let printed =
        run(Command::new(in_target("packages/bin/lovely-session")).args(["new", "counter"]), directory);
    for command in [
        "cargo build --release --target wasm32-wasip2",
        "lovely-session serve target/wasm32-wasip2/release/counter.wasm",
    ] {
        assert!(printed.contains(command), "{printed}");
        assert!(README.contains(command), "the README does not have: {command}");
    }
}

/// Visits with a cookie, and returns the text and the cookie that the visitor has then.
async fn visit(url: &str, cookie: Option<&str>) -> (String, String) {
    let request = client().get(url);
    let request = cookie.into_iter().fold(request, |request, cookie| request.header("cookie", cookie));
    let response = request.send().await.unwrap();
    let set = response.headers().get("set-cookie").map(|set| set.to_str().unwrap());
    let cookie = set.and_then(|set| set.split(';').next()).or(cookie).unwrap().to_owned();
    (response.text().await.unwrap(), cookie)
}

#[test]
fn the_readme_shows_the_new_crate_word_for_word() {
    let directory = outside();
    new_counter(directory.path());
    let written = |path| fs::read_to_string(directory.path().join("counter").join(path)).unwrap();
    assert_eq!(block("toml"), written("Cargo.toml"));
    assert_eq!(block("rs"), written("src/lib.rs"));
}

#[tokio::test]
async fn the_new_crate_is_built_and_served_from_the_packed_crates_alone() {
    let directory = outside();
    new_counter(directory.path());
    let counter = directory.path().join("counter");
    run(Command::new("cargo").args(["build", "--release", "--target", "wasm32-wasip2"]), &counter);
    let mut serve = Command::new(in_target("packages/bin/lovely-session"));
    serve.args(["serve", "target/wasm32-wasip2/release/counter.wasm", "--addr", "127.0.0.1:0", "--no-cache"]);
    let serving = Serving::of(serve.current_dir(&counter).env_remove("RUST_LOG"));
    let (text, cookie) = visit(&serving.url("/"), None).await;
    assert_eq!(text, "visits: 1\n");
    assert_eq!(visit(&serving.url("/"), Some(&cookie)).await.0, "visits: 2\n");
    assert_eq!(visit(&serving.url("/"), None).await.0, "visits: 1\n");
}
