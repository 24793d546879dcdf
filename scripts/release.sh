#!/usr/bin/env bash
# Writes the files of a release into target/release-files: the packed crates and SDKs, the components with their provenance, the
# WIT package, a bill of materials (CycloneDX) and the checksums. It publishes nothing.
#
# Usage: release.sh [--crates-only]
#   --crates-only  only pack the crates, of the work tree as it is, for the tests

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

readonly cyclonedx_version=0.5.9
readonly components=guest/artifact/components

case ${1:-} in
--crates-only) crates_only=yes ;;
'') crates_only= ;;
*) fail "usage: release.sh [--crates-only]" ;;
esac

scripts/setup.sh build --check
if [ -z "$crates_only" ] && [ -n "$(git status --porcelain)" ]; then
    fail "the work tree has changes; commit them, so that the release can name its commit"
fi
target=$(target_directory)
files=$target/release-files

# The crates that are published.
published() {
    cargo metadata --no-deps --format-version 1 |
        python3 -c 'import json, sys
for package in json.load(sys.stdin)["packages"]:
    if package["publish"] != []: print(package["name"])'
}

pack_crates() {
    local options=() name
    for name in $(published); do
        options+=(--package "$name")
    done
    # What is packed is built by scripts/packages.sh, as a user would build it.
    cargo package --locked --no-verify --allow-dirty "${options[@]}"
    for name in $(published); do
        cp "$target/package/$name"-[0-9]*.crate "$files"
    done
}

say "building"
# As scripts/test.sh does: features of dependencies are then the same, and nothing is compiled twice.
cargo build --workspace --bins --tests --locked
rm -rf "$files" "$target/package" "$components"
mkdir -p "$files"
# While this directory exists, the artifact crate takes the components from it, and does not build them.
trap 'rm -rf "$components"' EXIT
"$target/debug/lovely-session-release" components "$components"
say "packing the crates"
pack_crates
if [ -n "$crates_only" ]; then
    exit
fi

say "packing the SDKs for npm and PyPI"
scripts/languages.sh
cp "$target"/languages/packages/* "$files"

say "writing the components, the WIT package and the bill of materials"
"$target/debug/lovely-session-release" files "$files" --revision "$(git rev-parse HEAD)"
"$target/debug/lovely-session-release" wit wit "$files/lovely-session-wit.wasm"
if ! "$target/tools/bin/cargo-cyclonedx" --version >/dev/null 2>&1; then
    cargo install cargo-cyclonedx --version "$cyclonedx_version" --locked --root "$target/tools"
fi
"$target/tools/bin/cargo-cyclonedx" cyclonedx --manifest-path cli/Cargo.toml --format json --override-filename lovely-session.cdx
mv cli/lovely-session.cdx.json "$files"
find . -name 'lovely-session.cdx.json' -not -path "./target/*" -delete
"$target/debug/lovely-session-release" checksums "$files"
say "written to $files"
