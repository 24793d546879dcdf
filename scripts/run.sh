#!/usr/bin/env bash
# Builds the host and the example, and serves the example on http://127.0.0.1:8080.
#
# Usage: run.sh [OPTION ...]    options of `lovely-session serve`, such as --store memcached://127.0.0.1:11211

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

scripts/setup.sh build --check

say "building the host (several minutes the first time)"
# All members, as the tests do: features of dependencies are then the same, and nothing is compiled twice.
cargo build --workspace --bins --locked
target=$(target_directory)

say "building the example"
cargo build --locked --target wasm32-wasip2 --profile component --package lovely-session-cart --target-dir "$target/wasm"

say "serving; Ctrl-C stops it"
exec "$target/debug/lovely-session" serve "$target/wasm/wasm32-wasip2/component/lovely_session_cart.wasm" "$@"
