//! What the tests of all hosts need.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use lovely_session_host::SESSION_COMPONENT;

/// What the examples' story ends with when no increment is lost.
const EXACT: &str = "8 writers with 25 increments each: 200";

/// A tool that `scripts/platforms.sh` has installed, by its path in `target/platforms`.
pub fn installed(path: &str) -> PathBuf {
    let program = std::env::current_exe().unwrap();
    let target = program.ancestors().nth(3).unwrap();
    let found = target.join("platforms").join(path);
    assert!(found.exists(), "{} does not exist: run `scripts/platforms.sh` first", found.display());
    found
}

/// A directory of `examples/hosts`.
pub fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/hosts").join(name)
}

/// Writes the session component, byte for byte as it is everywhere, into a directory.
pub fn write_component(directory: &Path) -> PathBuf {
    let path = directory.join("lovely-session.wasm");
    std::fs::write(&path, SESSION_COMPONENT).unwrap();
    path
}

/// Runs a program to its end, which has to be a good one. Gives what it printed.
pub fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?} ended with {status}:\n{stdout}{stderr}");
    stdout.into_owned()
}

/// Runs an example's story. It fails by itself where something is not as sessions promise; that it came to its end is
/// seen here.
pub fn tell_story(command: &mut Command) {
    let told = run(command);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!((lines.len(), lines.last()), (8, Some(&EXACT)), "{told}");
}
