//! Support for the tests of all hosts.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use lovely_session_host::SESSION_COMPONENT;

/// The last line of the examples' output when no increment is lost.
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

/// Writes the session component into a directory.
pub fn write_component(directory: &Path) -> PathBuf {
    let path = directory.join("lovely-session.wasm");
    std::fs::write(&path, SESSION_COMPONENT).unwrap();
    path
}

/// Runs a program, which must succeed. Returns its standard output.
pub fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?} ended with {status}:\n{stdout}{stderr}");
    stdout.into_owned()
}

/// Runs an example. It fails by itself if sessions do not behave as specified; this checks that it completes.
pub fn tell_story(command: &mut Command) {
    let told = run(command);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!((lines.len(), lines.last()), (8, Some(&EXACT)), "{told}");
}
