//! What `serve` grants to an application with `--env`, `--dir` and `--allow-http`.

use std::net::SocketAddr;
use std::process::Command;

use tempfile::TempDir;

use super::binary::{Serving, binary, run};
use crate::serve::authority::Authority;
use crate::serve::backend::Backend;
use lovely_session_tests::client::client;

const CALLER: &str = env!("PROGRAM_CALLER_WASM");

/// The command that serves the program `caller`.
fn serve(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(["serve", CALLER, "--addr", "127.0.0.1:0", "--max-requests", "8"]);
    // The first of these tests compiles the program for all.
    command.args(["--cache", concat!(env!("CARGO_TARGET_TMPDIR"), "/caller-cache")]);
    command.args(arguments).env_remove("RUST_LOG").env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
    command
}

async fn get(serving: &Serving, path: &str) -> String {
    let response = client().get(serving.url(path)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.text().await.unwrap()
}

/// The log of a server, which is stopped.
fn log_of(serving: Serving) -> String {
    let start = serving.start_log().to_owned();
    serving.signal("TERM");
    start + &serving.wait().1
}

#[tokio::test]
async fn an_application_gets_variables_given_and_passed_on_and_no_others() {
    let mut command =
        serve(&["--env", "GIVEN=a=b", "--env", "EMPTY=", "--env", "PASSED", "--env", "GIVEN=c"]);
    let serving = Serving::of(command.env("PASSED", "passed on").env("OTHER", "not this"));
    assert_eq!(get(&serving, "/environment").await, "EMPTY=\nGIVEN=c\nPASSED=passed on");
}

#[tokio::test]
async fn an_application_reads_a_directory_at_its_own_path() {
    let directory = TempDir::new().unwrap();
    std::fs::write(directory.path().join("text"), "in a file").unwrap();
    let grant = format!("{}=/data", directory.path().display());
    let serving = Serving::of(&mut serve(&["--dir", &grant]));
    assert_eq!(get(&serving, "/read?/data/text").await, "in a file");
    assert_eq!(get(&serving, "/write?/data/text").await, "PermissionDenied");
}

#[test]
fn grants_that_cannot_be_made_exit_with_2_and_say_what_to_write() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let on_file = format!("{}=/data", file.path().display());
    for (arguments, wanted) in [
        (["--env", "NOT_SET_ANYWHERE"], "`NOT_SET_ANYWHERE` is not set"),
        (["--env", "=a-secret"], "NAME=VALUE"),
        (["--dir", "/tmp"], "HOST=GUEST"),
        (["--dir", "/nowhere=/data"], "`/nowhere` cannot be read"),
        (["--dir", &on_file], "cannot be read"),
        (["--allow-http", "api.example.com"], "https://api.example.com"),
        (["--allow-http", "https://user:a-secret@a"], "no user or password"),
        (["--allow-http", "https://a/path"], "no path"),
        (["--max-http-response", "much"], "64MiB"),
    ] {
        let ended = run([&["serve", CALLER][..], &arguments].concat());
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(wanted), "{wanted:?} is not in:\n{}", ended.stderr);
        assert!(arguments[0] != "--env" || !ended.stderr.contains("a-secret"), "{}", ended.stderr);
    }
}

/// A server that trusts this authority, and may call a backend under two names.
fn trusting(authority: &Authority, backend: SocketAddr, directory: &TempDir) -> Serving {
    let names = ["127.0.0.1", "localhost"].map(|name| format!("https://{name}:{}", backend.port()));
    let mut command = serve(&["--allow-http", &names[0], "--allow-http", &names[1]]);
    Serving::of(command.env("SSL_CERT_FILE", authority.write_to(directory.path())))
}

#[tokio::test]
async fn an_application_calls_a_backend_with_tls_whose_authority_is_in_the_file_of_ssl_cert_file() {
    let (authority, directory) = (Authority::new(), TempDir::new().unwrap());
    let backend = Backend::with_tls(authority.acceptor("127.0.0.1")).await;
    let serving = trusting(&authority, backend.address, &directory);
    for _ in 0..3 {
        let got = get(&serving, &format!("/get?https://{}/hello", backend.address)).await;
        assert_eq!(got, "200 hello from the backend");
    }
    assert_eq!(backend.seen().requests.len(), 3);
}

#[tokio::test]
async fn a_certificate_for_another_name_or_expired_or_of_an_unknown_authority_is_refused() {
    let (authority, directory) = (Authority::new(), TempDir::new().unwrap());
    let acceptors = [
        authority.acceptor("127.0.0.1"),
        authority.expired("localhost"),
        Authority::new().acceptor("localhost"),
    ];
    for acceptor in acceptors {
        let backend = Backend::with_tls(acceptor).await;
        let serving = trusting(&authority, backend.address, &directory);
        let got = get(&serving, &format!("/get?https://localhost:{}/hello", backend.address.port())).await;
        assert_eq!(got, "ErrorCode::TlsCertificateError");
        assert_eq!(backend.seen().requests, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_backend_without_tls_under_https_is_a_protocol_error() {
    let (authority, directory) = (Authority::new(), TempDir::new().unwrap());
    let backend = Backend::start().await;
    let serving = trusting(&authority, backend.address, &directory);
    let got = get(&serving, &format!("/get?https://{}/hello", backend.address)).await;
    assert_eq!(got, "ErrorCode::TlsProtocolError");
}

#[test]
fn without_root_certificates_an_https_origin_exits_with_1_and_says_where_to_put_them() {
    let mut command = serve(&["--allow-http", "https://api.example.com"]);
    let output = command.env("SSL_CERT_FILE", "/nowhere/roots.pem").output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("SSL_CERT_FILE") && message.contains("ca-certificates"), "{message}");
    assert!(message.contains("/nowhere/roots.pem"), "{message}");
}

#[tokio::test]
async fn the_values_of_variables_are_in_no_log() {
    let serving = Serving::of(serve(&["--env", "KEY=a-secret"]).env("RUST_LOG", "debug"));
    assert_eq!(get(&serving, "/environment").await, "KEY=a-secret");
    let log = log_of(serving);
    assert!(log.contains("request served") && !log.contains("a-secret"), "{log}");
}

#[tokio::test]
async fn the_log_has_the_empty_lines_of_an_application_and_not_more_than_its_limit() {
    let serving = Serving::of(&mut serve(&[]));
    assert_eq!(get(&serving, "/print?2").await, "printed");
    let log = log_of(serving);
    let lines: Vec<&str> = log.lines().filter_map(|line| Some(line.split_once("stdout=")?.1)).collect();
    assert_eq!(lines, ["\"line 0\"", "\"line 1\"", "\"\"", "\"after an empty line\""], "{log}");

    let serving = Serving::of(&mut serve(&[]));
    // Less would fit into several seconds on a slow machine.
    assert_eq!(get(&serving, "/print?30000").await, "printed");
    let log = log_of(serving);
    assert!(log.contains("prints too much"), "{log}");
    assert!(log.lines().filter(|line| line.contains("stdout=")).count() < 30_000);
}
