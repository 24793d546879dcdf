#!/usr/bin/env bash
# Installs the command `lovely-session` from the packed crates, as a user does from a registry, into target/packages:
#   source     a directory source with the packed crates, and with what they depend on
#   bin        the installed command
#   projects   for each language but Rust, what the command writes and what its printed build command makes of it, with
#              the packed SDK that scripts/languages.sh has built
# No crate outside of `source` can be used. Does nothing when nothing has changed since the last time.
#
# Usage: packages.sh

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

readonly inputs=(Cargo.toml Cargo.lock README.md wit key-value guest host admin cli sdk
    scripts/release.sh scripts/packages.sh)

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

# Cargo takes a package of a registry that it has built for built, whatever is in it by now.
forget_built_crates() {
    [ ! -d "$directory/build" ] || find "$directory/build" -name '*lovely*' -prune -exec rm -rf {} +
}

# `cargo install` reads no configuration from the directories around it. Without optimisation it takes a fraction of the time.
install_command() {
    CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR=$directory/build cargo --config "$directory/.cargo/config.toml" \
        install --debug --locked --force --root "$directory" lovely-session-cli
}

# Writes a project in a language, and builds it with the command that is printed for that.
build_project() {
    local language=$1 sdk=$2 build
    say "building a new project in $language"
    mkdir -p "$directory/projects/$language"
    cd "$directory/projects/$language"
    build=$("$directory/bin/lovely-session" new counter --language "$language" --sdk "$sdk" | sed -n 's/^  //p' | sed -n 2p)
    cd counter
    # What scripts/languages.sh has fetched is not fetched again.
    npm_config_prefer_offline=true npm_config_fund=false npm_config_audit=false npm_config_loglevel=error sh -euc "$build"
}

build_projects() {
    local packages language
    packages=$(scripts/languages.sh check)/packages
    rm -rf "$directory/projects"
    for language in javascript typescript; do
        (build_project "$language" "$packages"/lovely-session-*.tgz)
    done
    (build_project python "$packages"/lovely_session_sdk-*.whl)
}

if is_current "$directory/stamp" "${inputs[@]}" && [ -x "$directory/bin/lovely-session" ]; then
    exit
fi
scripts/release.sh --crates-only
say "installing the command from the packed crates (some minutes the first time)"
mkdir -p "$directory"
write_source
forget_built_crates
install_command
build_projects
stamp "$directory/stamp" "${inputs[@]}"
