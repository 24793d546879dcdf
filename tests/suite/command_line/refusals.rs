//! Failures before the server is ready: the messages, and the exit codes.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use tempfile::TempDir;

use super::binary::{Ended, run};
use crate::serve::with_names_replaced;

const MISBEHAVE: &str = env!("PROGRAM_MISBEHAVE_WASM");

/// Checks the exit code, and that the message contains these texts, and none for programmers.
fn assert_refused(ended: &Ended, code: i32, texts: &[&str]) {
    let message = &ended.stderr;
    assert_eq!(ended.code, Some(code), "{message}");
    assert!(message.starts_with("error: "), "{message}");
    for text in texts {
        assert!(message.contains(text), "{text:?} is not in:\n{message}");
    }
    for text in ["panicked", "Os {", "Error(", "stack backtrace"] {
        assert!(!message.contains(text), "{text:?} is in:\n{message}");
    }
    assert_eq!(ended.stdout, "");
}

fn serve(application: &Path) -> Ended {
    run([
        Path::new("serve"),
        application,
        Path::new("--addr"),
        Path::new("127.0.0.1:0"),
        Path::new("--no-cache"),
    ])
}

/// Serves a file with this content.
fn serve_bytes(content: &[u8]) -> Ended {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("app.wasm");
    fs::write(&file, content).unwrap();
    serve(&file)
}

/// An address that no process listens on.
fn unused_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[test]
fn an_invalid_command_line_exits_with_2() {
    assert_refused(&run(["serve"]), 2, &["APP.wasm"]);
    assert_refused(&run(["serve", "app.wasm", "--max-memory", "lots"]), 2, &["--max-memory", "64MiB"]);
    assert_refused(&run(["serve", "app.wasm", "--time-limit", "0"]), 2, &["--time-limit"]);
    assert_refused(
        &run(["serve", "app.wasm", "--store", "redis://x"]),
        2,
        &["redis://x", "memcached://HOST:PORT"],
    );
}

#[test]
fn a_missing_file_exits_with_3() {
    assert_refused(
        &serve(Path::new("nowhere/app.wasm")),
        3,
        &["cannot read `nowhere/app.wasm`", "check the path"],
    );
}

#[test]
fn a_file_that_is_no_component_exits_with_3_and_the_reason() {
    assert_refused(&serve_bytes(b""), 3, &["app.wasm", "empty"]);
    assert_refused(&serve_bytes(b"(module)"), 3, &["app.wasm", "it is text"]);
    assert_refused(&serve_bytes(b"\x7fELF\x02\xff"), 3, &["app.wasm", "not a WebAssembly component"]);
    assert_refused(
        &serve_bytes(b"\0asm\x0d\0\x01\0\xff"),
        3,
        &["app.wasm", "not a valid WebAssembly component", "because: "],
    );
}

#[test]
fn a_core_module_exits_with_3_and_a_way_to_make_a_component_of_it() {
    let refusal = serve_bytes(b"\0asm\x01\0\0\0");
    assert_refused(&refusal, 3, &["a core WebAssembly module", "wasm-tools component new"]);
}

#[test]
fn an_unknown_import_exits_with_3_and_is_named() {
    let bytes = with_names_replaced(fs::read(MISBEHAVE).unwrap(), "wasi:cli/stdout@", "acme:cli/stdout@");
    assert_refused(&serve_bytes(&bytes), 3, &["`acme:cli/stdout@0.2.", "does not provide"]);
}

#[test]
fn a_store_that_cannot_be_reached_exits_with_4_and_is_named() {
    let address = unused_address();
    let store = format!("memcached://{address}");
    assert_refused(&run(["serve", MISBEHAVE, "--store", &store]), 4, &[&address]);
    assert_refused(&run(["inspect", "--store", &store, "cart", "id"]), 4, &[&address]);
}

#[test]
fn an_address_in_use_exits_with_5_and_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert_refused(
        &run(["serve", MISBEHAVE, "--no-cache", "--addr", &address]),
        5,
        &[&address, "choose another port"],
    );
}

#[test]
fn an_invalid_address_exits_with_5_and_an_example() {
    assert_refused(&run(["serve", MISBEHAVE, "--addr", "8080"]), 5, &["`8080`", "127.0.0.1:8080"]);
}
