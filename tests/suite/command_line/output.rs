//! Commands whose standard output or standard error cannot be written.

use std::fs::OpenOptions;
use std::io::PipeWriter;
use std::process::{Command, Output, Stdio};

use lovely_session_core::store_key;
use lovely_session_tests::memcached::MemcachedServer;

use super::binary::binary;

/// The writing end of a closed pipe.
fn broken_pipe() -> PipeWriter {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer
}

fn full_disk() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").unwrap().into()
}

/// Runs the command with this standard output; returns its exit code and its standard error.
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

/// Runs the command with this standard error; returns its exit code.
fn run_with_stderr(stderr: impl Into<Stdio>, arguments: &[&str]) -> Option<i32> {
    let mut command = Command::new(binary());
    command.args(arguments).stdout(Stdio::null()).stderr(stderr).status().unwrap().code()
}

#[test]
fn a_closed_pipe_as_standard_output_is_no_failure() {
    let server = MemcachedServer::start();
    let record = "{\"format\":2,\"life\":\"00112233445566ff\",\"marks\":\"\",\"created\":1700000000,\
                  \"saved\":1700000060,\"timeout\":3600,\"packages\":[]}\n";
    let key = store_key("shop", "id").unwrap();
    server.put_stamped(&key, record);
    let store = format!("memcached://{}", server.address());
    let inspect = ["inspect", "--store", &store, "shop", "id"];
    assert_eq!(run_into(broken_pipe(), &inspect), (Some(0), String::new()));
    let check = ["check-store", "--store", "memory:"];
    assert_eq!(run_into(broken_pipe(), &check), (Some(0), String::new()));
    for arguments in [["--help"].as_slice(), &["completions", "bash"], &["man"]] {
        assert_eq!(run_into(broken_pipe(), arguments), (Some(0), String::new()), "{arguments:?}");
    }
}

#[test]
fn a_full_disk_as_standard_output_is_a_failure() {
    for arguments in [["check-store", "--store", "memory:"].as_slice(), &["completions", "bash"], &["man"]] {
        let (code, message) = run_into(full_disk(), arguments);
        assert_eq!(code, Some(1), "{arguments:?}");
        assert!(message.starts_with("error: cannot write to standard output\n  because: "), "{message}");
    }
}

#[test]
fn the_exit_code_is_the_same_when_the_message_cannot_be_written() {
    let cases: [(&[&str], i32); 4] = [
        (&["serve", "no-such-file.wasm"], 3),
        (&["inspect", "--store", "memory:", "shop", "id"], 2),
        (&["compose", "no-such-file.wasm", "--output", "never-written.wasm"], 3),
        (&["check-store", "no-such-file.wasm"], 3),
    ];
    for (arguments, code) in cases {
        assert_eq!(run_with_stderr(broken_pipe(), arguments), Some(code), "{arguments:?}");
        assert_eq!(run_with_stderr(full_disk(), arguments), Some(code), "{arguments:?}");
    }
}
