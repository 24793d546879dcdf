#!/usr/bin/env bash
# Installs the command `lovely-session` from the packed crates, as a user does from a registry, into target/packages:
#   source     a directory source with the packed crates, and with what they depend on
#   bin        the installed command
# Nothing outside of `source` can be used. Does nothing when nothing has changed since the last time.
#
# Usage: packages.sh

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

readonly inputs=(Cargo.toml Cargo.lock README.md wit key-value guest host admin cli sdk/rust scripts/release.sh scripts/packages.sh)

target=$(target_directory)
directory=$target/packages
source=$directory/source

# Adds a packed crate to the directory source. Cargo compares the checksum with that in lock files.
add_packed() {
    local crate=$1 name
    name=$(basename "$crate" .crate)
    tar --extract --gzip --file "$crate" --directory "$source"
    printf '{"files":{},"package":"%s"}' "$(sha256sum "$crate" | cut -d ' ' -f 1)" >"$source/$name/.cargo-checksum.json"
}

write_source() {
    rm -rf "$source"
    cargo vendor --locked --versioned-dirs --quiet "$source" >/dev/null
    for crate in "$target"/release-files/*.crate; do
        add_packed "$crate"
    done
    mkdir -p "$directory/.cargo"
    cat >"$directory/.cargo/config.toml" <<END
[source.crates-io]
replace-with = "packed"

[source.packed]
directory = "$source"

[net]
offline = true
END
}

# `cargo install` reads no configuration from the directories around it. Without optimisation it takes a fraction of the time.
install_command() {
    CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR=$directory/build cargo --config "$directory/.cargo/config.toml" \
        install --debug --locked --force --root "$directory" lovely-session-cli
}

if is_current "$directory/stamp" "${inputs[@]}" && [ -x "$directory/bin/lovely-session" ]; then
    exit
fi
scripts/release.sh --crates-only
say "installing the command from the packed crates (some minutes the first time)"
mkdir -p "$directory"
write_source
install_command
stamp "$directory/stamp" "${inputs[@]}"
