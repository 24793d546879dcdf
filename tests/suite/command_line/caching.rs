//! The cache of compiled code that `serve` keeps.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use super::binary::{Serving, run};

const APPLICATION: &str = env!("PROGRAM_MISBEHAVE_WASM");

const COMPILED: &str = "compiled the application";
const FOUND: &str = "loaded the compiled application from the cache";

/// The beginning of the log of a server with its cache in `directory`.
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
fn the_default_is_in_the_user_s_cache_directory() {
    let home = TempDir::new().unwrap();
    let none: [&str; 0] = [];
    for line in [COMPILED, FOUND] {
        let serving = Serving::start_in_home(home.path(), APPLICATION, none);
        assert!(serving.start_log().contains(line), "{}", serving.start_log());
    }
    assert_eq!(fs::read_dir(home.path().join(".cache/lovely-session")).unwrap().count(), 1);
}

#[test]
fn a_directory_that_others_can_write_is_not_used_with_a_warning() {
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
fn a_changed_file_is_replaced_with_a_warning() {
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
fn a_cache_and_no_cache_are_an_invalid_command_line() {
    let ended = run(["serve", "app.wasm", "--cache", "somewhere", "--no-cache"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
}
