//! The completions and manual pages, which are generated from the definition of the command line.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::binary::run;

const COMMANDS: [&str; 9] =
    ["new", "serve", "inspect", "end", "invalidate", "compose", "check-store", "completions", "man"];

/// The completions for a shell.
fn completions(shell: &str) -> String {
    let ended = run(["completions", shell]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{shell}");
    ended.stdout
}

/// What bash prints when it runs this script.
fn bash(arguments: &[&str], script: &str) -> String {
    let mut command = Command::new("bash");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    process.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    let messages = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && messages.is_empty(), "{messages}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_completions_of_each_shell_name_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = completions(shell);
        for command in COMMANDS {
            assert!(script.contains(command), "{command} is not in the completions for {shell}");
        }
        assert!(script.contains("max-memory") && script.contains("without-lifetimes"), "{shell}");
    }
}

#[test]
fn the_completions_for_bash_are_a_valid_script() {
    bash(&["-n"], &completions("bash"));
}

#[test]
fn bash_completes_the_commands() {
    let script = completions("bash")
        + "\nCOMP_WORDS=(lovely-session ch) COMP_CWORD=1\n\
           _lovely__session lovely-session ch lovely-session\necho \"${COMPREPLY[@]}\"\n";
    assert_eq!(bash(&[], &script), "check-store\n");
}

#[test]
fn an_unknown_shell_exits_with_2() {
    let ended = run(["completions", "csh"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.contains("bash, elvish, fish, powershell, zsh"), "{}", ended.stderr);
}

#[test]
fn the_manual_page_has_its_sections_commands_and_exit_codes() {
    let ended = run(["man"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    for section in [".TH lovely-session 1", ".SH NAME", ".SH SYNOPSIS", ".SH SUBCOMMANDS", ".SH EXTRA"] {
        assert!(ended.stdout.contains(section), "{section} is not in:\n{}", ended.stdout);
    }
    for command in COMMANDS {
        let reference = format!("lovely\\-session\\-{}(1)", command.replace('-', "\\-"));
        assert!(ended.stdout.contains(&reference), "{reference} is not in:\n{}", ended.stdout);
    }
}

#[test]
fn each_command_has_a_manual_page_in_the_directory() {
    let directory = TempDir::new().unwrap();
    let output = directory.path().join("share/man1");
    let ended = run([Path::new("man"), Path::new("--output"), &output]);
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (Some(0), "", ""));
    let mut names = COMMANDS.map(|command| format!("lovely-session-{command}.1")).to_vec();
    names.push("lovely-session.1".to_owned());
    for name in names {
        let page = fs::read_to_string(output.join(&name)).unwrap();
        assert!(page.contains(".SH SYNOPSIS") && page.contains(".SH OPTIONS"), "{name}:\n{page}");
    }
}

#[test]
fn a_directory_that_cannot_be_created_exits_with_1() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let ended = run([Path::new("man"), Path::new("--output"), &file.path().join("man1")]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.starts_with("error: cannot write `"), "{}", ended.stderr);
}
