//! The packed crates, used as a stranger uses them: from a registry, outside of this repository.
//! `scripts/packages.sh` packs them, and installs the command from them.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets the unexpected fails"
)]

mod components;
mod first_edge_function;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A path in the target directory.
fn in_target(path: &str) -> PathBuf {
    let program = std::env::current_exe().unwrap();
    let path = program.ancestors().nth(3).unwrap().join(path);
    assert!(path.exists(), "{} does not exist: run scripts/packages.sh first", path.display());
    path
}

/// Runs a command to its end, and returns what it prints.
fn run(command: &mut Command, directory: &Path) -> String {
    let Output { status, stdout, stderr } = command.current_dir(directory).output().unwrap();
    assert!(status.success(), "{command:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}
