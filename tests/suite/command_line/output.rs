//! Commands whose output cannot be written.

use std::fs::OpenOptions;
use std::io::PipeWriter;
use std::process::{Command, Output, Stdio};

use lovely_session_core::store_key;
use lovely_session_tests::memcached::MemcachedServer;

use super::binary::binary;

/// The writing end of a pipe whose reading end is closed.
fn broken_pipe() -> PipeWriter {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer
}

fn full_disk() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").unwrap().into()
}

/// Runs the command with this standard output. Returns its exit code and its standard error.
fn run_into(stdout: impl Into<Stdio>, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(binary());
    let output: Output = command
        .args(arguments)
        .stdout(stdout)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// Runs the command with this standard error. Returns its exit code.
fn run_unheard(stderr: impl Into<Stdio>, arguments: &[&str]) -> Option<i32> {
    let mut command = Command::new(binary());
    command.args(arguments).stdout(Stdio::null()).stderr(stderr).status().unwrap().code()
}

#[test]
fn a_closed_pipe_is_not_a_failure() {
    let server = MemcachedServer::start();
    let record = "{\"format\":2,\"life\":\"00112233445566ff\",\"marks\":\"\",\"created\":1700000000,\
                  \"saved\":1700000060,\"timeout\":3600,\"packages\":[]}\n";
    let key = store_key("shop", "id").unwrap();
    assert_eq!(server.command(&format!("set {key} 0 100 {}\r\n{record}", record.len())), "STORED\r\n");
    let store = format!("memcached://{}", server.address());
    let inspect = ["inspect", "--store", &store, "shop", "id"];
    assert_eq!(run_into(broken_pipe(), &inspect), (Some(0), String::new()));
    let check = ["check-store", "--store", "memory:"];
    assert_eq!(run_into(broken_pipe(), &check), (Some(0), String::new()));
    assert_eq!(run_into(broken_pipe(), &["--help"]), (Some(0), String::new()));
}

#[test]
fn output_that_cannot_be_written_is_a_failure_with_a_message() {
    let (code, message) = run_into(full_disk(), &["check-store", "--store", "memory:"]);
    assert_eq!(code, Some(1));
    assert!(message.starts_with("error: cannot write to standard output\n  because: "), "{message}");
}

#[test]
fn the_exit_code_is_right_when_the_message_cannot_be_written() {
    let cases: [(&[&str], i32); 4] = [
        (&["serve", "no-such-file.wasm"], 3),
        (&["inspect", "--store", "memory:", "shop", "id"], 2),
        (&["compose", "no-such-file.wasm", "--output", "never-written.wasm"], 3),
        (&["check-store", "no-such-file.wasm"], 3),
    ];
    for (arguments, code) in cases {
        assert_eq!(run_unheard(broken_pipe(), arguments), Some(code), "{arguments:?}");
        assert_eq!(run_unheard(full_disk(), arguments), Some(code), "{arguments:?}");
    }
}
