#!/usr/bin/env bash
# Checks what a change most often breaks, in under a minute once everything is built: formatting, clippy, and the unit
# tests and the tests of the core. It needs Rust and a C compiler, and no store, browser, npm or Python.

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

scripts/setup.sh build --check

say "formatting"
cargo fmt --all --check

say "clippy"
cargo clippy --workspace --all-targets --locked -- --deny warnings

say "unit tests and the tests of the core"
cargo test --workspace --lib --bins --locked
cargo test --package lovely-session-core --test behaviour --locked

say "all is well; 'make test' runs everything"
