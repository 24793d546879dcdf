//! The options of the store: certificates, the password, and a store that is away.

use std::fs;
use std::path::Path;
use std::process::Command;

use lovely_session_tests::authority::Authority;
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::visitor::Visitor;
use tempfile::TempDir;

use super::binary::{Ended, Serving, binary, run};

const PASSWORD: &str = "hunter2-in-no-output";

/// A server with TLS and authentication, and files for clients of it.
struct Secured {
    server: MemcachedServer,
    authority: Authority,
    directory: TempDir,
}

impl Secured {
    fn start() -> Self {
        let (authority, directory) = (Authority::new(), TempDir::new().unwrap());
        let users = directory.path().join("users");
        fs::write(&users, format!("shop:{PASSWORD}\n")).unwrap();
        fs::write(directory.path().join("password"), format!("{PASSWORD}\n")).unwrap();
        let certificate = authority.certificate(&["127.0.0.1"]);
        let server = MemcachedServer::start_with_tls(&certificate, &["-Y", users.to_str().unwrap()]);
        Self { server, authority, directory }
    }

    fn url(&self) -> String {
        format!("memcached+tls://shop@{}", self.server.tls_address())
    }

    fn file(&self, name: &str) -> String {
        self.directory.path().join(name).to_str().unwrap().to_owned()
    }

    fn ca(&self) -> String {
        self.authority.file().to_str().unwrap().to_owned()
    }

    fn arguments(&self) -> Vec<String> {
        ["--store", &self.url(), "--store-ca", &self.ca(), "--store-password-file", &self.file("password")]
            .map(str::to_owned)
            .to_vec()
    }
}

/// Runs a command with the password in the environment.
fn run_with_password(password: &str, arguments: &[&str]) -> Ended {
    let output = Command::new(binary())
        .args(arguments)
        .env("LOVELY_SESSION_STORE_PASSWORD", password)
        .output()
        .unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn refused(arguments: &[&str], code: i32, text: &str) {
    let ended = run(arguments);
    assert_eq!(ended.code, Some(code), "{arguments:?}: {}", ended.stderr);
    assert!(ended.stderr.contains(text), "{text:?} is not in:\n{}", ended.stderr);
}

/// What other users of the machine can see of a process.
fn process_list_entry(process: u32) -> String {
    fs::read_to_string(Path::new("/proc").join(process.to_string()).join("cmdline")).unwrap()
}

#[tokio::test]
async fn an_application_is_served_with_sessions_on_a_server_with_tls_and_a_password_that_no_output_has() {
    let secured = Secured::start();
    let arguments = [vec!["--no-cache".to_owned()], secured.arguments()].concat();
    let serving = Serving::start_with(env!("COUNTER_WASM"), arguments);
    let mut visitor = Visitor::new(format!("http://{}", serving.address()));
    assert_eq!(visitor.get("/").await.status, 200);
    assert!(visitor.session.is_some());
    assert!(!process_list_entry(serving.id()).contains(PASSWORD));
    let start_log = serving.start_log().to_owned();
    serving.signal("TERM");
    let (_, log) = serving.wait();
    assert!(!(start_log + &log).contains(PASSWORD));
}

#[test]
fn every_command_takes_the_password_from_the_environment_as_well() {
    let secured = Secured::start();
    let (url, ca) = (secured.url(), secured.ca());
    let access = ["--store", &url, "--store-ca", &ca];
    let stats = run_with_password(PASSWORD, &[&["stats"], &access[..]].concat());
    assert_eq!(stats.code, Some(0), "{}", stats.stderr);
    let inspect = run_with_password(PASSWORD, &[&["inspect"], &access[..], &["shop", "id"]].concat());
    assert_eq!(inspect.code, Some(6), "{}", inspect.stderr);
    let wrong = run_with_password("another-secret", &[&["inspect"], &access[..], &["shop", "id"]].concat());
    assert_eq!(wrong.code, Some(4), "{}", wrong.stderr);
    assert!(wrong.stderr.contains("does not accept the password of the user `shop`"), "{}", wrong.stderr);
    for ended in [stats, inspect, wrong] {
        let output = ended.stdout + &ended.stderr;
        assert!(!output.contains(PASSWORD) && !output.contains("another-secret"), "{output}");
    }
}

#[test]
fn a_url_with_a_password_is_refused_and_not_repeated() {
    for url in ["memcached+tls://shop:hunter2@h", "memcached://shop:hunter2@h:1,i", "redis://shop:hunter2@h"]
    {
        for command in [
            &["serve", "app.wasm", "--store", url][..],
            &["inspect", "--store", url, "shop", "id"],
            &["check-store", "--store", url],
            &["stats", "--store", url],
            &["bench-store", "--store", url],
        ] {
            let ended = run(command);
            assert_eq!(ended.code, Some(2), "{}", ended.stderr);
            assert!(!(ended.stdout + &ended.stderr).contains("hunter2"), "{command:?}: {}", ended.stderr);
            assert!(ended.stderr.contains("--store"), "{}", ended.stderr);
        }
    }
}

#[test]
fn files_and_options_that_cannot_be_used_are_refused_with_the_reason() {
    let secured = Secured::start();
    let (url, ca) = (secured.url(), secured.ca());
    let inspect = |options: &[&str], text: &str| {
        refused(&[&["inspect"], options, &["shop", "id"]].concat(), 2, text);
    };
    fs::write(secured.file("two-words"), "two words\n").unwrap();
    fs::write(secured.file("empty"), "\n").unwrap();
    inspect(&["--store", &url], "LOVELY_SESSION_STORE_PASSWORD");
    for (file, text) in [("nowhere", "No such file"), ("two-words", "a space"), ("empty", "is empty")] {
        let file = secured.file(file);
        inspect(&["--store", &url, "--store-password-file", &file], text);
        inspect(&["--store", &url, "--store-password-file", &file], &file);
    }
    let password = secured.file("password");
    inspect(
        &["--store", &url, "--store-password-file", &password, "--store-ca", &password],
        "no certificate",
    );
    let plain = "memcached://127.0.0.1:1";
    inspect(&["--store", plain, "--store-password-file", &password], "URLs with a user");
    inspect(&["--store", plain, "--store-ca", &ca], "memcached+tls://");
}

#[test]
fn a_certificate_of_an_unknown_authority_is_refused_with_what_to_do() {
    let secured = Secured::start();
    let (url, other, password) = (secured.url(), Authority::new(), secured.file("password"));
    let ca = other.file();
    let access = ["--store", &url, "--store-ca", ca.to_str().unwrap(), "--store-password-file", &password];
    refused(&[&["inspect"], &access[..], &["shop", "id"]].concat(), 4, "give the authority's certificate");
}

#[tokio::test]
async fn a_password_without_tls_is_warned_of() {
    let users = tempfile::NamedTempFile::new().unwrap();
    fs::write(&users, format!("shop:{PASSWORD}\n")).unwrap();
    let server = MemcachedServer::start_with(&["-Y", users.path().to_str().unwrap()]);
    let password = tempfile::NamedTempFile::new().unwrap();
    fs::write(&password, PASSWORD).unwrap();
    let (url, file) = (format!("memcached://shop@{}", server.address()), password.path().to_str().unwrap());
    let arguments = ["--no-cache", "--store", &url, "--store-password-file", file];
    let serving = Serving::start_with(env!("COUNTER_WASM"), arguments);
    assert!(serving.start_log().contains("without TLS"), "{}", serving.start_log());
    let mut visitor = Visitor::new(format!("http://{}", serving.address()));
    assert_eq!(visitor.get("/").await.status, 200);
}

#[test]
fn a_store_that_is_away_keeps_serve_from_starting_and_all_of_its_servers_are_named() {
    let mut servers = [MemcachedServer::start(), MemcachedServer::start()];
    servers.iter_mut().for_each(MemcachedServer::stop);
    let addresses = [servers[0].address(), servers[1].address()];
    let url = format!("memcached://{}", addresses.join(","));
    for address in &addresses {
        refused(&["serve", env!("COUNTER_WASM"), "--store", &url], 4, address);
    }
}

#[tokio::test]
async fn serve_that_waits_for_the_store_starts_without_it_and_uses_it_when_it_comes() {
    let mut server = MemcachedServer::start();
    server.stop();
    let url = format!("memcached://{}", server.address());
    let arguments = ["--no-cache", "--wait-for-store", "--store", &url];
    let serving = Serving::start_with(env!("COUNTER_WASM"), arguments);
    assert!(serving.start_log().contains(&server.address()), "{}", serving.start_log());
    let mut visitor = Visitor::new(format!("http://{}", serving.address()));
    assert!(visitor.get("/").await.status >= 500);
    server.restart();
    assert_eq!(visitor.get("/").await.status, 200);
}
