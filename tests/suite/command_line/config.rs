//! The configuration file of `serve`.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::binary::{Ended, Serving, binary, run};
use lovely_session_tests::client::client;

const CALLER: &str = env!("PROGRAM_CALLER_WASM");

/// A file with this text, in a directory of its own.
fn file(text: &str) -> (TempDir, PathBuf) {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("serve.toml");
    std::fs::write(&path, text).unwrap();
    (directory, path)
}

/// The beginning of a file that serves the program `caller` on a free port.
fn caller() -> String {
    let cache = concat!(env!("CARGO_TARGET_TMPDIR"), "/caller-cache");
    format!("application = '{CALLER}'\naddr = '127.0.0.1:0'\nmax-requests = 8\ncache = '{cache}'\n")
}

fn serve(config: &Path) -> Command {
    let mut command = Command::new(binary());
    command.arg("serve").arg("--config").arg(config).env_remove("RUST_LOG");
    command
}

/// Serves with a file, and returns how that fails.
fn refusal(text: &str) -> Ended {
    let (_directory, path) = file(text);
    let ended = run([Path::new("serve"), Path::new("--config"), &path]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    ended
}

async fn get(serving: &Serving, path: &str) -> String {
    client().get(serving.url(path)).send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn the_keys_of_the_file_are_the_flags() {
    let text = caller() + "env = ['A=1', 'B=2']\ntime-limit = 5\nmax-memory = '32MiB'\nmax-body = 4096\n";
    let (_directory, path) = file(&text);
    let serving = Serving::of(&mut serve(&path));
    assert_eq!(get(&serving, "/environment").await, "A=1\nB=2");
    assert!(serving.start_log().contains("using the configuration file"), "{}", serving.start_log());
    let body = client().post(serving.url("/environment")).body(vec![b'x'; 4097]);
    assert_eq!(body.send().await.unwrap().status(), 413);
}

#[tokio::test]
async fn the_command_line_replaces_the_values_of_a_key() {
    let (_directory, path) = file(&(caller() + "env = ['A=1', 'B=2']\nmax-body = 4096\n"));
    let serving = Serving::of(serve(&path).args(["--env", "C=3", "--no-cache"]));
    assert_eq!(get(&serving, "/environment").await, "C=3");
    let (_directory, path) = file("application = 'nowhere.wasm'\nenv = ['A=1']\naddr = '127.0.0.1:0'\n");
    let serving = Serving::of(serve(&path).args([CALLER, "--max-requests=8"]));
    assert_eq!(get(&serving, "/environment").await, "A=1");
}

#[tokio::test]
async fn relative_paths_are_relative_to_the_file() {
    let (directory, path) =
        file("application = 'app.wasm'\naddr = '127.0.0.1:0'\nmax-requests = 8\ndir = ['assets=/data']\n");
    std::fs::copy(CALLER, directory.path().join("app.wasm")).unwrap();
    std::fs::create_dir(directory.path().join("assets")).unwrap();
    std::fs::write(directory.path().join("assets/text"), "an asset").unwrap();
    let serving = Serving::of(&mut serve(&path));
    assert_eq!(get(&serving, "/read?/data/text").await, "an asset");
}

/// Every kind of mistake. The values are secrets, or would be in another file.
const MISTAKES: &str = "\
application = 8
max-memry = 's3cret-1'
time-limit = '30'
max-body = 's3cret-2'
header-timeout = 0
env = ['=s3cret-3', 'A=s3cret-4', 'NOT_SET_ANYWHERE']
no-cache = 's3cret-5'
allow-http = ['https://user:s3cret-6@a', 'https://a']
dir = 'nowhere=/data'
store = 1.5
config = 'other.toml'
broken = = 's3cret-7'
env = ['B=s3cret-8']
[limits]
max-requests = 'unterminated
";

#[test]
fn all_mistakes_are_told_at_once_with_their_lines_and_without_values() {
    let message = refusal(MISTAKES).stderr;
    for wanted in [
        "line 1: `application` has to be a string, but this is of type integer",
        "line 2: there is no key `max-memry`; did you mean `max-memory`?",
        "line 3: `time-limit` has to be a number, but this is of type string",
        "line 4: `max-body` has a value that is not possible: a size is a whole number",
        "line 5: `header-timeout` has a value that is not possible: 0 is not in 1..",
        "line 6: `env` has a value that is not possible: an environment variable needs a name",
        "line 6: `env` has a value that is not possible: the environment variable `NOT_SET_ANYWHERE` is not set",
        "line 7: `no-cache` has to be true or false, but this is of type string",
        "line 8: `allow-http` has a value that is not possible: an origin has no user or password",
        "line 9: `dir` has to be an array, each of its values a string, but this is of type string",
        "line 10: `store` has to be a string or a number, but this is of type float",
        "line 11: there is no key `config`",
        "line 12: this is not valid TOML",
        "line 13: this is not valid TOML: duplicate key",
        "line 14: there is no key `limits`",
        "line 15: this is not valid TOML",
    ] {
        assert!(message.contains(wanted), "{wanted:?} is not in:\n{message}");
    }
    assert!(!message.contains("s3cret"), "{message}");
    let lines: Vec<usize> = message
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("line ")?.split(':').next()?.parse().ok())
        .collect();
    assert!(lines.is_sorted() && lines.len() >= 16, "{message}");
}

#[test]
fn keys_that_exclude_each_other_are_told_with_their_line() {
    let message = refusal("application = 'app.wasm'\ncache = 'here'\n\nno-cache = true\n").stderr;
    assert!(message.contains("line 4: `no-cache` cannot be used together with `cache`"), "{message}");
}

#[test]
fn a_file_that_is_missing_or_no_text_is_told() {
    let ended = run(["serve", "--config", "nowhere.toml"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("cannot read the configuration file `nowhere.toml`"), "{}", ended.stderr);
    let (_directory, path) = file("");
    std::fs::write(&path, b"addr = 'x'\n\xff").unwrap();
    let ended = run([Path::new("serve"), Path::new("--config"), &path]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("line 2: this is not text in UTF-8"), "{}", ended.stderr);
}

#[test]
fn a_file_without_an_application_needs_one_on_the_command_line() {
    let message = refusal("env = ['A=s3cret']\n").stderr;
    assert!(message.contains("APP.wasm") && !message.contains("s3cret"), "{message}");
}

#[test]
fn an_invalid_command_line_is_told_whatever_the_file_has() {
    let (_directory, path) = file(&caller());
    let ended = run([Path::new("serve"), Path::new("--config"), &path, Path::new("--time-limit=0")]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("--time-limit"), "{}", ended.stderr);
}
