//! The components in the packed artifact crate.

use std::fs;
use std::path::Path;
use std::process::Command;

use lovely_session_artifact::{COMPONENT, KV_MEMCACHED};
use tempfile::TempDir;

use crate::{in_target, run};

/// The directory of the workspace.
const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[test]
fn the_packed_components_are_those_of_this_build() {
    let crates = fs::read_dir(in_target("packages/source")).unwrap().map(|entry| entry.unwrap().path());
    let is_artifact = |path: &std::path::PathBuf| {
        path.file_name().unwrap().to_string_lossy().starts_with("lovely-session-artifact-")
    };
    let packed = crates.into_iter().find(is_artifact).unwrap().join("components");
    assert!(fs::read(packed.join("lovely-session.wasm")).unwrap() == COMPONENT);
    assert!(fs::read(packed.join("kv-memcached.wasm")).unwrap() == KV_MEMCACHED);
}

#[test]
fn a_build_in_another_directory_gives_the_same_bytes() {
    let copy = TempDir::new().unwrap();
    copy_tracked_files(copy.path());
    let target = copy.path().join("build");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--locked", "--package", "lovely-session-artifact", "--target-dir"]).arg(&target);
    run(&mut cargo, copy.path());
    let built = target.join("wasm/wasm32-wasip2/component");
    assert!(fs::read(built.join("lovely_session_guest.wasm")).unwrap() == COMPONENT);
    assert!(fs::read(built.join("lovely_session_kv_memcached.wasm")).unwrap() == KV_MEMCACHED);
}

/// Copies the files that git tracks, as they are in the work tree.
fn copy_tracked_files(to: &Path) {
    let files = run(Command::new("git").args(["ls-files", "-z"]), Path::new(WORKSPACE));
    let is_there = |file: &&str| fs::symlink_metadata(Path::new(WORKSPACE).join(file)).is_ok();
    let files: Vec<&str> = files.split_terminator('\0').filter(is_there).collect();
    let mut copy = Command::new("cp");
    copy.args(["--parents", "--no-dereference", "--target-directory"]).arg(to).args(files);
    run(&mut copy, Path::new(WORKSPACE));
}
