# shellcheck shell=bash
# What all scripts share. Source it; it stops the script on errors and changes to the repository's root.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# rustup puts cargo here, and tells only the shells that are opened after it.
if ! command -v cargo >/dev/null && [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
    PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
fi

# Says what is being done.
say() {
    printf '==> %s\n' "$*" >&2
}

# Stops with a message that says what to do.
fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Runs a command as root.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "this takes root: $*"
    fi
}

# The directory that cargo builds into.
target_directory() {
    cargo metadata --no-deps --format-version 1 | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}

# Whether what a stamp stands for was made from these files, as they are now. Of a directory, everything in it counts.
is_current() {
    local stamp=$1
    shift
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(state_of "$@")" ]
}

# Says that what a stamp stands for has just been made from these files.
stamp() {
    local stamp=$1
    shift
    state_of "$@" >"$stamp"
}

state_of() {
    find "$@" -type f ! -path '*/__pycache__/*' -exec sha256sum {} + | sort | sha256sum
}
