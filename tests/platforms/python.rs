//! A Python program with wasmtime, and with a store written in Python.

use std::path::Path;
use std::process::Command;

use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::random::Random;
use tempfile::tempdir;

use crate::hosts::{example, installed, run, tell_story, write_component};

/// Runs a program in which threads switch at random function calls, also inside packages. Otherwise that happens
/// seldom, and only on a busy machine.
const SWITCHING_THREADS: &str = "
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
    // So that no files are left among the sources.
    python
        .arg("-B")
        .env("PYTHONPATH", example("python"))
        .args(python_arguments)
        .arg(example("python").join("story.py"))
        .arg(write_component(directory.path()))
        .args(server);
    tell_story(&mut python);
}

/// The tests in Python, of what the story does not get to: servers and stores that fail, threads, interrupts and forks.
#[test]
fn the_stores_and_the_instances_keep_their_promises() {
    let directory = tempdir().unwrap();
    let memcached = MemcachedServer::start();
    let mut python = Command::new(installed("python/bin/python"));
    python
        .args(["-B", "-m", "unittest", "discover", "--start-directory"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("platforms/python"))
        .env("PYTHONPATH", example("python"))
        .env("SESSION_COMPONENT", write_component(directory.path()))
        .env("MEMCACHED", memcached.address());
    run(&mut python);
}

#[test]
fn the_story_and_parallel_increments_succeed_in_memory() {
    story(&[], None);
}

#[test]
fn the_story_and_parallel_increments_succeed_on_memcached() {
    story(&[], Some(&MemcachedServer::start().address()));
}

#[test]
fn threads_that_switch_anywhere_do_not_get_each_others_values() {
    let seed = Random::from_time().number().to_string();
    println!("seed {seed}");
    story(&["-c", SWITCHING_THREADS, &seed], None);
}
