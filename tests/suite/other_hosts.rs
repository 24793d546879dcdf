//! The examples of hosts, as programs.

use std::ffi::OsStr;
use std::path::Path;

use lovely_session_tests::binary::run_named;

const PLATFORMS: &str = include_str!("../../docs/platforms.md");

/// Runs the host with its sessions in a directory. Returns the text of the response, and the cookie if there is one.
fn visit(directory: &Path, cookie: Option<&str>) -> (String, Option<String>) {
    let mut arguments = vec![OsStr::new(env!("COUNTER_WASM")), directory.as_os_str()];
    arguments.extend(cookie.map(OsStr::new));
    let ended = run_named("directory-host", arguments);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let (head, body) = ended.stdout.split_once("\n\n").unwrap();
    assert!(head.starts_with("status: 200 OK"), "{head}");
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: "));
    let cookie = cookie.and_then(|cookie| cookie.split(';').next());
    (body.to_owned(), cookie.map(str::to_owned))
}

#[test]
fn a_host_with_its_own_state_and_store_keeps_sessions_between_runs() {
    let scratch = tempfile::tempdir().unwrap();
    let directory = scratch.path().join("sessions");
    let (text, cookie) = visit(&directory, None);
    assert_eq!(text, "visits: 1\n");
    let cookie = cookie.unwrap();
    assert_eq!(visit(&directory, Some(&cookie)), ("visits: 2\n".to_owned(), None));
    assert_eq!(visit(&directory, Some(&cookie)), ("visits: 3\n".to_owned(), None));
    assert_eq!(visit(&directory, Some("sid=planted")).0, "visits: 1\n");
}

#[test]
fn concurrent_runs_of_that_host_are_all_counted() {
    let scratch = tempfile::tempdir().unwrap();
    let (_, cookie) = visit(scratch.path(), None);
    let mut texts: Vec<String> = std::thread::scope(|scope| {
        let visits: Vec<_> =
            (0..4).map(|_| scope.spawn(|| visit(scratch.path(), cookie.as_deref()).0)).collect();
        visits.into_iter().map(|visit| visit.join().unwrap()).collect()
    });
    texts.sort();
    assert_eq!(texts, ["visits: 2\n", "visits: 3\n", "visits: 4\n", "visits: 5\n"]);
}

#[test]
fn wasmtime_alone_runs_the_session_component() {
    let scratch = tempfile::tempdir().unwrap();
    let component = scratch.path().join("session.wasm");
    std::fs::write(&component, lovely_session_artifact::COMPONENT).unwrap();
    let ended = run_named("plain-wasmtime", [&component]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert_eq!(
        ended.stdout,
        "after a rollback to the savepoint and the commit: apple = 2\n\
         of two transactions that overlap, the second conflicts on apple\n\
         what the first of them committed: apple = 3\n\
         an hour later: there is no session\n\
         the store was read 6 times and written 4 times\n"
    );
    assert!(PLATFORMS.contains(&ended.stdout), "docs/platforms.md shows another output");
}

#[test]
fn each_host_prints_its_usage() {
    for name in ["directory-host", "plain-wasmtime"] {
        let ended = run_named(name, [""; 0]);
        assert_eq!(ended.code, Some(1));
        assert!(ended.stderr.contains(&format!("usage: {name} ")), "{}", ended.stderr);
    }
}
