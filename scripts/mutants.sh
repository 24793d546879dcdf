#!/usr/bin/env bash
# Changes the core in every small way that cargo-mutants knows, one change at a time, and fails if there is one
# that no test notices. What is left out, and why, is said in .cargo/mutants.toml.
#
# Usage: mutants.sh [OPTION ...]    options of cargo-mutants, such as --file guest/core/src/join.rs

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

readonly version=27.1.0
# The exit codes of cargo-mutants when it tried all: some were missed; the tests never ended with some, whether others
# were missed or not.
readonly missed_some=2 timeouts=3

scripts/setup.sh build --check

target_directory=$(target_directory)
PATH=$target_directory/tools/bin:$PATH
if ! command -v cargo-mutants >/dev/null; then
    say "installing cargo-mutants $version (a few minutes)"
    cargo install cargo-mutants --version "$version" --locked --root "$target_directory/tools"
fi

# The core is built again for each change, and runs for seconds: what counts is how soon it is built.
export CARGO_TARGET_DIR=$target_directory/mutants CARGO_PROFILE_DEV_OPT_LEVEL=0 CARGO_PROFILE_DEV_DEBUG=false
# The smallest program that fails is not looked for: that it fails is enough.
export PROPTEST_CASES=100 PROPTEST_MAX_SHRINK_ITERS=0 RUST_BACKTRACE=0

say "trying every change (an hour; each that goes unnoticed is printed, and everything is kept in $CARGO_TARGET_DIR)"
mkdir -p "$CARGO_TARGET_DIR"
missed=$CARGO_TARGET_DIR/mutants.out/missed.txt
# What an interrupted run left behind may hold a change, and would pass for the core as it is.
cargo clean --package lovely-session-core
code=0
cargo mutants --package lovely-session-core --output "$CARGO_TARGET_DIR" "$@" || code=$?
case $code in
0 | "$missed_some" | "$timeouts") ;;
*) fail "cargo-mutants ended with $code" ;;
esac
[ ! -s "$missed" ] || fail "write a test for each change in $missed, or say in .cargo/mutants.toml why none can notice it"
say "every change is noticed"
