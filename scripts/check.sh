#!/usr/bin/env bash
# Runs the quick checks: formatting, clippy, unit tests, and the tests of the core without the search. They need no
# browser, npm, Python or memcached. `make test` runs everything.

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

scripts/setup.sh build

say "formatting"
cargo fmt --all --check

say "clippy (compiles the dependencies the first time)"
cargo clippy --workspace --all-targets --locked -- --deny warnings

say "unit tests"
cargo test --workspace --locked --lib --bins

say "tests of the core"
cargo test --package lovely-session-core --locked --test behaviour

say "the quick checks are well; make test runs all of them"
