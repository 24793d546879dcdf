//! A Python program with wasmtime, and with a store written in Python.

use std::process::Command;

use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::random::Random;
use tempfile::tempdir;

use crate::hosts::{example, installed, tell_story, write_component};

/// Runs a program in which threads change places at random calls of functions, those of packages included: what
/// happens otherwise only when a machine is busy, and seldom.
const CHANGING_PLACES: &str = "
import random, runpy, sys, threading, time
seed, program = sys.argv[1:3]
chance = random.Random(int(seed))
threading.setprofile(lambda *_: chance.random() < 0.01 and time.sleep(0))
sys.argv = sys.argv[2:]
runpy.run_path(program, run_name='__main__')
";

fn story(python_arguments: &[&str], server: Option<&str>) {
    let directory = tempdir().unwrap();
    let mut python = Command::new(installed("python/bin/python"));
    // Nothing is left in the sources.
    python
        .arg("-B")
        .env("PYTHONPATH", example("python"))
        .args(python_arguments)
        .arg(example("python").join("story.py"))
        .arg(write_component(directory.path()))
        .args(server);
    tell_story(&mut python);
}

#[test]
fn the_ancestors_story_and_parallel_increments_hold_in_memory() {
    story(&[], None);
}

#[test]
fn the_ancestors_story_and_parallel_increments_hold_in_memcached() {
    story(&[], Some(&MemcachedServer::start().address()));
}

#[test]
fn threads_that_change_places_anywhere_do_not_get_each_others_values() {
    let seed = Random::from_time().number().to_string();
    println!("seed {seed}");
    story(&["-c", CHANGING_PLACES, &seed], None);
}
