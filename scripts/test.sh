#!/usr/bin/env bash
# Checks everything, the quickest first, and stops at the first failure.

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

scripts/setup.sh test --check
# What these install is in target/, and nowhere else.
scripts/platforms.sh
scripts/languages.sh

say "formatting"
cargo fmt --all --check

say "clippy (compiles the dependencies the first time)"
cargo clippy --workspace --all-targets --locked -- --deny warnings

say "the modules of the page for operators"
node --test admin/page/test/*.test.js

scripts/test-javascript.sh
scripts/test-python.sh

say "documentation"
RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps --locked

say "building the host and the tests"
cargo build --workspace --bins --tests --locked

scripts/packages.sh

say "tests"
cargo test --workspace --locked

say "fuzz targets"
scripts/fuzz.sh check

say "all is well"
