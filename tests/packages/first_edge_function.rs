//! The README's first edge function, from the command that writes it to a visitor's second visit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lovely_session_tests::binary::{Serving, binary};
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
    assert!(printed.contains("cargo build --release --target wasm32-wasip2"), "{printed}");
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

/// A file of the project that `scripts/packages.sh` has written and built in a language.
fn project(language: &str, file: &str) -> PathBuf {
    in_target(&format!("packages/projects/{language}/counter/{file}"))
}

#[test]
fn the_readme_shows_the_new_projects_word_for_word() {
    let directory = outside();
    new_counter(directory.path());
    let library = fs::read_to_string(directory.path().join("counter/src/lib.rs")).unwrap();
    assert!(library.contains(block("rs")));
    assert_eq!(block("js"), fs::read_to_string(project("javascript", "src/app.js")).unwrap());
    assert_eq!(block("py"), fs::read_to_string(project("python", "app.py")).unwrap());
}

#[test]
fn the_readme_has_the_commands_that_are_printed() {
    for language in ["rust", "javascript", "typescript", "python"] {
        let directory = TempDir::new().unwrap();
        let mut new = Command::new(in_target("packages/bin/lovely-session"));
        let printed = run(new.args(["new", "counter", "--language", language]), directory.path());
        let steps: Vec<_> = printed.lines().filter_map(|line| line.strip_prefix("  ")).collect();
        let [build, serve] = steps[steps.len() - 2..] else { panic!("{printed}") };
        let component = serve.strip_prefix("lovely-session serve ").unwrap();
        for shown in [language, build, component] {
            assert!(README.contains(&format!("`{shown}`")), "the README does not have: {shown}");
        }
    }
}

/// The counter in a language, which the printed command has built from the packed SDK. It is served by this build of the
/// host: the installed one is built without optimisation, and would compile an interpreter for minutes.
async fn counts_visits(language: &str, component: &str) {
    let mut serve = Command::new(binary());
    serve.arg("serve").arg(project(language, component)).args(["--addr", "127.0.0.1:0", "--no-cache"]);
    let serving = Serving::of(serve.env_remove("RUST_LOG"));
    let (text, cookie) = visit(&serving.url("/"), None).await;
    assert_eq!(text, "visits: 1\n");
    assert_eq!(visit(&serving.url("/"), Some(&cookie)).await.0, "visits: 2\n");
    assert_eq!(visit(&serving.url("/"), Some("sid=planted")).await.0, "visits: 1\n");
    assert_eq!(visit(&serving.url("/"), None).await.0, "visits: 1\n");
}

#[tokio::test]
async fn the_new_project_in_javascript_counts_visits() {
    counts_visits("javascript", "build/counter.wasm").await;
}

#[tokio::test]
async fn the_new_project_in_typescript_counts_visits() {
    counts_visits("typescript", "build/counter.wasm").await;
}

#[tokio::test]
async fn the_new_project_in_python_counts_visits() {
    counts_visits("python", "counter.wasm").await;
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
