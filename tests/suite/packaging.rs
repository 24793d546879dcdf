//! The recipes in `packaging/`, held to what the program and the repository have.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use lovely_session_tests::binary::{binary, run};
use tempfile::TempDir;

use files::{UNIT, in_configuration, in_unit, seconds};

mod compose;
mod files;
mod image;
mod yaml;

/// The directory of the workspace.
const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Where systemd puts the secrets of the unit.
const CREDENTIALS: &str = "/run/credentials/lovely-session.service/";

/// What `systemd-analyze security` may rate the unit at most, in tenths from 0 to 100.
const EXPOSURE: &str = "25";

/// Runs a command of `packaging/` without its first word, and checks that only the application's file is missing.
fn assert_only_the_application_is_missing(arguments: &[String], application: &str) {
    assert!(!Path::new(application).exists(), "{application} is there, so the command would serve");
    let ended = run(arguments);
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert!(ended.stderr.contains(&format!("cannot read `{application}`")), "{}", ended.stderr);
}

#[test]
fn the_program_takes_the_command_line_of_the_unit_and_its_configuration() {
    let cache = TempDir::new().unwrap();
    let command = in_unit("ExecStart").concat();
    let mut words = command.split_whitespace();
    assert_eq!(words.next(), Some("/usr/local/bin/lovely-session"));
    let here = |word: &str| {
        word.replace("/etc/lovely-session/", &format!("{WORKSPACE}/packaging/"))
            .replace("%C", cache.path().to_str().unwrap())
    };
    let arguments: Vec<String> = words.map(here).collect();
    assert_only_the_application_is_missing(&arguments, in_configuration("application").as_str().unwrap());
}

#[test]
fn the_unit_loads_each_secret_that_the_configuration_names_and_no_other() {
    let used: BTreeSet<&str> =
        files::CONFIGURATION.split('"').filter_map(|text| text.strip_prefix(CREDENTIALS)).collect();
    let credentials = in_unit("LoadCredential");
    let loaded: BTreeSet<&str> =
        credentials.iter().filter_map(|text| Some(text.split_once(':')?.0)).collect();
    assert_eq!(used, loaded);
    assert!(!used.is_empty());
}

#[test]
fn the_unit_waits_longer_for_the_end_than_the_server_for_its_requests() {
    let server = in_configuration("shutdown-timeout").as_integer().unwrap();
    assert!(seconds(in_unit("TimeoutStopSec")[0]) > server.try_into().unwrap());
}

#[test]
fn the_unit_keeps_the_cache_where_the_command_looks_for_it() {
    let directory = in_unit("CacheDirectory").concat();
    assert!(in_unit("ExecStart")[0].ends_with(&format!("--cache %C/{directory}")));
    assert_eq!(in_unit("CacheDirectoryMode"), ["0700"]);
}

#[test]
fn the_unit_lets_wasmtime_make_machine_code_and_reserve_addresses() {
    assert_eq!(in_unit("MemoryDenyWriteExecute"), Vec::<&str>::new());
    assert_eq!(in_unit("LimitAS"), ["infinity"]);
}

/// Runs `systemd-analyze` on the unit, with the program where it is here.
fn systemd_analyze(arguments: &[&str]) -> (bool, String) {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("lovely-session.service");
    let unit = UNIT.replace("/usr/local/bin/lovely-session", binary().to_str().unwrap());
    fs::write(&path, unit).unwrap();
    let output = Command::new("systemd-analyze").args(arguments).arg(&path).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[test]
fn systemd_knows_every_line_of_the_unit() {
    let (succeeds, text) = systemd_analyze(&["verify"]);
    // It also looks at the units of this machine.
    let ours = text.lines().filter(|line| line.contains("lovely-session"));
    assert_eq!(ours.collect::<Vec<_>>(), Vec::<&str>::new());
    assert!(succeeds, "{text}");
}

#[test]
fn systemd_rates_the_unit_as_little_exposed() {
    let (succeeds, text) = systemd_analyze(&["security", "--offline=yes", "--threshold", EXPOSURE]);
    assert!(succeeds, "{text}");
}
