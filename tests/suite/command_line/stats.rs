//! `lovely-session stats`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use lovely_session_tests::memcached::MemcachedServer;
use serde_json::Value;

use super::binary::{Ended, run};

fn stats(servers: &[&str], more: &[&str]) -> Ended {
    let store = format!("memcached://{}", servers.join(","));
    run([&["stats", "--store", &store], more].concat())
}

fn parsed(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.stdout))
}

#[test]
fn each_server_is_described_with_what_limits_sessions_there() {
    let (one, full) = (MemcachedServer::start(), MemcachedServer::start_with(&["-M"]));
    let _stored = one.command("ms k 1\r\n1");
    let ended = stats(&[&one.address(), &full.address()], &[]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let blocks: Vec<_> = ended.stdout.split("\n\n").collect();
    assert_eq!(blocks.len(), 2, "{}", ended.stdout);
    assert!(blocks[0].starts_with(&format!("{}\n  state        replies\n  version      1.", one.address())));
    for wanted in [
        "\n  items        1\n",
        " of 64.0 MiB (",
        "\n  hit rate     no reads so far\n",
        "\n  evictions    0\n",
        " of 1024\n",
        "\n  item size    at most 1.0 MiB\n",
        "\n  limits       nothing",
    ] {
        assert!(blocks[0].contains(wanted), "{wanted:?} is not in:\n{}", blocks[0]);
    }
    assert!(blocks[1].contains("\n  limits       it may not evict (`-M`)"), "{}", blocks[1]);
}

#[test]
fn json_has_the_statistics_and_the_limits_by_name() {
    let server = MemcachedServer::start_with(&["-M"]);
    let ended = stats(&[&server.address()], &["--json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let told = &parsed(&ended)["servers"][0];
    assert_eq!(told["server"], server.address());
    assert_eq!((&told["error"], &told["limits"][0]["name"]), (&Value::Null, &"may-not-evict".into()));
    assert_eq!((&told["statistics"]["items"], &told["statistics"]["evicts"]), (&0.into(), &false.into()));
    assert_eq!(told["statistics"]["limit_maxbytes"], 64 << 20);
}

#[test]
fn a_server_that_is_away_or_frozen_hides_no_other_and_exits_with_4() {
    let (healthy, frozen, mut away) =
        (MemcachedServer::start(), MemcachedServer::start(), MemcachedServer::start());
    away.stop();
    frozen.pause();
    let begun = Instant::now();
    let addresses = [away.address(), frozen.address(), healthy.address()];
    let ended = stats(&[&addresses[0], &addresses[1], &addresses[2]], &["--json", "--timeout", "1"]);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(ended.code, Some(4));
    assert!(ended.stderr.contains("2 of 3 memcached servers"), "{}", ended.stderr);
    let told = parsed(&ended);
    let error = |place: usize| told["servers"][place]["error"].as_str().unwrap_or_default().to_owned();
    assert!(error(0).contains("refused") && error(0).contains(&addresses[0]), "{}", error(0));
    assert!(error(1).contains("did not answer within"), "{}", error(1));
    assert_eq!(told["servers"][2]["statistics"]["items"], 0);
}

/// A server whose version is this text.
fn server_of_version(version: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // The thread ends with the test's process.
    thread::spawn(move || {
        for client in listener.incoming() {
            thread::spawn(move || greet(&client.unwrap(), version));
        }
    });
    address
}

fn greet(mut client: &TcpStream, version: &str) {
    for line in BufReader::new(client).lines() {
        if line.is_ok_and(|line| line == "mn") {
            let replies = format!(
                "VERSION {version}\r\n\
                 STAT pid 1\r\nSTAT uptime 100\r\nSTAT time 1700000100\r\nSTAT version {version}\r\nEND\r\n\
                 STAT item_size_max 1048576\r\nSTAT cas_enabled yes\r\nEND\r\n\
                 EN O0\r\nNF O1\r\nNF c0 O2\r\nMN\r\n"
            );
            client.write_all(replies.as_bytes()).unwrap();
        }
    }
}

#[test]
fn what_a_server_sends_reaches_no_terminal_unescaped() {
    let address = server_of_version("1\u{1b}[2J\u{9b}31m").to_string();
    for more in [&[][..], &["--json"]] {
        let ended = stats(&[&address], more);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(ended.stdout.contains("u{1b}[2J"), "{}", ended.stdout);
        assert!(!ended.stdout.contains(|c: char| c.is_control() && c != '\n'), "{:?}", ended.stdout);
    }
}

#[test]
fn sessions_in_memory_have_no_servers() {
    let ended = run(["stats", "--store", "memory:"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("memcached://"), "{}", ended.stderr);
}
