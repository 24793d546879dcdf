//! `lovely-session check-store`.

use std::io::Write as _;

use lovely_session_host::SESSION_COMPONENT;

use super::binary::{Ended, run};

fn check_store(arguments: &[&str]) -> Ended {
    run([&["check-store"], arguments].concat())
}

#[test]
fn a_store_that_keeps_the_contract_is_reported_rule_by_rule() {
    let ended = check_store(&["--store", "memory:"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("kept         going back to the same value is a new version\n"));
    assert!(ended.stdout.ends_with(" 0 unsupported, 0 not tried, 0 broken\n"), "{}", ended.stdout);
}

#[test]
fn an_unusable_store_is_refused_with_the_reason() {
    let mut component = tempfile::NamedTempFile::new().unwrap();
    component.write_all(SESSION_COMPONENT).unwrap();
    let path = component.path().to_str().unwrap();
    let cases: [(&[&str], i32, &str); 5] = [
        (&[], 2, "STORE.wasm"),
        (&["no-such-file.wasm"], 3, "cannot read `no-such-file.wasm`"),
        (&[path], 3, "does not export `lovely:session/key-value@0.1.0`"),
        (&[path, "--env", "NAME"], 2, "NAME=VALUE"),
        (&["--store", "redis://h"], 2, "memcached://HOST:PORT"),
    ];
    for (arguments, code, reason) in cases {
        let ended = check_store(arguments);
        assert_eq!(ended.code, Some(code), "{arguments:?}");
        assert!(ended.stderr.contains(reason), "{arguments:?}: {}", ended.stderr);
    }
}
