#!/usr/bin/env bash
# Runs the benches, in the release profile.
#
# Usage: bench.sh [OPTION ...]    options and filters of the benches, such as --save-baseline before

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

scripts/setup.sh build

say "building the benches (several minutes the first time)"
cargo bench --workspace --locked --bench '*' -- "$@"
