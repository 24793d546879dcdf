//! A Node.js program with the session component, translated by jco, and a store in JavaScript.

use std::fs;
use std::path::Path;
use std::process::Command;

use lovely_session_tests::memcached::MemcachedServer;
use tempfile::{TempDir, tempdir_in};

use crate::hosts::{example, installed, run, tell_story, write_component};

/// A copy of the example next to its packages, with the component translated.
fn prepared() -> TempDir {
    let node = installed("node");
    let directory = tempdir_in(&node).unwrap();
    copy_scripts(&example("node"), directory.path());
    translate(&node, directory.path());
    directory
}

fn copy_scripts(from: &Path, to: &Path) {
    for file in fs::read_dir(from).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "js") {
            fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

fn translate(node: &Path, directory: &Path) {
    let mut jco = Command::new(node.join("node_modules/.bin/jco"));
    jco.arg("transpile").arg(write_component(directory));
    jco.args(["--name", "session", "--instantiation", "async", "--quiet", "--out-dir"]);
    run(jco.arg(directory.join("generated")));
}

fn story(server: Option<&str>) {
    let directory = prepared();
    tell_story(Command::new("node").current_dir(&directory).args(["story.js", "generated"]).args(server));
}

/// The tests in JavaScript, of what the story does not get to: servers and stores that fail.
#[test]
fn the_stores_and_the_instances_keep_their_promises() {
    let directory = prepared();
    copy_scripts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("platforms/node"), directory.path());
    run(Command::new("node").current_dir(&directory).args(["--test", "stores.test.js"]));
}

#[test]
fn the_story_and_parallel_increments_succeed_in_memory() {
    story(None);
}

#[test]
fn the_story_and_parallel_increments_succeed_on_memcached() {
    story(Some(&MemcachedServer::start().address()));
}
