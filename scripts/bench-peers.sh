#!/usr/bin/env bash
# Installs other session libraries into the target directory, in the versions that benches/peers pins or this system's
# packages have, and measures them next to ours. The results join those of `make bench` in its report.
#
# Usage: bench-peers.sh [OPTION ...] [PART ...]    options and parts of the bench, such as --quick and busy-peers

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

need() {
    command -v "$1" >/dev/null || fail "install $2"
}

# The crate has a workspace and a lock file of its own.
build_native_peer() {
    cargo build --release --locked --manifest-path benches/peers/axum/Cargo.toml --target-dir "$1/axum/build"
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

# Fetches the packages that have PHP, its session handler and a server before it, but for those that are installed.
fetch_php_packages() {
    local packages
    packages=$(apt-get install --simulate --no-install-recommends php-fpm php-memcached nginx |
        sed -n 's/^Inst \([^ ]*\) .*/\1/p') || return
    # shellcheck disable=SC2086 # these are several
    [ -z "$packages" ] || apt-get download $packages
}

# Unpacked and not installed, because an installed server is started, too.
install_php_peer() {
    cp benches/peers/php/* "$1/php/"
    [ -d "$1/php/unpacked" ] && return
    command -v apt-get >/dev/null || fail "PHP is measured as Debian has it, and there is no apt-get here"
    rm -rf "$1/php/packages" && mkdir -p "$1/php/packages/unpacked"
    (
        cd "$1/php/packages"
        fetch_php_packages || fail "run 'apt-get update' as root, then try again"
        find . -name '*.deb' -exec dpkg --extract {} unpacked \;
    )
    mv "$1/php/packages/unpacked" "$1/php/unpacked"
}

peers=$(target_directory)/bench/peers
mkdir -p "$peers/axum" "$peers/express" "$peers/python" "$peers/php"
cp benches/peers/serve.sh "$peers/"

say "building axum with tower-sessions into $peers/axum"
build_native_peer "$peers"
say "installing express-session and connect-memcached into $peers/express"
install_node_peer "$peers"
say "installing Django, Beaker and gunicorn into $peers/python"
install_python_peers "$peers"
say "unpacking PHP, its memcached handler and nginx into $peers/php"
install_php_peer "$peers"

exec scripts/bench.sh --peers "$peers" "$@"
