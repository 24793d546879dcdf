#!/usr/bin/env bash
# Installs other session libraries into the target directory, in the versions that benches/peers pins, and measures
# them next to ours. The results join those of `make bench` in its report.
#
# Usage: bench-peers.sh [OPTION ...]    options of the bench, such as --quick

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

need() {
    command -v "$1" >/dev/null || fail "install $2"
}

install_node_peer() {
    need npm "Node.js and npm"
    cp benches/peers/express/* "$1/express/"
    (cd "$1/express" && npm ci --ignore-scripts --no-audit --no-fund)
}

install_python_peers() {
    need python3 "Python 3"
    cp benches/peers/python/* "$1/python/"
    [ -x "$1/python/venv/bin/python" ] || python3 -m venv "$1/python/venv"
    "$1/python/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
        --requirement "$1/python/requirements.txt"
}

peers=$(target_directory)/bench/peers
mkdir -p "$peers/express" "$peers/python"

say "installing express-session and connect-memcached into $peers/express"
install_node_peer "$peers"
say "installing Django and Beaker into $peers/python"
install_python_peers "$peers"

exec scripts/bench.sh --peers "$peers" "$@"
