//! The help texts and the version.

use super::binary::run;

#[test]
fn help_names_the_commands_with_examples_and_every_exit_code() {
    let help = run(["--help"]);
    assert_eq!(help.code, Some(0));
    let examples =
        ["new", "serve", "inspect", "end", "invalidate", "stats", "bench-store", "compose", "check-store"]
            .map(|name| format!("    lovely-session {name} "));
    let exit_codes = (0..=9).map(|code| format!("\n  {code}  "));
    for wanted in examples.into_iter().chain(exit_codes) {
        assert!(help.stdout.contains(&wanted), "{wanted:?} is not in:\n{}", help.stdout);
    }
}

#[test]
fn the_help_of_serve_names_every_limit_with_its_default() {
    let help = run(["serve", "--help"]).stdout;
    for wanted in [
        "--time-limit",
        "--max-memory",
        "--max-body",
        "--max-requests",
        "--max-connections",
        "--header-timeout",
        "--shutdown-timeout",
        "--cache",
        "--no-cache",
        "[default: 127.0.0.1:8080]",
        "[default: memory:]",
        "[default: 64MiB]",
        "outgoing HTTP requests",
        "--max-http-requests",
        "HTTP-request-denied",
        "SSL_CERT_FILE",
    ] {
        assert!(help.contains(wanted), "{wanted:?} is not in:\n{help}");
    }
}

#[test]
fn the_help_of_serve_names_every_grant_and_the_configuration_file_with_an_example() {
    let help = run(["serve", "--help"]).stdout;
    for wanted in [
        "--env <NAME[=VALUE]>",
        "--dir <HOST=GUEST>",
        "--allow-http <ORIGIN>",
        "--max-http-response <SIZE>",
        "--http-timeout <SECONDS>",
        "--config <FILE.toml>",
        "allow-http = [\"https://api.example.com\"]",
    ] {
        assert!(help.contains(wanted), "{wanted:?} is not in:\n{help}");
    }
}

#[test]
fn the_version_is_that_of_the_workspace() {
    let version = run(["--version"]);
    assert_eq!(version.stdout, format!("lovely-session {}\n", env!("CARGO_PKG_VERSION")));
}
