//! The cache of `serve`, as its log shows it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use super::binary::{Serving, run};

const APPLICATION: &str = env!("PROGRAM_MISBEHAVE_WASM");

const COMPILED: &str = "compiled the application";
const FOUND: &str = "took the compiled application from the cache";

/// The log of the start of a server with its cache in `directory`.
fn start_in(directory: &Path) -> String {
    Serving::start_with(APPLICATION, ["--cache".as_ref(), directory.as_os_str()]).start_log().to_owned()
}

#[test]
fn the_second_start_does_not_compile() {
    let directory = TempDir::new().unwrap();
    let cache = directory.path().join("cache");
    let first = start_in(&cache);
    assert!(first.contains(COMPILED) && !first.contains(FOUND), "{first}");
    let second = start_in(&cache);
    assert!(second.contains(FOUND) && !second.contains(COMPILED), "{second}");
}

#[test]
fn without_a_cache_every_start_compiles_and_nothing_is_kept() {
    let home = TempDir::new().unwrap();
    for _ in 0..2 {
        let serving = Serving::start_in_home(home.path(), APPLICATION, ["--no-cache"]);
        assert!(serving.start_log().contains(COMPILED), "{}", serving.start_log());
    }
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn the_default_directory_is_in_the_cache_directory_of_the_user() {
    let home = TempDir::new().unwrap();
    let none: [&str; 0] = [];
    for said in [COMPILED, FOUND] {
        let serving = Serving::start_in_home(home.path(), APPLICATION, none);
        assert!(serving.start_log().contains(said), "{}", serving.start_log());
    }
    assert_eq!(fs::read_dir(home.path().join(".cache/lovely-session")).unwrap().count(), 1);
}

#[test]
fn a_directory_that_others_can_write_to_is_logged_and_not_used() {
    let directory = TempDir::new().unwrap();
    fs::set_permissions(directory.path(), Permissions::from_mode(0o777)).unwrap();
    for _ in 0..2 {
        let log = start_in(directory.path());
        assert!(log.contains("WARN") && log.contains("the cache is not used: "), "{log}");
        assert!(log.contains("chmod go-w") && log.contains(COMPILED), "{log}");
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_changed_file_is_logged_and_compiled_again() {
    let directory = TempDir::new().unwrap();
    start_in(directory.path());
    let file = fs::read_dir(directory.path()).unwrap().next().unwrap().unwrap().path();
    fs::write(&file, "something else").unwrap();
    let log = start_in(directory.path());
    assert!(log.contains("WARN") && log.contains("is damaged, or was changed"), "{log}");
    assert!(log.contains(COMPILED), "{log}");
    assert!(start_in(directory.path()).contains(FOUND));
}

#[test]
fn a_cache_together_with_no_cache_is_a_usage_error() {
    let ended = run(["serve", "app.wasm", "--cache", "somewhere", "--no-cache"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
}
