//! A Python program with wasmtime, and with a store written in Python.

use std::process::Command;

use lovely_session_tests::memcached::MemcachedServer;
use tempfile::tempdir;

use crate::hosts::{example, installed, tell_story, write_component};

fn story(server: Option<&str>) {
    let directory = tempdir().unwrap();
    let mut python = Command::new(installed("python/bin/python"));
    // Nothing is left in the sources.
    python
        .arg("-B")
        .arg(example("python").join("story.py"))
        .arg(write_component(directory.path()))
        .args(server);
    tell_story(&mut python);
}

#[test]
fn the_ancestors_story_and_parallel_increments_hold_in_memory() {
    story(None);
}

#[test]
fn the_ancestors_story_and_parallel_increments_hold_in_memcached() {
    story(Some(&MemcachedServer::start().address()));
}
