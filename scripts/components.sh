#!/usr/bin/env bash
# Writes the components for other hosts into target/components:
#   lovely-session.wasm            the session component, which imports a store
#   lovely-session-memcached.wasm  the session component with a store in memcached, which imports nothing but WASI
#
# Usage: components.sh

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

scripts/setup.sh build --check

say "building (several minutes the first time)"
# All members, as the tests do: features of dependencies are then the same, and nothing is compiled twice.
cargo build --workspace --bins --locked
target=$(target_directory)
components=$target/components
mkdir -p "$components"

"$target/debug/lovely-session" compose --output "$components/lovely-session.wasm"
"$target/debug/lovely-session" compose --store memcached --output "$components/lovely-session-memcached.wasm"
say "written to $components"
