#!/usr/bin/env bash
# Installs what is missing on this machine, and nothing that is there already.
#
# Usage: setup.sh [build | bench | test]
#   build  what it takes to build and to serve
#   bench  that, and what the bench needs
#   test   that, and what the tests need (the default)
#
# The Rust toolchain itself is neither installed nor updated.
#
# LOVELY_WASM_STD=rustup or =debian restricts where the WebAssembly standard library may come from.

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

readonly wasm_target=wasm32-unknown-unknown
readonly debian_packages=(rustc-web cargo-web rust-web-src)
readonly rustup_seconds=60

apt_get_install() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends --no-remove -o DPkg::Lock::Timeout=120 "$@"
}

# Fetches the package lists only if what this machine knows is not enough.
install_packages() {
    say "installing $* with apt-get"
    if apt_get_install "$@"; then
        return
    fi
    say "that failed; fetching the package lists, then trying again"
    as_root apt-get update && apt_get_install "$@"
}

# Installs the package that has a program, unless the program is there.
need_program() {
    local program=$1
    shift
    command -v "$program" >/dev/null && return
    command -v apt-get >/dev/null || fail "install $program with this system's package manager"
    install_packages "$@" || fail "apt-get cannot install $*; install $program by other means"
}

# Runs rustup, which waits for a network that is not there much longer than a person would.
rustup_within_limit() {
    say "rustup $* (for at most $rustup_seconds s)"
    if command -v timeout >/dev/null; then
        timeout "$rustup_seconds" rustup "$@"
    else
        rustup "$@"
    fi
}

need_rust() {
    local required installed
    required=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
    command -v cargo >/dev/null || fail "install Rust $required or later: https://rustup.rs"
    installed=$(rustc --version | cut -d ' ' -f 2)
    if ! printf '%s\n' "$required" "$installed" | sort -V -C; then
        fail "Rust $installed is too old: $required or later is needed"
    fi
}

need_rust_component() {
    cargo "$1" --version >/dev/null 2>&1 && return
    command -v rustup >/dev/null || fail "install $2 for this Rust toolchain"
    rustup_within_limit component add "$2" || fail "rustup cannot install $2; check the network, then try again"
}

# Debian's Python cannot make virtual environments by itself.
need_python() {
    need_program python3 python3 python3-venv
    python3 -c 'import ensurepip' 2>/dev/null && return
    command -v apt-get >/dev/null || fail "install the module venv of Python"
    install_packages python3-venv || fail "apt-get cannot install python3-venv; install it by other means"
}

allows_wasm_std() {
    case ${LOVELY_WASM_STD:-$1} in
    rustup | debian) [ "${LOVELY_WASM_STD:-$1}" = "$1" ] ;;
    *) fail "LOVELY_WASM_STD is $LOVELY_WASM_STD; set it to rustup or debian, or leave it unset" ;;
    esac
}

rustup_wasm_std_is_there() {
    [ -d "$(rustc --print sysroot)/lib/rustlib/$wasm_target/lib" ]
}

debian_wasm_std_is_there() {
    [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] && [ -f /usr/lib/rustlib/src/rust/library/Cargo.lock ]
}

install_wasm_std() {
    if allows_wasm_std rustup && command -v rustup >/dev/null; then
        if rustup_within_limit target add "$wasm_target"; then
            return
        fi
        say "rustup could not install it"
    fi
    if allows_wasm_std debian && command -v apt-get >/dev/null; then
        say "taking its sources from Debian's packages; building them adds a minute or two to the first build"
        install_packages "${debian_packages[@]}" && return
    fi
    fail "no WebAssembly standard library for Rust. Run 'rustup target add $wasm_target' where there is a network," \
        "or install the packages ${debian_packages[*]} (Debian)"
}

need_wasm_std() {
    if allows_wasm_std rustup && rustup_wasm_std_is_there; then
        return
    fi
    if allows_wasm_std debian && debian_wasm_std_is_there; then
        return
    fi
    say "the WebAssembly standard library for Rust is missing"
    install_wasm_std
}

purpose=${1:-test}
case $purpose in
build | bench | test) ;;
*) fail "usage: setup.sh [build | bench | test]" ;;
esac

need_rust
need_program cc gcc libc6-dev
need_wasm_std
if [ "$purpose" != build ]; then
    need_program memcached memcached
fi
if [ "$purpose" = test ]; then
    need_rust_component fmt rustfmt
    need_rust_component clippy clippy
    # The fuzz targets are linked with libFuzzer, which is C++.
    need_program c++ g++
    need_python
    need_program npm nodejs npm
    need_program chromium chromium
    need_program chromedriver chromium-driver
fi
say "everything is there to $purpose"
