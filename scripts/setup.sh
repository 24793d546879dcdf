#!/usr/bin/env bash
# Installs what is missing on this machine, and nothing that is there already.
#
# Usage: setup.sh [build | bench | test] [--check]
#   build      what it takes to build and to serve
#   bench      that, and what the bench needs
#   test       that, and what the tests need (the default)
#   --check    install nothing; fail, and say what is missing, if anything is
#
# Rust itself comes from rustup (https://rustup.rs), in the version of rust-toolchain.toml; everything else from apt-get.
# This is the only script that runs anything as root.

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

readonly wasm_target=wasm32-wasip2
readonly rustup_seconds=300

purpose=test
install=yes
for argument in "$@"; do
    case $argument in
    build | bench | test) purpose=$argument ;;
    --check) install=no ;;
    *) fail "usage: setup.sh [build | bench | test] [--check]" ;;
    esac
done

# The packages to install, and the programs that they are for.
packages=()
programs=()

# Notes the packages that have a program, unless the program is there.
need_program() {
    local program=$1
    shift
    command -v "$program" >/dev/null && return
    programs+=("$program")
    packages+=("$@")
}

# Debian's Python cannot make virtual environments by itself.
need_python() {
    need_program python3 python3 python3-venv
    ! command -v python3 >/dev/null || python3 -c 'import ensurepip' 2>/dev/null || packages+=(python3-venv)
}

apt_get_install() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends --no-remove -o DPkg::Lock::Timeout=120 "$@"
}

# Clang and what it takes to compile C for WebAssembly. The linker is that of Rust.
need_c_for_wasm() {
    need_program clang clang
    need_program make make
    [ -e /usr/include/wasm32-wasi/stdlib.h ] || packages+=(wasi-libc)
    has_wasm_builtins || packages+=(libclang-rt-dev-wasm32)
}

# The functions that Clang calls for what WebAssembly has no instruction for.
has_wasm_builtins() {
    command -v clang >/dev/null && [ -e "$(clang --target=wasm32-wasi --print-libgcc-file-name)" ]
}

# Fetches the package lists only if what this machine knows is not enough.
install_packages() {
    command -v apt-get >/dev/null || fail "install ${programs[*]} with this system's package manager"
    say "installing ${packages[*]} with apt-get"
    apt_get_install "${packages[@]}" && return
    say "that failed; fetching the package lists, then trying again"
    as_root apt-get update && apt_get_install "${packages[@]}" ||
        fail "apt-get cannot install ${packages[*]}; install them by other means"
}

has_toolchain() {
    cargo --version >/dev/null 2>&1 && cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 &&
        [ -d "$(rustc --print sysroot)/lib/rustlib/$wasm_target/lib" ]
}

need_toolchain() {
    ! has_toolchain || return 0
    command -v rustup >/dev/null ||
        fail "install Rust with rustup: https://rustup.rs (or, with another toolchain: rustfmt, clippy and $wasm_target)"
    [ "$install" = yes ] || fail "the Rust toolchain is incomplete; run 'make setup'"
    say "installing the toolchain of rust-toolchain.toml with rustup"
    timeout "$rustup_seconds" rustup toolchain install ||
        fail "rustup cannot install the toolchain of rust-toolchain.toml; check the network, then try again"
}

need_toolchain
need_program cc gcc libc6-dev
if [ "$purpose" != build ]; then
    need_program memcached memcached
fi
if [ "$purpose" = test ]; then
    # The fuzz targets are linked with libFuzzer, which is C++.
    need_program c++ g++
    need_python
    need_c_for_wasm
    need_program systemd-analyze systemd
    need_program npm nodejs npm
    need_program chromium chromium
    need_program chromedriver chromium-driver
fi
if [ ${#packages[@]} -gt 0 ]; then
    [ "$install" = yes ] || fail "these packages are missing: ${packages[*]}; 'make setup' installs them"
    install_packages
fi
say "everything is there to $purpose"
