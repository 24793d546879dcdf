#!/usr/bin/env bash
# Measures what sessions cost, in the release profile, and writes target/bench/report.json.
#
# Usage: bench.sh [OPTION ...] [PART ...]    `bench.sh --help` lists the options and the parts

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

scripts/setup.sh bench --check

say "building (several minutes the first time)"
cargo build --workspace --release --bins --benches --locked

# A host with other features of wasmtime is another build, which is made only when it is asked for.
if [[ " $* " == *" async-host "* ]]; then
    say "building the bench with component-model-async (several minutes the first time)"
    host=$(cargo build --workspace --release --bench report --locked --message-format json-render-diagnostics \
        --features lovely-session-benches/component-model-async |
        sed -n 's/.*"name":"report".*"executable":"\([^"]*\)".*/\1/p')
    set -- --async-host "$host" "$@"
fi

report=$(target_directory)/bench/report.json
say "measuring"
cargo bench --workspace --locked --bench report -- --report "$report" "$@"
