#!/usr/bin/env bash
# Measures what sessions cost, in the release profile, and writes target/bench/report.json.
#
# Usage: bench.sh [OPTION ...] [PART ...]    `bench.sh --help` lists the options and the parts

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

scripts/setup.sh bench --check

say "building (several minutes the first time)"
cargo build --workspace --release --bins --benches --locked

report=$(target_directory)/bench/report.json
say "measuring"
cargo bench --workspace --locked --bench report -- --report "$report" "$@"
